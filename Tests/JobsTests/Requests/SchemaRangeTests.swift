import Foundation
import Testing

@testable import Jobs

/// One field of a schema, with a job or a part of one that it can be put into.
struct SchemaField: Sendable, CustomTestStringConvertible {
  let kind: JobRequest.Kind
  /// The field that holds the part; nil at the top.
  let part: String?
  let name: String
  let rule: Rule

  enum Rule: Sendable {
    case integer(ClosedRange<Int>, multipleOf: Int)
    case number(ClosedRange<Double>)
    case text, bool, list, object
    case choice([String])
  }

  var path: String { part.map { "\($0).\(name)" } ?? name }
  var testDescription: String { "\(kind.rawValue): \(path)" }

  /// What a job of a kind needs to say beside the field under test.
  private static let jobs: [JobRequest.Kind: [String: String]] = [
    .generate: ["model": "\"m\"", "prompts": "[\"a\"]", "unique_key": "\"k\""],
    .score: ["model": "\"m\"", "items": #"[{"prompt": "p", "images": ["i"]}]"#],
    .reward: ["model": "\"m\"", "dataset": "\"d\"", "output": "\"o\""],
    .sft: ["model": "\"m\"", "dataset": "\"d\"", "output": "\"o\""],
    .oft: [
      "model": "\"m\"", "output": "\"o\"", "reward": #"{"model": "r"}"#, "prompts": "[\"a\"]",
      "detector": "\"none\"",
    ],
  ]
  private static let parts: [String: [String: String]] = [
    "adapter": ["name": "\"a\""], "init_adapter": ["name": "\"a\""], "sampler": ["kind": "\"sde\""],
    "score": ["model": "\"c\""], "reward": ["model": "\"c\""], "promote_if": ["metric": "\"sciscore_mean\""],
    "guard": ["max_kl": "1"], "detector_quirks": [:],
  ]

  private static func json(_ members: [String: String]) -> String {
    "{" + members.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \($0.value)" }.joined(separator: ", ")
      + "}"
  }

  /// The same for dataset jobs, by their source.
  private static let sources: [DatasetRequest.Source: [String: String]] = [
    .scenes: ["output": "\"o\""],
    .drawings: ["output": "\"o\"", "dataset": "\"d\"", "model": "\"m\""],
    .folder: ["folder": "\"d\""],
    .prompts: ["file": "\"l\"", "output": "\"o\""],
    .template: [
      "templates": "\"t\"", "model": "\"m\"", "output": "\"o\"", "reward": #"{"model": "r"}"#,
    ],
    .review: ["of": "\"t\"", "output": "\"o\"", "decisions": "{}"],
  ]

  /// The same for benchmark jobs, by their suite.
  private static let suites: [BenchmarkRequest.Suite: [String: String]] = [
    .evaluator: ["model": "\"m\"", "dataset": "\"d\""],
    .generator: ["model": "\"m\"", "dataset": "\"d\"", "reward": #"{"model": "r"}"#],
    .images: ["model": "\"m\"", "dataset": "\"d\"", "folder": "\"f\"", "reward": #"{"model": "r"}"#],
    .judge: ["model": "\"m\"", "folder": "\"d\"", "endpoint": "\"http://h/v1\""],
    .pairwise: ["model": "\"m\"", "dataset": "\"d\"", "endpoint": "\"http://h/v1\""],
  ]

  /// What the job says beside the field; of the first source or suite that has the field, where there are several.
  private var base: [String: String] {
    let field = part ?? name
    func members<Choice: CaseIterable & RawRepresentable<String>>(
      _ choice: String, _ all: [Choice: [String: String]], _ hasField: (Choice) -> Bool
    ) -> [String: String] {
      guard let first = Choice.allCases.first(where: hasField) ?? Choice.allCases.first else { return [:] }
      return (all[first] ?? [:]).merging([choice: "\"\(first.rawValue)\""]) { $1 }
    }
    return switch kind {
    case .dataset: members("source", Self.sources) { DatasetRequest.fields(of: $0).contains(field) }
    case .benchmark:
      members("suite", Self.suites) { suite in
        BenchmarkRequest.fields(of: suite).contains { $0.rawValue == field }
      }
    default: Self.jobs[kind] ?? [:]
    }
  }

  /// A job in which the field has a value, given as JSON.
  func job(with value: String) -> String {
    var members = base
    members["kind"] = "\"\(kind.rawValue)\""
    if let part {
      members[part] = Self.json((Self.parts[part] ?? [:]).merging([name: value]) { $1 })
    } else {
      members[name] = value
    }
    return Self.json(members)
  }

  /// The codes of the problems that the reader finds with the field's value.
  func faults(of value: String) -> [JobFailure.Code] {
    problems(in: job(with: value), kinds: JobRequest.Kind.allCases).filter { $0.field == path }.map(\.code)
      .filter { [.wrongType, .outOfRange].contains($0) }
  }

  static let all: [SchemaField] = JobRequest.Kind.allCases.flatMap { kind in
    let properties = (try? SchemaTests.schema(kind))?["properties"] as? [String: [String: Any]] ?? [:]
    // A matrix is read before the job is one.
    return properties.filter { !["kind", "matrix"].contains($0.key) }.flatMap {
      name, schema -> [SchemaField] in
      let own = rule(schema).map { SchemaField(kind: kind, part: nil, name: name, rule: $0) }
      let inner = schema["properties"] as? [String: [String: Any]] ?? [:]
      return [own].compactMap(\.self)
        + inner.compactMap { inner, schema in
          rule(schema).map { SchemaField(kind: kind, part: name, name: inner, rule: $0) }
        }
    }
  }.sorted { $0.testDescription < $1.testDescription }

  private static func rule(_ schema: [String: Any]) -> Rule? {
    if let names = schema["enum"] as? [String] { return .choice(names) }
    switch schema["type"] as? String {
    case "integer":
      guard let low = schema["minimum"] as? Int, let high = schema["maximum"] as? Int else { return nil }
      return .integer(low...high, multipleOf: schema["multipleOf"] as? Int ?? 1)
    case "number":
      guard let low = schema["minimum"] as? Double, let high = schema["maximum"] as? Double else {
        return nil
      }
      return .number(low...high)
    case "string": return .text
    case "boolean": return .bool
    case "array": return .list
    case "object": return .object
    default: return nil
    }
  }
}

/// The reader refuses what the schemas refuse: types, ranges and names of values.
@Suite struct SchemaRangeTests {
  @Test func theSchemasAreRead() {
    let counts = Dictionary(grouping: SchemaField.all, by: \.kind).mapValues(\.count)
    #expect((counts[.reward] ?? 0) >= 29 && (counts[.sft] ?? 0) >= 45 && (counts[.oft] ?? 0) >= 55)
  }

  @Test(arguments: SchemaField.all)
  func refusesOtherTypes(field: SchemaField) {
    let wrong: [String] =
      switch field.rule {
      case .integer: ["true", "\"1\"", "null", "[]", "{}", "16.5"]
      case .number: ["true", "\"1\"", "null", "[]", "{}"]
      case .text, .choice: ["true", "1", "null", "[]", "{}"]
      case .bool: ["\"true\"", "1", "0", "null", "[]", "{}"]
      case .list: ["true", "1", "null", "{}"]
      case .object: ["true", "1", "null", "[]", "\"text\""]
      }
    for value in wrong {
      #expect(field.faults(of: value) == [.wrongType], "\(value)")
    }
  }

  @Test(arguments: SchemaField.all)
  func takesTheRangeToItsEndsAndNothingBeyond(field: SchemaField) {
    switch field.rule {
    case .integer(let range, let factor):
      #expect(field.faults(of: "\(range.lowerBound)").isEmpty)
      #expect(field.faults(of: "\(range.upperBound)").isEmpty)
      #expect(field.faults(of: "\(range.lowerBound - factor)") == [.outOfRange])
      let (beyond, overflows) = range.upperBound.addingReportingOverflow(factor)
      #expect(field.faults(of: overflows ? "9223372036854775808" : "\(beyond)") == [.outOfRange])
      if factor > 1 { #expect(field.faults(of: "\(range.lowerBound + 1)") == [.outOfRange]) }
    case .number(let range):
      #expect(field.faults(of: "\(range.lowerBound)").isEmpty)
      #expect(field.faults(of: "\(range.upperBound)").isEmpty)
      #expect(field.faults(of: "\(range.lowerBound.nextDown)") == [.outOfRange])
      #expect(field.faults(of: "\(range.upperBound.nextUp)") == [.outOfRange])
      #expect(field.faults(of: "1e999") == [.outOfRange])
    case .choice(let names):
      for name in names { #expect(field.faults(of: "\"\(name)\"").isEmpty) }
      #expect(field.faults(of: "\"nothing of the kind\"") == [.outOfRange])
    case .text: #expect(field.faults(of: "\"\"") == [.outOfRange])
    case .bool: for value in ["true", "false"] { #expect(field.faults(of: value).isEmpty) }
    case .list, .object: break
    }
  }
}
