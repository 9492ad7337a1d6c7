/// Reads one JSON value from the bytes of a file that nobody vouches for.
///
/// Stricter than Foundation's reader where that reader is silent: equal names in one object are an error, nesting is
/// limited before the stack is, numbers keep their digits, and every error has a place.
package struct JSONParser {
  /// Arrays and objects inside each other. A job needs four levels.
  package static let nestingLimit = 32

  private let bytes: [UInt8]
  private let allowsComments: Bool
  private var offset = 0

  private init(_ bytes: [UInt8], allowsComments: Bool) {
    (self.bytes, self.allowsComments) = (bytes, allowsComments)
  }

  /// The one value that the bytes hold; white space around it and a UTF-8 byte order mark before it are allowed.
  ///
  /// - Parameter allowsComments: Whether `// …` and `/* … */` may stand where white space may.
  /// - Throws: ``JSONSyntaxError`` for anything that RFC 8259 does not allow (NaN, comments and trailing commas among
  ///   it), equal names in an object, text that is not UTF-8, and nesting beyond ``nestingLimit``.
  package static func parse(_ bytes: [UInt8], allowsComments: Bool = false) throws(JSONSyntaxError)
    -> JSONNode
  {
    var parser = JSONParser(bytes, allowsComments: allowsComments)
    try parser.skipByteOrderMark()
    try parser.skipSpace()
    guard parser.offset < bytes.count else {
      throw JSONSyntaxError(kind: .empty, offset: bytes.count, problem: "there is no JSON value in it")
    }
    let value = try parser.value(depth: 0)
    try parser.skipSpace()
    guard parser.offset == bytes.count else { throw parser.malformed("more text after the JSON value") }
    return value
  }

  private var atEnd: Bool { offset >= bytes.count }

  /// The byte at the offset, or zero at the end: no rule of JSON takes zero for anything.
  private var current: UInt8 { atEnd ? 0 : bytes[offset] }

  private func malformed(_ problem: String) -> JSONSyntaxError {
    JSONSyntaxError(kind: .malformed, offset: offset, problem: problem)
  }

  /// The error for a rule that was not met here: too short a text when it ends here, else a malformed one.
  private func unexpected(_ expected: String) -> JSONSyntaxError {
    guard !atEnd else {
      return JSONSyntaxError(
        kind: .truncated, offset: offset, problem: "the text ends where \(expected) should be")
    }
    return malformed("found \(found), expected \(expected)")
  }

  private var found: String {
    let text = bytes[offset...].prefix(12)
    guard let scalar = String(decoding: text, as: UTF8.self).unicodeScalars.first else { return "nothing" }
    let word = text.prefix { UInt8(ascii: "A")...UInt8(ascii: "z") ~= $0 }
    return (word.isEmpty ? String(scalar) : String(decoding: word, as: UTF8.self)).quotedForMessage()
  }

  private mutating func skipByteOrderMark() throws(JSONSyntaxError) {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { offset = 3 }
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      throw malformed("the text is UTF-16; save it as UTF-8")
    }
  }

  private mutating func skipSpace() throws(JSONSyntaxError) {
    repeat {
      while !atEnd, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[offset]) { offset += 1 }
    } while try skipComment()
  }

  private mutating func skipComment() throws(JSONSyntaxError) -> Bool {
    guard allowsComments, current == UInt8(ascii: "/") else { return false }
    let start = offset
    let rest = bytes[offset...]
    if rest.starts(with: "//".utf8) {
      offset = rest.firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
    } else if rest.starts(with: "/*".utf8) {
      offset += 2
      while !bytes[offset...].starts(with: "*/".utf8) {
        guard !atEnd else {
          throw JSONSyntaxError(
            kind: .truncated, offset: start, problem: "a comment that begins with /* has no */ at its end")
        }
        offset += 1
      }
      offset += 2
    } else {
      return false
    }
    return true
  }

  private mutating func value(depth: Int) throws(JSONSyntaxError) -> JSONNode {
    try skipSpace()
    let start = offset
    let content: JSONNode.Content
    switch current {
    case UInt8(ascii: "{"): content = .object(try object(depth: depth))
    case UInt8(ascii: "["): content = .array(try array(depth: depth))
    case UInt8(ascii: "\""): content = .string(try string())
    case UInt8(ascii: "t"): content = try word("true", .bool(true))
    case UInt8(ascii: "f"): content = try word("false", .bool(false))
    case UInt8(ascii: "n"): content = try word("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): content = .number(try number())
    default: throw unexpected("a JSON value")
    }
    return JSONNode(content: content, offset: start)
  }

  private func checkNesting(_ depth: Int) throws(JSONSyntaxError) {
    guard depth < Self.nestingLimit else {
      throw malformed("nested more than \(Self.nestingLimit) levels deep")
    }
  }

  private mutating func object(depth: Int) throws(JSONSyntaxError) -> [JSONMember] {
    try checkNesting(depth)
    var members: [JSONMember] = []
    var names: Set<String> = []
    offset += 1
    try skipSpace()
    if take("}") { return members }
    repeat {
      try skipSpace()
      let start = offset
      guard current == UInt8(ascii: "\"") else { throw unexpected("a quoted field name") }
      let name = try string()
      guard names.insert(name).inserted else {
        let problem = "the field \(name.quotedForMessage()) stands twice in one object"
        throw JSONSyntaxError(kind: .malformed, offset: start, problem: problem)
      }
      try skipSpace()
      guard take(":") else { throw unexpected("a colon") }
      members.append(JSONMember(name: name, nameOffset: start, value: try value(depth: depth + 1)))
      try skipSpace()
    } while take(",")
    guard take("}") else { throw unexpected("a comma or a closing brace") }
    return members
  }

  private mutating func array(depth: Int) throws(JSONSyntaxError) -> [JSONNode] {
    try checkNesting(depth)
    var elements: [JSONNode] = []
    offset += 1
    try skipSpace()
    if take("]") { return elements }
    repeat {
      elements.append(try value(depth: depth + 1))
      try skipSpace()
    } while take(",")
    guard take("]") else { throw unexpected("a comma or a closing bracket") }
    return elements
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard current == UInt8(ascii: character) else { return false }
    offset += 1
    return true
  }

  private mutating func word(
    _ word: String, _ content: JSONNode.Content
  ) throws(JSONSyntaxError) -> JSONNode.Content {
    let rest = bytes[offset...]
    guard rest.starts(with: word.utf8) else {
      if word.utf8.starts(with: rest) { offset = bytes.count }
      throw unexpected("a JSON value")
    }
    offset += word.utf8.count
    return content
  }

  private mutating func number() throws(JSONSyntaxError) -> String {
    let start = offset
    _ = take("-")
    if !take("0") { try digits() }
    if take(".") { try digits() }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }
      try digits()
    }
    return String(decoding: bytes[start..<offset], as: UTF8.self)
  }

  private mutating func digits() throws(JSONSyntaxError) {
    let start = offset
    while (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(current) { offset += 1 }
    guard offset > start else { throw unexpected("a digit") }
  }
}

extension JSONParser {
  private mutating func string() throws(JSONSyntaxError) -> String {
    let opening = offset
    offset += 1
    var unescaped: [UInt8] = []
    var start = offset
    while !atEnd {
      switch bytes[offset] {
      case UInt8(ascii: "\""):
        unescaped.append(contentsOf: bytes[start..<offset])
        offset += 1
        guard let text = String(validating: unescaped, as: UTF8.self) else {
          throw JSONSyntaxError(kind: .malformed, offset: opening, problem: "a text that is not UTF-8")
        }
        return text
      case UInt8(ascii: "\\"):
        unescaped.append(contentsOf: bytes[start..<offset])
        unescaped.append(contentsOf: String(try escape()).utf8)
        start = offset
      case 0..<0x20: throw malformed("a bare control character in a text; write \\n for a line break")
      default: offset += 1
      }
    }
    throw unexpected("the closing quote of a text")
  }

  private mutating func escape() throws(JSONSyntaxError) -> Unicode.Scalar {
    offset += 1
    let letter = current
    switch letter {
    case UInt8(ascii: "u"):
      offset += 1
      return try unicodeEscape()
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
      offset += 1
      return Unicode.Scalar(letter)
    default:
      let controls: [UInt8: Unicode.Scalar] = [
        UInt8(ascii: "b"): "\u{8}", UInt8(ascii: "f"): "\u{C}", UInt8(ascii: "n"): "\n",
        UInt8(ascii: "r"): "\r", UInt8(ascii: "t"): "\t",
      ]
      guard let control = controls[letter] else { throw unexpected("one of the escapes \" \\ / b f n r t u") }
      offset += 1
      return control
    }
  }

  private mutating func unicodeEscape() throws(JSONSyntaxError) -> Unicode.Scalar {
    let first = try fourHexDigits()
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard first < 0xDC00, take("\\"), take("u") else { throw malformed("half a surrogate pair in a text") }
    let second = try fourHexDigits()
    guard (0xDC00..<0xE000).contains(second),
      let scalar = Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
    else { throw malformed("half a surrogate pair in a text") }
    return scalar
  }

  private mutating func fourHexDigits() throws(JSONSyntaxError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = Character(Unicode.Scalar(current)).hexDigitValue else {
        throw unexpected("four hexadecimal digits after \\u")
      }
      value = value << 4 | UInt32(digit)
      offset += 1
    }
    return value
  }
}
