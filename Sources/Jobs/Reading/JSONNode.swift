/// A JSON value that remembers where in its file it stands.
///
/// Numbers keep their digits, so that a seed near 2⁶³ is not rounded through floating point; objects keep their order.
package struct JSONNode: Sendable {
  package enum Content: Sendable {
    case null
    case bool(Bool)
    /// The digits as written, already checked against the grammar of RFC 8259.
    case number(String)
    case string(String)
    case array([JSONNode])
    /// Members in file order; names are unique.
    case object([JSONMember])
  }

  package let content: Content
  /// Bytes from the start of the file to the value's first byte.
  package let offset: Int

  /// The value's type as error messages name it.
  package var typeName: String {
    switch content {
    case .null: "null"
    case .bool: "true or false"
    case .number: "a number"
    case .string: "a text"
    case .array: "a list"
    case .object: "an object"
    }
  }

  /// The value for an error message: scalars as written, containers by size.
  package var summary: String {
    switch content {
    case .null: "null"
    case .bool(let value): value ? "true" : "false"
    case .number(let digits): digits.count > 40 ? "\(digits.prefix(40))…" : digits
    case .string(let text): text.quotedForMessage(limit: 60)
    case .array(let elements): "a list of \(elements.count)"
    case .object(let members): "an object of \(members.count) fields"
    }
  }
}

/// One name and its value in a JSON object.
package struct JSONMember: Sendable {
  package let name: String
  /// Bytes from the start of the file to the name's opening quote.
  package let nameOffset: Int
  package let value: JSONNode
}

/// A line and a column, both counted from 1; a column is one Unicode scalar.
package struct TextPosition: Sendable, Equatable, Codable {
  package let line: Int
  package let column: Int

  /// Where the byte at `offset` stands in `bytes`.
  package init(of offset: Int, in bytes: [UInt8]) {
    let before = bytes.prefix(offset)
    let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    line = 1 + before.count { $0 == UInt8(ascii: "\n") }
    // UTF-8 continuation bytes (10xxxxxx) belong to the scalar before them.
    column = 1 + before[lineStart...].count { $0 & 0xC0 != 0x80 }
  }
}

/// Where and why a text is not JSON that this program reads.
package struct JSONSyntaxError: Error, Sendable, Equatable {
  package enum Kind: Sendable {
    /// The text breaks the grammar or one of the limits.
    case malformed
    /// Everything up to the end is fine, but the end comes too early.
    case truncated
    /// There is nothing but white space.
    case empty
  }

  package let kind: Kind
  package let offset: Int
  package let problem: String
}

extension String {
  /// The text between quotes on one line: control characters spelled out, long texts cut.
  package func quotedForMessage(limit: Int = 120) -> String {
    var result = "\""
    for (count, scalar) in unicodeScalars.enumerated() {
      guard count < limit else {
        result += "…"
        break
      }
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator: result += scalar.escaped(asASCII: true)
      default:
        if scalar == "\"" || scalar == "\\" { result += "\\" }
        result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
