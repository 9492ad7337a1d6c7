import Foundation

/// A published file of prompts, read as tuples without pictures.
///
/// Entries that cannot be used are left out and told of.
package struct PublishedPrompts: Sendable, Equatable {
  package enum Format: String, Sendable, Codable, CaseIterable {
    /// Commonsense-T2I (arXiv:2406.07546): two prompts with what each picture has to show. An entry becomes two tuples:
    /// what the one prompt asks for is what the other one's picture must not show.
    case commonsense = "commonsense-t2i"
    /// PhyBench (arXiv:2406.11802): a prompt, what physics makes of it, and rules for grading. The explicit prompt is the
    /// prompt with that explanation; a superficial one there is not.
    case phybench
  }

  /// A row of `metadata.jsonl`.
  package struct Tuple: Sendable, Equatable, Encodable {
    package var implicit: String
    package var explicit: String
    package var superficial: String?
    package var category: String
    package var law: String
    /// The entry it comes from, counted from 0.
    package var entry: Int
    /// PhyBench's rules for scene and physics, which stand in one text.
    package var grading: String?

    enum CodingKeys: String, CodingKey {
      case implicit = "implicit_prompt"
      case explicit = "explicit_prompt"
      case superficial = "superficial_prompt"
      case category, law, entry
      case scene = "scene_scoring"
      case reality = "real_scoring"
    }

    package func encode(to encoder: any Encoder) throws {
      var fields = encoder.container(keyedBy: CodingKeys.self)
      try fields.encode(implicit, forKey: .implicit)
      try fields.encode(explicit, forKey: .explicit)
      try fields.encodeIfPresent(superficial, forKey: .superficial)
      try fields.encode(category, forKey: .category)
      try fields.encode(law, forKey: .law)
      try fields.encode(entry, forKey: .entry)
      try fields.encodeIfPresent(grading, forKey: .scene)
      try fields.encodeIfPresent(grading, forKey: .reality)
    }
  }

  /// Entries read.
  package let entries: Int
  package private(set) var tuples: [Tuple] = []
  package private(set) var faults: [PromptListResult.Fault] = []

  private enum Field: String, FieldNames {
    case prompt, scene, normal, grading, law, category, prompt1, prompt2, description1, description2
  }

  /// - Parameters:
  ///   - content: A JSON array of objects, or an object a line.
  ///   - category: Of entries that name none.
  /// - Throws: ``JobFailure`` when the content is neither, or too long.
  package init(_ content: Data, format: Format, category: String) throws(JobFailure) {
    guard content.count <= PromptFile.sizeLimit else {
      throw JobFailure(
        .tooLarge, "it has \(content.count) bytes, more than the limit of \(PromptFile.sizeLimit)")
    }
    let parts = try Self.objects(content)
    guard parts.count <= GenerateRequest.imageLimit else {
      throw JobFailure(
        .outOfRange, "\(parts.count) entries are more than the \(GenerateRequest.imageLimit) allowed")
    }
    entries = parts.count
    for (entry, part) in parts.enumerated() {
      let problems = ProblemCollector(bytes: part.bytes)
      if let fields = FieldReader<Field>(part.node, passingOver: true, problems: problems) {
        let found =
          switch format {
          case .commonsense: Self.commonsense(fields, entry, category)
          case .phybench: Self.phybench(fields, entry, category)
          }
        if problems.problems.isEmpty { tuples += found }
      }
      faults += problems.problems.map { .init(row: entry, field: $0.field, message: $0.message) }
    }
  }

  /// The elements of an array, or one object a line.
  private static func objects(_ content: Data) throws(JobFailure) -> [(node: JSONNode, bytes: [UInt8])] {
    let bytes = [UInt8](content)
    if bytes.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) == UInt8(ascii: "{") {
      var nodes: [(node: JSONNode, bytes: [UInt8])] = []
      let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      for (number, line) in lines.enumerated()
      where line.contains(where: { ![0x20, 0x09, 0x0D].contains($0) }) {
        do throws(JobFailure) { nodes.append((try JSONNode(jobText: Array(line)), Array(line))) } catch {
          throw JobFailure(
            error.code, "line \(number + 1): \(error.message)",
            hint: "Expected one array of objects, or one object a line.")
        }
      }
      return nodes
    }
    let node = try JSONNode(jobText: bytes)
    guard case .array(let elements) = node.content else {
      throw JobFailure(.wrongType, "found \(node.summary), expected a list of objects, or an object a line")
    }
    return elements.map { ($0, bytes) }
  }

  private static func commonsense(
    _ fields: FieldReader<Field>, _ entry: Int, _ category: String
  ) -> [Tuple] {
    let prompts = [Field.prompt1, .prompt2].map { text($0, "a prompt", fields) }
    // Several facts of one picture stand in several lines.
    let outcomes = [Field.description1, .description2].map { field in
      text(field, "what the prompt's picture has to show", fields).split(whereSeparator: \.isNewline)
        .joined(separator: ", ")
    }
    let group = fields.has(.category) ? text(.category, "a group", fields) : category
    return [0, 1].map { side in
      Tuple(
        implicit: prompts[side], explicit: outcomes[side], superficial: outcomes[1 - side], category: group,
        law: group, entry: entry)
    }
  }

  private static func phybench(_ fields: FieldReader<Field>, _ entry: Int, _ category: String) -> [Tuple] {
    // The prompt was called scene before the files were published.
    let prompt = text(fields.has(.prompt) || !fields.has(.scene) ? .prompt : .scene, "a prompt", fields)
    let outcome = text(.normal, "what physics makes of the prompt", fields)
    let law = text(.law, "the physical law", fields)
    let grading = fields.has(.grading) ? text(.grading, "rules for grading", fields) : nil
    let group = fields.has(.category) ? text(.category, "a group", fields) : category
    return [
      Tuple(
        implicit: prompt, explicit: "\(prompt) \(outcome)", category: group, law: law, entry: entry,
        grading: grading)
    ]
  }

  private static func text(_ field: Field, _ meaning: String, _ fields: FieldReader<Field>) -> String {
    fields.require(field, meaning)
    let text = fields.string(field, limit: PromptRequest.lengthLimit)?
      .trimmingCharacters(in: .whitespacesAndNewlines)
    if text == "" { fields.report(.outOfRange, field, "is empty") }
    return text ?? ""
  }

  /// The tuples as the content of a `metadata.jsonl`.
  package func fileContent() throws(JobFailure) -> Data {
    var lines = Data()
    for tuple in tuples { lines += try JobJSON.line(tuple) }
    return lines
  }
}
