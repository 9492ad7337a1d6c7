import Foundation

/// A table of science prompts: task templates × conditions × subjects, with the science behind each row.
///
/// Templates have places in braces: `{name}` and `{phrase}` of the subject (`apple`, `an apple`), `{condition}` in implicit
/// prompts, and the subject's own `values` (`{right}`, `{wrong}`, or what the author calls them).
package struct TemplateTable: Sendable, Equatable {
  /// One subject of one task: what is drawn and asked.
  package struct Case: Sendable, Equatable {
    package let law: String
    package let category: String
    /// The subject's name, unique within the task.
    package let subject: String
    /// The noun phrase a detector looks for.
    package let object: String
    /// Every implicit template with every condition.
    package let implicit: [String]
    package let explicit: [String]
    package let superficial: [String]
    /// Why the explicit outcome is the right one.
    package let science: String
    /// Where that can be looked up, in full.
    package let source: String

    /// The case's name: letters, digits and `-`.
    package var name: String { "\(law)-\(subject)".slug }
  }

  package let cases: [Case]
  package static let sizeLimit = 16 << 20

  /// - Throws: ``JobFailure`` with every problem of the table, each with its field, line and column.
  package init(_ content: Data) throws(JobFailure) {
    guard content.count <= Self.sizeLimit else {
      throw JobFailure(.tooLarge, "it has \(content.count) bytes, more than the limit of \(Self.sizeLimit)")
    }
    let bytes = [UInt8](content)
    let problems = ProblemCollector(bytes: bytes)
    cases = Self.cases(in: try JSONNode(jobText: bytes), problems)
    try problems.throwIfAny()
    guard !cases.isEmpty else { throw JobFailure(.empty, "it has no subjects") }
  }

  enum Field: String, FieldNames { case title, sources, tasks }

  private static func cases(in node: JSONNode, _ problems: ProblemCollector) -> [Case] {
    guard let fields = FieldReader<Field>(node, problems: problems) else { return [] }
    fields.require(.sources, "references by key")
    fields.require(.tasks, "a list of tasks")
    _ = fields.string(.title)
    let sources = fields.textsByName(.sources, count: 1000) ?? [:]
    let cases = (fields.elements(.tasks, count: 1...1000) ?? []).flatMap { node, path in
      TemplateTask(node, path: path, sources: sources, problems)?.cases ?? []
    }
    var names: Set<String> = []
    for one in cases where !names.insert(one.name).inserted {
      fields.report(
        .conflict, .tasks, "\(one.law) has \(one.subject.quotedForMessage()), or one named alike, twice")
    }
    return cases
  }
}

extension String {
  /// Lower-case letters and digits, everything else as single hyphens.
  var slug: String {
    let parts = lowercased().unicodeScalars.split { !("a"..."z" ~= $0 || "0"..."9" ~= $0 || $0 == "_") }
    return parts.map { String(String.UnicodeScalarView($0)) }.joined(separator: "-")
  }
}
