import Foundation
import Jobs

/// A folder of images with a `metadata.jsonl`, as Hugging Face's imagefolder convention has it.
///
/// A row is either one image, `file_name` with `prompt` (or `text`, the usual caption column), or a tuple of Science-T2I:
/// `implicit_prompt` with `explicit_image` and `superficial_image`, each a value or a list whose first value counts.
/// Rows with the same prompt are compared with each other; further columns are passed over.
struct ScoreFolder {
  let items: [ScoreItem]

  private static let field = ScoreRequest.Field.folder.rawValue

  /// - Throws: ``JobFailure`` naming the line at fault.
  init(_ folder: String, resolver: PathResolver) throws(JobFailure) {
    let trimmed = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
    _ = try resolver.resolve(folder, as: .folder, field: Self.field)
    let path = try resolver.resolve("\(trimmed)/metadata.jsonl", as: .file, field: Self.field)
    guard let content = try? Data(contentsOf: URL(filePath: path), options: .mappedIfSafe) else {
      throw JobFailure(.badInput, "cannot read \(trimmed)/metadata.jsonl", field: Self.field)
    }
    var rows: [(prompt: String, images: [String])] = []
    var places: [String: Int] = [:]
    for (number, line) in content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .enumerated()
    {
      guard line.contains(where: { ![0x20, 0x09, 0x0D].contains($0) }) else { continue }
      let row = try Self.row(Array(line), place: "\(trimmed)/metadata.jsonl, line \(number + 1)")
      let images = row.images.map { "\(trimmed)/\($0)" }
      if row.isTuple {
        rows.append((row.prompt, images))
      } else if let place = places[row.prompt] {
        rows[place].images += images
      } else {
        places[row.prompt] = rows.count
        rows.append((row.prompt, images))
      }
    }
    guard !rows.isEmpty else {
      throw JobFailure(.empty, "\(trimmed)/metadata.jsonl has no rows", field: Self.field)
    }
    items = rows.map { ScoreItem(prompt: $0.prompt, images: $0.images) }
  }

  private static func row(
    _ bytes: [UInt8], place: String
  ) throws(JobFailure) -> (prompt: String, images: [String], isTuple: Bool) {
    let node: JSONNode
    do { node = try JSONParser.parse(bytes) } catch {
      throw JobFailure(.badInput, "\(place): it is not JSON: \(error.problem)", field: field)
    }
    guard case .object(let members) = node.content else {
      throw JobFailure(.badInput, "\(place): it is not an object { … }", field: field)
    }
    func text(_ name: String) -> String? { members.first { $0.name == name }.flatMap { Self.text($0.value) } }

    if let prompt = text("prompt") ?? text("text"), let image = text("file_name") {
      return (prompt, [image], false)
    }
    if let prompt = text("implicit_prompt"), let right = text("explicit_image"),
      let wrong = text("superficial_image")
    {
      return (prompt, [right, wrong], true)
    }
    throw JobFailure(
      .badInput,
      "\(place): it has neither file_name with prompt nor implicit_prompt with explicit_image and superficial_image",
      hint: "Each is a text, or a list of texts whose first one counts.", field: field)
  }

  /// A text, or the first of a list of them.
  private static func text(_ node: JSONNode) -> String? {
    switch node.content {
    case .string(let text): text
    case .array(let elements): elements.first.flatMap(text)
    default: nil
    }
  }
}
