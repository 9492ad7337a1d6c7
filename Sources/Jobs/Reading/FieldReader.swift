import Foundation

/// The field names of one JSON object, as they stand in the file.
package protocol FieldNames: RawRepresentable<String>, CaseIterable, Sendable, Hashable {}

/// Reads the fields of one JSON object by name; what does not fit is reported, and reading goes on.
///
/// Every reading method returns nil both for an absent field and for a bad one: the caller fills in a default, and the
/// collected problems keep the half-read value from being used.
package struct FieldReader<Field: FieldNames> {
  private let members: [String: JSONNode]
  private let offset: Int
  private let path: String
  package let problems: ProblemCollector

  /// - Parameters:
  ///   - path: What stands before a field's name in messages: `""` at the top, `"prompts[3]."` below.
  ///   - alsoKnown: Names that another reader of the same object reads.
  ///   - passingOver: Whether unknown fields are passed over in silence, as columns of a table are.
  /// - Returns: Nil, after a report, when `node` is no object.
  package init?(
    _ node: JSONNode, path: String = "", alsoKnown: [String] = [], passingOver: Bool = false,
    problems: ProblemCollector
  ) {
    guard case .object(let members) = node.content else {
      problems.report(
        .wrongType, field: path.isEmpty ? nil : String(path.dropLast()), at: node.offset,
        "found \(node.summary), expected an object { … }")
      return nil
    }
    self.members = Dictionary(uniqueKeysWithValues: members.map { ($0.name, $0.value) })
    self.offset = node.offset
    self.path = path
    self.problems = problems
    if passingOver { return }
    let known = Field.allCases.map(\.rawValue) + alsoKnown
    for member in members where !known.contains(member.name) {
      let nearest = NearestName.of(member.name, in: known)
      problems.report(
        .unknownField, field: path + member.name.cut(to: 120), at: member.nameOffset,
        "unknown field \(member.name.quotedForMessage())"
          + (nearest.map { "; did you mean \"\($0)\"?" } ?? ""),
        hint: "The fields known here are \(known.joined(separator: ", ")).")
    }
  }

  private init(members: [String: JSONNode], offset: Int, path: String, problems: ProblemCollector) {
    self.members = members
    self.offset = offset
    self.path = path
    self.problems = problems
  }

  /// A reader for further fields of the same object, which several kinds of jobs share.
  ///
  /// Their names were `alsoKnown` to this reader: it is the one that reports unknown fields.
  package func group<Group: FieldNames>(_ fields: Group.Type) -> FieldReader<Group> {
    FieldReader<Group>(members: members, offset: offset, path: path, problems: problems)
  }

  package func node(_ field: Field) -> JSONNode? { members[field.rawValue] }

  package func has(_ field: Field) -> Bool { members[field.rawValue] != nil }

  package func path(_ field: Field) -> String { path + field.rawValue }

  package func report(_ code: JobFailure.Code, _ field: Field, _ message: String, hint: String? = nil) {
    problems.report(code, field: path(field), at: node(field)?.offset ?? offset, message, hint: hint)
  }

  package func require(_ field: Field, _ meaning: String) {
    if !has(field) { report(.missingField, field, "is missing: \(meaning)") }
  }

  private func wrongType(_ field: Field, _ node: JSONNode, expected: String) {
    let hint: String? =
      if case .null = node.content { "Leave the field out to get its default." } else { nil }
    report(.wrongType, field, "found \(node.summary), expected \(expected)", hint: hint)
  }
}

// MARK: Scalars

extension FieldReader {
  /// A text without NUL characters, of at most `limit` bytes.
  package func string(_ field: Field, mayBeEmpty: Bool = false, limit: Int = 4096) -> String? {
    guard let node = node(field) else { return nil }
    guard case .string(let text) = node.content else {
      wrongType(field, node, expected: "a text in quotes")
      return nil
    }
    return checked(text, mayBeEmpty: mayBeEmpty, limit: limit) { report(.outOfRange, field, $0) }
  }

  package func integer(
    _ field: Field, in range: ClosedRange<Int>, multipleOf factor: Int = 1
  ) -> Int? {
    guard let node = node(field) else { return nil }
    guard case .number(let digits) = node.content else {
      wrongType(field, node, expected: "a whole number")
      return nil
    }
    guard let value = Self.wholeNumber(digits) else {
      let size = Double(digits).map(abs) ?? .infinity
      if size >= 0x1p63 {
        report(.outOfRange, field, "\(node.summary) is beyond \(range.lowerBound)…\(range.upperBound)")
      } else {
        wrongType(field, node, expected: "a whole number")
      }
      return nil
    }
    guard range.contains(value) else {
      report(.outOfRange, field, "\(value) is not in \(range.lowerBound)…\(range.upperBound)")
      return nil
    }
    guard value % factor == 0 else {
      let below = value - value % factor
      let nearest = [below, below + factor].filter(range.contains).map(String.init)
      report(
        .outOfRange, field, "\(value) is not a multiple of \(factor)",
        hint: "The nearest that is: \(nearest.joined(separator: " or ")).")
      return nil
    }
    return value
  }

  /// A finite number in a range that includes both ends.
  package func number(_ field: Field, in range: ClosedRange<Double>) -> Double? {
    guard let node = node(field) else { return nil }
    guard case .number(let digits) = node.content else {
      wrongType(field, node, expected: "a number")
      return nil
    }
    guard let value = Double(digits), value.isFinite, range.contains(value) else {
      report(
        .outOfRange, field, "\(node.summary) is not in \(range.lowerBound)…\(range.upperBound)")
      return nil
    }
    return value
  }

  package func bool(_ field: Field) -> Bool? {
    guard let node = node(field) else { return nil }
    guard case .bool(let value) = node.content else {
      wrongType(field, node, expected: "true or false")
      return nil
    }
    return value
  }

  /// One of an enum's raw values.
  package func choice<Choice: RawRepresentable<String> & CaseIterable>(_ field: Field, of type: Choice.Type)
    -> Choice?
  {
    guard let text = string(field, limit: 200) else { return nil }
    if let value = Choice(rawValue: text) { return value }
    let names = Choice.allCases.map(\.rawValue)
    let nearest = NearestName.of(text, in: names)
    report(
      .outOfRange, field,
      "unknown value \(text.quotedForMessage())" + (nearest.map { "; did you mean \"\($0)\"?" } ?? ""),
      hint: "It is one of \(names.joined(separator: ", ")).")
    return nil
  }

  /// A moment with its time zone, as RFC 3339 writes it: `2026-11-24T02:00:00+01:00`.
  package func date(_ field: Field) -> Date? {
    guard let text = string(field, limit: 64) else { return nil }
    for fractions in [false, true] {
      if let date = try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: fractions))
      {
        return date
      }
    }
    report(
      .outOfRange, field, "found \(text.quotedForMessage()), expected a date with time and zone",
      hint: "For example 2026-11-24T02:00:00Z; `date -Iseconds` prints this form.")
    return nil
  }

  /// The whole number that the digits name, also when written as `1e3` or `64.0`; nil for fractions and for numbers
  /// that do not fit, or whose exact value a float would hide.
  static func wholeNumber(_ digits: String) -> Int? {
    if let value = Int(digits) { return value }
    guard let value = Double(digits), value == value.rounded(), abs(value) <= 0x1p53 else { return nil }
    return Int(value)
  }

  private func checked(
    _ text: String, mayBeEmpty: Bool, limit: Int, report: (String) -> Void
  ) -> String? {
    if text.isEmpty && !mayBeEmpty {
      report("is empty")
    } else if text.utf8.count > limit {
      report("has \(text.utf8.count) bytes, more than the \(limit) allowed")
    } else if text.unicodeScalars.contains("\0") {
      report("contains a NUL character")
    } else {
      return text
    }
    return nil
  }
}

// MARK: Containers

extension FieldReader {
  /// The elements of a list with their paths (`prompts[3]`); nil, after a report, for other values and other lengths.
  package func elements(_ field: Field, count: ClosedRange<Int>) -> [(node: JSONNode, path: String)]? {
    guard let node = node(field) else { return nil }
    guard case .array(let elements) = node.content else {
      wrongType(field, node, expected: "a list [ … ]")
      return nil
    }
    guard count.contains(elements.count) else {
      let message =
        elements.isEmpty
        ? "is an empty list"
        : "has \(elements.count) entries, allowed are \(count.lowerBound)…\(count.upperBound)"
      report(.outOfRange, field, message)
      return nil
    }
    return elements.enumerated().map { ($1, "\(path(field))[\($0)]") }
  }

  /// A list of texts.
  package func strings(_ field: Field, count: ClosedRange<Int>, limit: Int = 4096) -> [String]? {
    elements(field, count: count)?.compactMap { node, path in text(node, path: path, limit: limit) }
  }

  /// A text, or each of a list of them, with its place in messages (`explicit_image[1]`).
  package func alternatives(_ field: Field, count: ClosedRange<Int>, limit: Int) -> [(
    text: String, path: String
  )]? {
    guard let node = node(field) else { return nil }
    if case .array = node.content {
      return elements(field, count: count)?.compactMap { node, path in
        text(node, path: path, limit: limit).map { ($0, path) }
      }
    }
    guard case .string = node.content else {
      wrongType(field, node, expected: "a text in quotes or a list of them")
      return nil
    }
    return string(field, limit: limit).map { [($0, path(field))] }
  }

  /// A text that is an element of a list.
  package func text(_ node: JSONNode, path: String, mayBeEmpty: Bool = false, limit: Int) -> String? {
    guard case .string(let text) = node.content else {
      problems.report(
        .wrongType, field: path, at: node.offset, "found \(node.summary), expected a text in quotes")
      return nil
    }
    return checked(text, mayBeEmpty: mayBeEmpty, limit: limit) {
      problems.report(.outOfRange, field: path, at: node.offset, $0)
    }
  }

  /// A reader for the object in a field.
  package func object<Inner: FieldNames>(_ field: Field, as fields: Inner.Type) -> FieldReader<Inner>? {
    node(field).flatMap { FieldReader<Inner>($0, path: path(field) + ".", problems: problems) }
  }

  /// Free names with short texts: `{"owner": "ana", "run": "nightly"}`.
  package func textsByName(_ field: Field, count: Int) -> [String: String]? {
    guard let node = node(field) else { return nil }
    guard case .object(let members) = node.content else {
      wrongType(field, node, expected: "an object of texts")
      return nil
    }
    guard members.count <= count else {
      report(.outOfRange, field, "has \(members.count) entries, at most \(count) are allowed")
      return nil
    }
    let pairs = members.compactMap { member in
      text(member.value, path: "\(path(field)).\(member.name.cut(to: 120))", mayBeEmpty: true, limit: 1024)
        .map { (member.name, $0) }
    }
    return Dictionary(uniqueKeysWithValues: pairs)
  }
}

extension String {
  /// The text's beginning, with an ellipsis for the rest.
  package func cut(to limit: Int) -> String { count > limit ? prefix(limit) + "…" : self }
}
