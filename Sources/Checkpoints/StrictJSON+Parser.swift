extension StrictJSON {
  /// Arrays and objects inside each other; model files use three levels, tokenizer files fewer than ten.
  static let depthLimit = 64

  /// The one value the bytes hold, white space around it allowed.
  ///
  /// - Throws: ``StrictJSONError`` for anything RFC 8259 does not allow, for equal keys in an object, for text that is
  ///   not UTF-8 and for nesting deeper than 64.
  package static func parse(_ bytes: UnsafeRawBufferPointer) throws(StrictJSONError) -> StrictJSON {
    var parser = Parser(bytes: bytes)
    let value = try parser.value(depth: 0)
    parser.skipSpace()
    guard parser.position == bytes.count else { throw parser.error("more text after the value") }
    return value
  }

  package static func parse(_ text: String) throws(StrictJSONError) -> StrictJSON {
    let bytes = Array(text.utf8)
    let result = bytes.withUnsafeBytes { buffer in
      Result { () throws(StrictJSONError) in try parse(buffer) }
    }
    return try result.get()
  }
}

private struct Parser {
  let bytes: UnsafeRawBufferPointer
  var position = 0

  init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// The byte at the position, or zero at the end: zero is no JSON byte, so no rule takes it for one.
  var current: UInt8 { position < bytes.count ? bytes[position] : 0 }

  func error(_ problem: String) -> StrictJSONError { StrictJSONError(offset: position, problem: problem) }

  mutating func skipSpace() {
    while position < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[position]) { position += 1 }
  }

  mutating func value(depth: Int) throws(StrictJSONError) -> StrictJSON {
    guard depth <= StrictJSON.depthLimit else {
      throw error("nesting deeper than \(StrictJSON.depthLimit)")
    }
    skipSpace()
    switch current {
    case UInt8(ascii: "{"): return .object(try object(depth: depth))
    case UInt8(ascii: "["): return .array(try array(depth: depth))
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
    default: throw error(position < bytes.count ? "no JSON value" : "the text ends where a value should be")
    }
  }

  mutating func object(depth: Int) throws(StrictJSONError) -> StrictJSON.Object {
    var object = StrictJSON.Object()
    position += 1
    skipSpace()
    if take("}") { return object }
    repeat {
      skipSpace()
      guard current == UInt8(ascii: "\"") else { throw error("no quoted key") }
      let start = position
      let key = try string()
      skipSpace()
      guard take(":") else { throw error("no colon after the key \(quoted(key))") }
      guard object.insert(key, try value(depth: depth + 1)) else {
        throw StrictJSONError(offset: start, problem: "the key \(quoted(key)) stands twice in one object")
      }
      skipSpace()
    } while take(",")
    guard take("}") else { throw error("no comma or closing brace") }
    return object
  }

  mutating func array(depth: Int) throws(StrictJSONError) -> [StrictJSON] {
    var elements: [StrictJSON] = []
    position += 1
    skipSpace()
    if take("]") { return elements }
    repeat {
      elements.append(try value(depth: depth + 1))
      skipSpace()
    } while take(",")
    guard take("]") else { throw error("no comma or closing bracket") }
    return elements
  }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard current == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  mutating func word(_ word: StaticString, _ value: StrictJSON) throws(StrictJSONError) -> StrictJSON {
    let expected = UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
    guard bytes.dropFirst(position).starts(with: expected) else { throw error("no JSON value") }
    position += expected.count
    return value
  }

  mutating func number() throws(StrictJSONError) -> String {
    let start = position
    _ = take("-")
    if !take("0") { try digits() }
    if take(".") { try digits() }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }
      try digits()
    }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  mutating func digits() throws(StrictJSONError) {
    let start = position
    while (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(current) { position += 1 }
    guard position > start else { throw error("no digit where the number needs one") }
  }

  mutating func string() throws(StrictJSONError) -> String {
    position += 1
    var unescaped: [UInt8] = []
    var start = position
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""):
        unescaped.append(contentsOf: bytes[start..<position])
        guard let text = String(validating: unescaped, as: UTF8.self) else {
          throw error("a text that is not UTF-8")
        }
        position += 1
        return text
      case UInt8(ascii: "\\"):
        unescaped.append(contentsOf: bytes[start..<position])
        unescaped.append(contentsOf: String(try escape()).utf8)
        start = position
      case 0..<0x20: throw error("a bare control character in a text")
      default: position += 1
      }
    }
    throw error("a text without its closing quote")
  }

  mutating func escape() throws(StrictJSONError) -> Unicode.Scalar {
    position += 1
    let letter = current
    position += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(letter)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return try unicodeEscape()
    default: throw error("an unknown escape in a text")
    }
  }

  mutating func unicodeEscape() throws(StrictJSONError) -> Unicode.Scalar {
    let first = try fourHexDigits()
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard first < 0xDC00, take("\\"), take("u") else { throw error("half a surrogate pair in a text") }
    let second = try fourHexDigits()
    guard (0xDC00..<0xE000).contains(second),
      let scalar = Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
    else { throw error("half a surrogate pair in a text") }
    return scalar
  }

  mutating func fourHexDigits() throws(StrictJSONError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = Character(Unicode.Scalar(current)).hexDigitValue else {
        throw error("no four hexadecimal digits after \\u")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }
}
