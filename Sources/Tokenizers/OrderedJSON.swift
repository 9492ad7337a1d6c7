/// A JSON value whose objects keep their members in file order and apart by their exact bytes.
///
/// Vocabularies need both: Swift compares strings by canonical equivalence, so a `[String: Int]` would merge
/// pieces such as `"é"` spelled as one scalar and as two, which are different tokens.
enum OrderedJSON: Sendable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([OrderedJSON])
  case object([(key: String, value: OrderedJSON)])

  /// The member of an object, the last one when a key is repeated; nil for other values.
  subscript(key: String) -> OrderedJSON? {
    guard case .object(let members) = self else { return nil }
    return members.last { $0.key == key }?.value
  }

  var string: String? {
    if case .string(let value) = self { value } else { nil }
  }

  var bool: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  var number: Double? {
    if case .number(let value) = self { value } else { nil }
  }

  /// A number without a fraction that can be a token id; nil for anything else.
  ///
  /// At most 2²⁴ − 1: a hundred times what vocabularies have, and small enough to count on from.
  var tokenID: Int? {
    number.flatMap { Int(exactly: $0) }.flatMap { 0..<1 << 24 ~= $0 ? $0 : nil }
  }

  var array: [OrderedJSON]? {
    if case .array(let value) = self { value } else { nil }
  }

  var members: [(key: String, value: OrderedJSON)]? {
    if case .object(let value) = self { value } else { nil }
  }

  var isNull: Bool {
    if case .null = self { true } else { false }
  }

  /// The kind of value, for error messages.
  var kind: String {
    switch self {
    case .null: "null"
    case .bool: "a boolean"
    case .number: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

/// Where and why a text is not JSON.
struct OrderedJSONError: Error {
  let offset: Int
  let problem: String
}

extension OrderedJSON {
  /// Parses one JSON value from UTF-8 bytes.
  init(parsing bytes: [UInt8]) throws(OrderedJSONError) {
    var parser = OrderedJSONParser(bytes: bytes)
    self = try parser.wholeText()
  }
}

/// A recursive-descent parser over UTF-8 bytes (RFC 8259), bounded in depth.
private struct OrderedJSONParser {
  let bytes: [UInt8]
  var position = 0
  var depth = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  func error(_ problem: String) -> OrderedJSONError { OrderedJSONError(offset: position, problem: problem) }

  mutating func wholeText() throws(OrderedJSONError) -> OrderedJSON {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    let value = try value()
    skipSpace()
    guard position == bytes.count else { throw error("text after the end of the JSON value") }
    return value
  }

  mutating func value() throws(OrderedJSONError) -> OrderedJSON {
    skipSpace()
    guard position < bytes.count else { throw error("the file ends in the middle of a value") }
    switch bytes[position] {
    case UInt8(ascii: "{"): return try nested { parser throws(OrderedJSONError) in try parser.object() }
    case UInt8(ascii: "["): return try nested { parser throws(OrderedJSONError) in try parser.array() }
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    default: return try number()
    }
  }

  mutating func nested(
    _ body: (inout OrderedJSONParser) throws(OrderedJSONError) -> OrderedJSON
  ) throws(OrderedJSONError) -> OrderedJSON {
    depth += 1
    guard depth <= 64 else { throw error("values nested more than 64 deep") }
    position += 1
    let value = try body(&self)
    depth -= 1
    return value
  }

  mutating func object() throws(OrderedJSONError) -> OrderedJSON {
    var members: [(key: String, value: OrderedJSON)] = []
    if take(UInt8(ascii: "}")) { return .object(members) }
    repeat {
      skipSpace()
      guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
        throw error("expected a key in quotes")
      }
      let key = try string()
      guard take(UInt8(ascii: ":")) else { throw error("expected ':' after the key \"\(key)\"") }
      members.append((key, try value()))
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "}")) else { throw error("expected ',' or '}'") }
    return .object(members)
  }

  mutating func array() throws(OrderedJSONError) -> OrderedJSON {
    var elements: [OrderedJSON] = []
    if take(UInt8(ascii: "]")) { return .array(elements) }
    repeat { elements.append(try value()) } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "]")) else { throw error("expected ',' or ']'") }
    return .array(elements)
  }

  mutating func string() throws(OrderedJSONError) -> String {
    position += 1
    var content: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return try checkedString(content)
      case UInt8(ascii: "\\"): content.append(contentsOf: try escape())
      case ..<0x20: throw error("a control character inside a string")
      default: content.append(byte)
      }
    }
    throw error("the file ends inside a string")
  }

  func checkedString(_ content: [UInt8]) throws(OrderedJSONError) -> String {
    guard let string = String(validating: content, as: UTF8.self) else {
      throw error("a string is not UTF-8")
    }
    return string
  }

  mutating func escape() throws(OrderedJSONError) -> [UInt8] {
    guard position < bytes.count else { throw error("the file ends inside a string") }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "b"): return [8]
    case UInt8(ascii: "f"): return [12]
    case UInt8(ascii: "n"): return [10]
    case UInt8(ascii: "r"): return [13]
    case UInt8(ascii: "t"): return [9]
    case UInt8(ascii: "u"):
      var code = try fourHexDigits()
      if (0xD800..<0xDC00).contains(code), bytes[position...].starts(with: Array("\\u".utf8)) {
        position += 2
        let low = try fourHexDigits()
        guard (0xDC00..<0xE000).contains(low) else { throw error("half of a surrogate pair") }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw error("half of a surrogate pair") }
      return Array(String(Character(scalar)).utf8)
    default: throw error("an unknown escape in a string")
    }
  }

  mutating func fourHexDigits() throws(OrderedJSONError) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard position < bytes.count, let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue
      else {
        throw error("\\u needs four hexadecimal digits")
      }
      code = code << 4 + UInt32(digit)
      position += 1
    }
    return code
  }

  mutating func literal(_ word: StaticString, _ value: OrderedJSON) throws(OrderedJSONError) -> OrderedJSON {
    let spelled = Array("\(word)".utf8)
    guard bytes[position...].starts(with: spelled) else { throw error("expected a value") }
    position += spelled.count
    return value
  }

  mutating func number() throws(OrderedJSONError) -> OrderedJSON {
    let start = position
    while position < bytes.count, isNumberByte(bytes[position]) { position += 1 }
    guard start < position, let value = Double(String(decoding: bytes[start..<position], as: UTF8.self))
    else {
      position = start
      throw error("expected a value")
    }
    return .number(value)
  }

  func isNumberByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
      UInt8(ascii: "e"), UInt8(ascii: "E"):
      true
    default: false
    }
  }

  mutating func take(_ byte: UInt8) -> Bool {
    skipSpace()
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position += 1
      default: return
      }
    }
  }
}
