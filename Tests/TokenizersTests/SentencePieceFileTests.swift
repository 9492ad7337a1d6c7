import Testing

@testable import Tokenizers

/// Writes the few protocol buffer shapes that model files consist of.
enum ProtobufWriter {
  static func varint(_ value: Int) -> [UInt8] {
    value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7F) | 0x80] + varint(value >> 7)
  }

  static func bytes(_ number: Int, _ content: [UInt8]) -> [UInt8] {
    varint(number << 3 | 2) + varint(content.count) + content
  }

  static func number(_ number: Int, _ value: Int) -> [UInt8] { varint(number << 3) + varint(value) }

  static func float(_ number: Int, _ value: Float) -> [UInt8] {
    varint(number << 3 | 5) + (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
  }

  static func piece(_ text: String, _ score: Float, type: Int = 1) -> [UInt8] {
    bytes(1, bytes(1, Array(text.utf8)) + float(2, score) + (type == 1 ? [] : number(3, type)))
  }
}

@Suite struct SentencePieceFileTests {
  @Test func readsPiecesTypeAndCharacterMap() throws {
    let file = try SentencePieceFile(
      ProtobufWriter.piece("<pad>", 0, type: 3) + ProtobufWriter.piece("▁the", -3.5)
        + ProtobufWriter.bytes(2, ProtobufWriter.number(3, 2) + ProtobufWriter.bytes(1, Array("x".utf8)))
        + ProtobufWriter.bytes(3, ProtobufWriter.bytes(2, [1, 2, 3])))
    #expect(file.pieces.map(\.text) == ["<pad>", "▁the"])
    #expect(file.pieces.map(\.score) == [0, -3.5])
    #expect(file.pieces.map(\.type) == [3, 1])
    #expect(file.modelType == 2)
    #expect(file.charsmap == [1, 2, 3])
  }

  @Test func skipsFieldsItDoesNotKnow() throws {
    let unknown =
      ProtobufWriter.number(9, 300) + [0x51, 1, 2, 3, 4, 5, 6, 7, 8] + ProtobufWriter.float(11, 1)
    #expect(try SentencePieceFile(unknown + ProtobufWriter.piece("a", -1)).pieces.count == 1)
  }

  @Test(
    "Damaged files are errors",
    arguments: [
      [0x0A, 0x7F, 0x01], [0x0A], [0x07], [0x08, 0xFF], Array(repeating: 0xFF, count: 12), [0x0D, 1],
    ])
  func damaged(bytes: [UInt8]) {
    #expect(throws: ProtobufError.self) { try SentencePieceFile(bytes) }
  }
}
