import Foundation
import Jobs

/// What a setting may be, and how it is read from a file and from one word of text.
package enum SettingForm: Sendable, Equatable {
  case integer(ClosedRange<Int>)
  /// Both ends included.
  case number(ClosedRange<Double>)
  /// An absolute path.
  case path
  /// Absolute paths; in one word separated by colons.
  case paths
  /// Bytes, or a number with K, M, G or T, which are powers of 1000.
  case size
  case flag
  /// Of a spool.
  case name
  /// One of some words.
  case word([String])

  package var expected: String {
    switch self {
    case .integer(let range): "a whole number in \(range.lowerBound)…\(range.upperBound)"
    case .number(let range):
      "a number in \(SettingValue.digits(of: range.lowerBound))…\(SettingValue.digits(of: range.upperBound))"
    case .path: "a path that begins with /"
    case .paths: "paths that begin with /, separated by colons"
    case .size: "a size such as 500M"
    case .flag: "true or false"
    case .name: "a spool's name"
    case .word(let words): "one of \(words.joined(separator: ", "))"
    }
  }

  /// The value that one word of text stands for, as in the environment; nil when it is none.
  package func value(of text: String) -> SettingValue? {
    switch self {
    case .integer(let range): Int(text).flatMap { range.contains($0) ? SettingValue.integer($0) : nil }
    case .number(let range): Double(text).flatMap { range.contains($0) ? SettingValue.number($0) : nil }
    case .path: text.hasPrefix("/") ? .text(text) : nil
    case .paths:
      Self.all(text.split(separator: ":").map(String.init)) { $0.hasPrefix("/") }.map(SettingValue.texts)
    case .size: Self.bytes(text).map(SettingValue.integer)
    case .flag: ["true": true, "1": true, "false": false, "0": false][text].map(SettingValue.flag)
    case .name: text.isEmpty ? nil : .text(text)
    case .word(let words): words.contains(text) ? .text(text) : nil
    }
  }

  /// The bytes that `500M` or `2T` stand for.
  package static func bytes(_ text: String) -> Int? {
    let powers = ["K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12]
    let factor = text.last.flatMap { powers[$0.uppercased()] }
    guard let number = Double(factor == nil ? text : String(text.dropLast())), number.isFinite, number >= 0
    else { return nil }
    let bytes = number * (factor ?? 1)
    return bytes < 9e18 ? Int(bytes) : nil
  }

  private static func all(_ texts: [String], _ test: (String) -> Bool) -> [String]? {
    texts.allSatisfy(test) ? texts : nil
  }
}

extension SettingForm {
  /// The value in a field of the file; nil when it is absent, or after a report.
  ///
  /// - Parameter mayBeNull: Whether `null` stands for no value at all.
  func value<Field: FieldNames>(
    _ fields: FieldReader<Field>, _ field: Field, mayBeNull: Bool
  ) -> SettingValue? {
    if mayBeNull, case .null? = fields.node(field)?.content { return SettingValue.none }
    switch self {
    case .integer(let range): return fields.integer(field, in: range).map(SettingValue.integer)
    case .number(let range): return fields.number(field, in: range).map(SettingValue.number)
    case .flag: return fields.bool(field).map(SettingValue.flag)
    case .path:
      return absolute(fields, field, fields.string(field).map { [$0] }).map { SettingValue.text($0[0]) }
    case .paths:
      return absolute(fields, field, fields.strings(field, count: 0...100)).map(SettingValue.texts)
    case .size:
      if case .number? = fields.node(field)?.content {
        return fields.integer(field, in: 0...Int.max).map(SettingValue.integer)
      }
      return word(fields, field)
    case .name, .word: return word(fields, field)
    }
  }

  private func word<Field: FieldNames>(_ fields: FieldReader<Field>, _ field: Field) -> SettingValue? {
    guard let text = fields.string(field, limit: 200) else { return nil }
    guard let value = value(of: text) else {
      fields.report(.outOfRange, field, "found \(text.quotedForMessage()), expected \(expected)")
      return nil
    }
    return value
  }

  private func absolute<Field: FieldNames>(
    _ fields: FieldReader<Field>, _ field: Field, _ paths: [String]?
  ) -> [String]? {
    for path in paths ?? [] where !path.hasPrefix("/") {
      fields.report(.badPath, field, "found \(path.quotedForMessage()), expected a path that begins with /")
      return nil
    }
    return paths
  }
}
