import Foundation
import Jobs
import Pages

// Tuples as pages show them.
extension ReportPage {
  /// The tuples of a stretch of a data set's `metadata.jsonl`.
  func tuples(in folder: String, from first: Int = 0, count: Int) -> [TupleView] {
    let lines = pictures.text(of: "\(folder)/metadata.jsonl", lines: first + count).dropFirst(first)
    let rows = lines.compactMap { try? JSONDecoder().decode(TupleRow.self, from: Data($0.utf8)) }
    let files = rows.flatMap { [$0.explicitImage, $0.superficialImage] }.map { "\(folder)/\($0)" }
    let sources = pictures.sources(of: files, inOutput: false)
    return rows.enumerated().map { index, row in
      TupleView(
        implicit: row.implicitPrompt, explicit: row.explicitPrompt, superficial: row.superficialPrompt,
        right: .init(
          source: sources[2 * index], alternative: row.explicitPrompt, box: row.explicitBox?.drawn),
        wrong: .init(
          source: sources[2 * index + 1], alternative: row.superficialPrompt, box: row.superficialBox?.drawn),
        note: [row.category, row.law, row.swapped ? "exchanged" : nil].compactMap(\.self)
          .joined(separator: " · ").replacing("_", with: " "))
    }
  }
}

extension UnitBox {
  fileprivate var drawn: TupleView.Box { .init(cx: cx, cy: cy, width: width, height: height) }
}

/// The columns of a row that a page shows: of each list the first.
private struct TupleRow: Decodable {
  let implicitPrompt, explicitPrompt, superficialPrompt, explicitImage, superficialImage: String
  let category, law: String?
  let explicitBox, superficialBox: UnitBox?
  let swapped: Bool

  private enum CodingKeys: String, CodingKey {
    case implicitPrompt = "implicit_prompt"
    case explicitPrompt = "explicit_prompt"
    case superficialPrompt = "superficial_prompt"
    case explicitImage = "explicit_image"
    case superficialImage = "superficial_image"
    case category, law
    case explicitBox = "explicit_box"
    case superficialBox = "superficial_box"
    case swapped
  }

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    func first(_ key: CodingKeys) throws -> String {
      if let text = try? values.decode(String.self, forKey: key) { return text }
      let list = try values.decode([String].self, forKey: key)
      guard let text = list.first else {
        throw DecodingError.dataCorruptedError(forKey: key, in: values, debugDescription: "an empty list")
      }
      return text
    }
    implicitPrompt = try first(.implicitPrompt)
    explicitPrompt = try first(.explicitPrompt)
    superficialPrompt = try first(.superficialPrompt)
    explicitImage = try first(.explicitImage)
    superficialImage = try first(.superficialImage)
    (category, law) = (try? first(.category), try? first(.law))
    explicitBox = try? values.decode(UnitBox.self, forKey: .explicitBox)
    superficialBox = try? values.decode(UnitBox.self, forKey: .superficialBox)
    swapped = (try? values.decode(Bool.self, forKey: .swapped)) ?? false
  }
}
