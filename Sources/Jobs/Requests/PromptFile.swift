import Foundation

/// A list of prompts in a file of its own.
///
/// `.txt` has one prompt a line; `.jsonl` one text or object a line; `.json` a list of texts or objects, such as
/// the published `[{"prompt": …, "object": …}]` lists. Blank lines are passed over.
package enum PromptFile {
  package enum Format: String, Sendable {
    case text = "txt"
    case jsonLines = "jsonl"
    case json

    /// The format that the file's name ends in, whatever its case.
    package init?(path: String) {
      guard let dot = path.lastIndex(of: ".") else { return nil }
      self.init(rawValue: path[path.index(after: dot)...].lowercased())
    }
  }

  package static let sizeLimit = 64 << 20

  /// The prompts in file order; at least one.
  ///
  /// - Parameter name: The file as messages call it.
  /// - Throws: ``JobFailure`` with every bad line or entry, named with file, line and column.
  package static func prompts(
    in content: Data, format: Format, name: String
  ) throws(JobFailure) -> [PromptRequest] {
    try rows(in: content, format: format, name: name)
  }

  /// The prompts of an oft job; what they may say differs, the formats and errors are those of
  /// ``prompts(in:format:name:)``.
  package static func entityPrompts(
    in content: Data, format: Format, name: String
  ) throws(JobFailure) -> [EntityPrompt] {
    try rows(in: content, format: format, name: name)
  }

  private static func rows<Row: PromptRow>(
    in content: Data, format: Format, name: String
  ) throws(JobFailure) -> [Row] {
    guard content.count <= sizeLimit else {
      throw JobFailure(
        .tooLarge, "\(name) has \(content.count) bytes, more than the limit of \(sizeLimit)",
        field: "prompts_file")
    }
    do throws(JobFailure) {
      let prompts: [Row] =
        switch format {
        case .text: try textLines(in: content).map { Row(text: $0.text) }
        case .jsonLines: try jsonLines(in: content)
        case .json: try jsonList(in: [UInt8](content))
        }
      guard !prompts.isEmpty else { throw JobFailure(.empty, "there is no prompt in it") }
      guard prompts.count <= GenerateRequest.imageLimit else {
        throw JobFailure(
          .outOfRange, "\(prompts.count) prompts are more than the \(GenerateRequest.imageLimit) allowed")
      }
      return prompts
    } catch {
      throw JobFailure(
        error.code, "\(name): \(error.message)", hint: error.hint, field: "prompts_file",
        problems: error.problems)
    }
  }

  private static func textLines(in content: Data) throws(JobFailure) -> [(text: String, number: Int)] {
    var bytes = [UInt8](content)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw JobFailure(.badInput, "it is not UTF-8 text")
    }
    var lines: [(text: String, number: Int)] = []
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .enumerated()
    {
      let trimmed = line.trimmingCharacters(in: .whitespaces)
      guard !trimmed.isEmpty else { continue }
      guard PromptRequest.isAcceptable(trimmed) else {
        throw JobFailure(
          .outOfRange,
          "line \(index + 1): a prompt has at most \(PromptRequest.lengthLimit) bytes and no NUL character")
      }
      lines.append((trimmed, index + 1))
    }
    return lines
  }

  private static func jsonLines<Row: PromptRow>(in content: Data) throws(JobFailure) -> [Row] {
    var found: [JobProblem] = []
    var prompts: [Row] = []
    for (line, number) in try textLines(in: content) {
      guard found.count < 50 else { break }
      let bytes = Array(line.utf8)
      let problems = ProblemCollector(bytes: bytes)
      do throws(JobFailure) {
        let node = try JSONNode(jobText: bytes)
        if let prompt = Row(reading: node, path: "line", problems: problems) {
          prompts.append(prompt)
        }
        try problems.throwIfAny()
      } catch {
        found += error.problems.map { problem in
          var problem = problem
          problem.line = number
          problem.field = problem.field.map { $0.replacing("line.", with: "") }
          return problem
        }
      }
    }
    if !found.isEmpty { throw JobFailure(problems: found) }
    return prompts
  }

  private static func jsonList<Row: PromptRow>(in bytes: [UInt8]) throws(JobFailure) -> [Row] {
    let node = try JSONNode(jobText: bytes)
    let problems = ProblemCollector(bytes: bytes)
    guard case .array(let elements) = node.content else {
      throw JobFailure(.wrongType, "found \(node.summary), expected a list of prompts")
    }
    let prompts = elements.enumerated().compactMap { index, element in
      Row(reading: element, path: "[\(index)]", problems: problems)
    }
    try problems.throwIfAny()
    return prompts
  }
}

/// One entry of a prompt file.
protocol PromptRow {
  init(text: String)
  /// A text or an object; nil after a report.
  init?(reading node: JSONNode, path: String, problems: ProblemCollector)
}
