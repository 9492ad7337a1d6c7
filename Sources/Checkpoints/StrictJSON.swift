/// A JSON value as it stands in the file: numbers keep their digits, objects their order.
///
/// Foundation's decoders quietly keep one of two equal keys and turn large integers into floating point. In a
/// checkpoint header either would mean reading the wrong bytes, so headers, indices and configurations are read
/// with this type.
package enum StrictJSON: Sendable, Equatable {
  case null
  case bool(Bool)
  /// The digits as written, already checked against the grammar of RFC 8259.
  case number(String)
  case string(String)
  case array([StrictJSON])
  case object(Object)

  /// Members in file order; keys are unique.
  package struct Object: Sendable, Equatable {
    package private(set) var keys: [String] = []
    private var values: [String: StrictJSON] = [:]

    package subscript(key: String) -> StrictJSON? { values[key] }
    package var count: Int { keys.count }

    /// Adds a member; false when the key is there already.
    mutating func insert(_ key: String, _ value: StrictJSON) -> Bool {
      guard values.updateValue(value, forKey: key) == nil else { return false }
      keys.append(key)
      return true
    }
  }

  /// The whole number, or nil for fractions, exponents and what does not fit 64 bits.
  package var integer: Int? {
    if case .number(let digits) = self { Int(digits) } else { nil }
  }

  /// The number as Double, or nil for other values and numbers beyond its range.
  package var double: Double? {
    guard case .number(let digits) = self, let value = Double(digits), value.isFinite else { return nil }
    return value
  }

  package var bool: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  package var string: String? {
    if case .string(let value) = self { value } else { nil }
  }

  package var array: [StrictJSON]? {
    if case .array(let value) = self { value } else { nil }
  }

  package var object: Object? {
    if case .object(let value) = self { value } else { nil }
  }

  /// The value for an error message: scalars as written, containers by kind and size.
  package var summary: String {
    switch self {
    case .null: "null"
    case .bool(let value): value ? "true" : "false"
    case .number(let digits): digits.count > 40 ? "\(digits.prefix(40))…" : digits
    case .string(let text): quoted(text, limit: 80)
    case .array(let elements):
      elements.count <= 16 && elements.allSatisfy { $0.array == nil && $0.object == nil }
        ? "[\(elements.map(\.summary).joined(separator: ", "))]" : "an array of \(elements.count)"
    case .object(let object): "an object of \(object.count) members"
    }
  }
}

/// Where and why a text is not the JSON that was asked for.
package struct StrictJSONError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Bytes from the start of the text.
  package var offset: Int
  package var problem: String
  package var description: String { "\(problem) at byte \(offset)" }
}
