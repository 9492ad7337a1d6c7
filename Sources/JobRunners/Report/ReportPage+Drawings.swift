import Foundation
import Jobs
import Pages

// What the page of a data set of drawings shows.
extension ReportPage {
  func published(_ drawings: DrawingsResult) -> String {
    guard case .dataset(.drawings(let request)) = job.work else { return "" }
    var first = drawings.originalTuples
    var sections: [String] = []
    for (contrast, count) in zip(request.contrasts, drawings.drawnTuples) {
      let adapter = contrast.adapter == nil ? "" : ", with its adapter"
      sections.append(
        samples(
          title:
            "\(PageText.count(count, "tuple")): explicit against \(contrast.tier.rawValue) prompts\(adapter)",
          folder: drawings.path, from: first))
      first += count
    }
    return sections.joined(separator: "\n")
  }

  private func samples(title: String, folder: String, from first: Int) -> String {
    let lines = pictures.text(of: "\(folder)/metadata.jsonl", lines: first + 16).dropFirst(first)
    let rows = lines.compactMap { try? JSONDecoder().decode(SampleRow.self, from: Data($0.utf8)) }
    let files = rows.flatMap { $0.explicitImage.prefix(1) + $0.superficialImage.prefix(1) }
      .map { "\(folder)/\($0)" }
    guard files.count == 2 * rows.count else { return "" }
    let sources = pictures.sources(of: files, inOutput: false)
    let figures = rows.enumerated().map { index, row in
      let pair = [2 * index, 2 * index + 1].map {
        Self.picture(sources[$0], alternative: files[$0], size: "class=\"small\"")
      }
      return """
        <figure><div class="pair">\(pair.joined())</div><figcaption><b>\(row.implicitPrompt.first?.escapedForHTML ?? "")</b><br>
        \(row.explicitPrompt.first?.escapedForHTML ?? "")</figcaption></figure>
        """
    }
    return """
      <section>
      <h2>\(title.escapedForHTML)</h2>
      <p class="note">Left what was drawn from the explicit prompt, right what it is to be preferred to.</p>
      <div class="row">
      \(figures.joined(separator: "\n"))
      </div>
      </section>
      """
  }
}

/// The columns that the page shows.
private struct SampleRow: Decodable {
  let implicitPrompt: [String]
  let explicitPrompt: [String]
  let explicitImage: [String]
  let superficialImage: [String]

  enum CodingKeys: String, CodingKey {
    case implicitPrompt = "implicit_prompt"
    case explicitPrompt = "explicit_prompt"
    case explicitImage = "explicit_image"
    case superficialImage = "superficial_image"
  }
}
