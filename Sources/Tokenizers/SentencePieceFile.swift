/// The parts of a SentencePiece model file (`spiece.model`) that tokenisation needs.
///
/// A protocol buffer, `sentencepiece_model.proto` of google/sentencepiece: `ModelProto.pieces` = 1 with
/// `piece` = 1, `score` = 2, `type` = 3; `trainer_spec` = 2 with `model_type` = 3; `normalizer_spec` = 3 with
/// `precompiled_charsmap` = 2. Other fields are skipped.
struct SentencePieceFile {
  struct Piece {
    var text = ""
    var score: Float = 0
    /// 1 normal, 2 unknown, 3 control, 4 user defined, 5 unused, 6 byte.
    var type = 1
  }

  private(set) var pieces: [Piece] = []
  /// 1 unigram, 2 byte-pair, 3 word, 4 character.
  private(set) var modelType = 1
  private(set) var charsmap: [UInt8] = []

  init(_ bytes: [UInt8]) throws(ProtobufError) {
    var reader = ProtobufReader(bytes[...])
    while let field = try reader.next() {
      switch (field.number, field.value) {
      case (1, .bytes(let message)): pieces.append(try Self.piece(message))
      case (2, .bytes(let message)):
        for case (3, .varint(let type)) in try Self.fields(message) {
          modelType = Int(truncatingIfNeeded: type)
        }
      case (3, .bytes(let message)):
        for case (2, .bytes(let map)) in try Self.fields(message) { charsmap = Array(map) }
      default: continue
      }
    }
  }

  private static func piece(_ message: ArraySlice<UInt8>) throws(ProtobufError) -> Piece {
    var piece = Piece()
    for field in try fields(message) {
      switch field {
      case (1, .bytes(let text)):
        guard let text = String(validating: text, as: UTF8.self) else {
          throw ProtobufError(offset: text.startIndex, problem: "a piece that is not UTF-8")
        }
        piece.text = text
      case (2, .fixed32(let bits)): piece.score = Float(bitPattern: bits)
      case (3, .varint(let type)): piece.type = Int(truncatingIfNeeded: type)
      default: continue
      }
    }
    return piece
  }

  private static func fields(
    _ message: ArraySlice<UInt8>
  ) throws(ProtobufError) -> [(number: Int, value: ProtobufReader.Value)] {
    var reader = ProtobufReader(message)
    var fields: [(number: Int, value: ProtobufReader.Value)] = []
    while let field = try reader.next() { fields.append(field) }
    return fields
  }
}

/// Where and why bytes are not a protocol buffer.
struct ProtobufError: Error {
  let offset: Int
  let problem: String
}

/// Reads the fields of one protocol buffer message in turn (wire types 0, 1, 2 and 5).
struct ProtobufReader {
  enum Value {
    case varint(UInt64)
    case fixed64(UInt64)
    case bytes(ArraySlice<UInt8>)
    case fixed32(UInt32)
  }

  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  /// The next field; nil at the end of the message.
  mutating func next() throws(ProtobufError) -> (number: Int, value: Value)? {
    guard !rest.isEmpty else { return nil }
    let tag = try varint()
    let number = Int(truncatingIfNeeded: tag >> 3)
    switch tag & 7 {
    case 0: return (number, .varint(try varint()))
    case 1: return (number, .fixed64(try fixed(8)))
    case 2:
      let length = try varint()
      guard length <= UInt64(rest.count) else {
        throw error("a field of \(length) bytes, \(rest.count) are left")
      }
      return (number, .bytes(take(Int(length))))
    case 5: return (number, .fixed32(UInt32(try fixed(4))))
    default: throw error("unknown wire type \(tag & 7)")
    }
  }

  private mutating func varint() throws(ProtobufError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard let byte = rest.popFirst() else { throw error("the file ends inside a number") }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    throw error("a number of more than ten bytes")
  }

  private mutating func fixed(_ count: Int) throws(ProtobufError) -> UInt64 {
    guard rest.count >= count else { throw error("the file ends inside a number") }
    return take(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private mutating func take(_ count: Int) -> ArraySlice<UInt8> {
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  private func error(_ problem: String) -> ProtobufError {
    ProtobufError(offset: rest.startIndex, problem: problem)
  }
}
