import Foundation

/// A two-column list of prompts, as Science-T2I publishes them: a JSON array of `{"prompt", "object"}`.
///
/// Entries that cannot be used are left out and told of; texts are kept as they are but for white space at their ends.
package struct PromptList: Sendable, Equatable {
  package struct Entry: Sendable, Equatable, Encodable {
    package var prompt: String
    package var object: String
    /// Its place in the list that was read.
    package let row: Int

    enum CodingKeys: String, CodingKey { case prompt, object }
  }

  /// Entries read.
  package let rows: Int
  package private(set) var entries: [Entry] = []
  package private(set) var faults: [PromptListResult.Fault] = []
  package private(set) var duplicates: [PromptListResult.Duplicate] = []
  package private(set) var otherColumns: [String: Int] = [:]

  private enum Field: String, FieldNames { case prompt, object }

  /// - Throws: ``JobFailure`` when the content is no JSON array, or one of too many entries.
  package init(_ content: Data) throws(JobFailure) {
    guard content.count <= PromptFile.sizeLimit else {
      throw JobFailure(
        .tooLarge, "it has \(content.count) bytes, more than the limit of \(PromptFile.sizeLimit)")
    }
    let bytes = [UInt8](content)
    let node = try JSONNode(jobText: bytes)
    guard case .array(let elements) = node.content else {
      throw JobFailure(.wrongType, "found \(node.summary), expected a list of {\"prompt\", \"object\"}")
    }
    guard elements.count <= GenerateRequest.imageLimit else {
      throw JobFailure(
        .outOfRange, "\(elements.count) entries are more than the \(GenerateRequest.imageLimit) allowed")
    }
    rows = elements.count
    for (row, element) in elements.enumerated() { read(element, row, bytes) }
    findDuplicates()
  }

  private mutating func read(_ node: JSONNode, _ row: Int, _ bytes: [UInt8]) {
    let problems = ProblemCollector(bytes: bytes)
    if case .object(let members) = node.content {
      for member in members where Field(rawValue: member.name) == nil {
        otherColumns[member.name, default: 0] += 1
      }
    }
    if let fields = FieldReader<Field>(node, passingOver: true, problems: problems) {
      fields.require(.prompt, "the text to draw")
      fields.require(.object, "the noun phrase that a detector looks for")
      let texts = [(Field.prompt, PromptRequest.lengthLimit), (.object, 1024)].map { field, limit in
        let text = fields.string(field, limit: limit)?.trimmingCharacters(in: .whitespacesAndNewlines)
        if text == "" { fields.report(.outOfRange, field, "is empty") }
        return text ?? ""
      }
      if problems.problems.isEmpty { entries.append(Entry(prompt: texts[0], object: texts[1], row: row)) }
    }
    faults += problems.problems.map {
      PromptListResult.Fault(row: row, field: $0.field, message: $0.message)
    }
  }

  /// Prompts are the same when they are but for case and the amount of white space.
  private mutating func findDuplicates() {
    var first: [String: Int] = [:]
    for entry in entries {
      let key = entry.prompt.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
      if let before = first[key] {
        duplicates.append(.init(row: entry.row, of: before, prompt: entry.prompt))
      } else {
        first[key] = entry.row
      }
    }
  }

  /// Leaves out every prompt that was there before.
  package mutating func dropDuplicates() {
    let rows = Set(duplicates.map(\.row))
    entries.removeAll { rows.contains($0.row) }
  }

  /// The kept entries as a `prompts_file`: an array, a line an entry.
  package func fileContent() throws(JobFailure) -> Data {
    var lines: [String] = []
    for entry in entries { lines.append(String(decoding: try JobJSON.line(entry).dropLast(), as: UTF8.self)) }
    return Data("[\n\(lines.joined(separator: ",\n"))\n]\n".utf8)
  }
}
