import Foundation
import Testing

@testable import Checkpoints

@Suite struct SafetensorsFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func open(_ header: String, _ data: [UInt8] = []) throws -> SafetensorsFile {
    try SafetensorsFile(path: folder.write("x.safetensors", safetensors(header: header, data: data)))
  }

  /// The complaint about a file, which must name the file.
  private func complaint(
    _ header: String, _ data: [UInt8] = [], sourceLocation: SourceLocation = #_sourceLocation
  ) -> String {
    let error = #expect(throws: CheckpointError.self, sourceLocation: sourceLocation) {
      try open(header, data)
    }
    let text = error?.description ?? ""
    #expect(text.hasPrefix("\(folder.path)/x.safetensors: "), sourceLocation: sourceLocation)
    return text.replacingOccurrences(of: "\(folder.path)/x.safetensors: ", with: "")
  }

  @Test func readsTensorsOfEveryShapeAndFindsTheirBytes() throws {
    let header =
      "{\"__metadata__\":{\"format\":\"pt\"}," + entry("i", "I64", "[2]", "[0,16]") + ","
      + entry("s", "I32", "[]", "[16,20]") + "," + entry("e", "F32", "[0,5]", "[20,20]") + ","
      + entry("u", "U8", "[3]", "[20,23]") + "," + entry("f", "F32", "[1,2]", "[23,31]") + "}  "
    let data: [UInt8] =
      bytes([Int64(-3), 1 << 40]) + bytes([Int32(7)]) + [1, 2, 255] + bytes([Float(1.5), -0.25])
    let file = try open(header, data)
    #expect(file.names == ["e", "f", "i", "s", "u"])
    #expect(file.header.metadata == ["format": "pt"])
    #expect(try file.integers("i") == [-3, 1 << 40])
    #expect(try file.integers("s") == [7])
    #expect(try file.entry("s").shape == [])
    #expect(try file.entry("s").elementCount == 1)
    #expect(try file.floats("e") == [])
    #expect(try file.integers("u") == [1, 2, 255])
    #expect(try file.floats("f") == [1.5, -0.25])
  }

  @Test func widensEveryFloatingPointType() throws {
    let header =
      "{" + entry("b", "BF16", "[3]", "[0,6]") + "," + entry("d", "F64", "[1]", "[6,14]") + ","
      + entry("h", "F16", "[7]", "[14,28]") + "}"
    let halves: [UInt16] = [0x3C00, 0xC000, 0x0001, 0x8000, 0x7BFF, 0x7C00, 0x7E00]
    let file = try open(
      header, bytes([UInt16(0x3F80), 0xC020, 0x7F80]) + bytes([0.1]) + bytes(halves))
    #expect(try file.floats("b") == [1, -2.5, .infinity])
    #expect(try file.floats("d") == [Float(0.1)])
    let numbers = try file.floats("h")
    #expect(Array(numbers.prefix(6)) == [1, -2, 0x1p-24, 0, 65504, .infinity])
    #expect(numbers[3].sign == .minus)
    #expect(numbers[6].isNaN)
  }

  @Test func refusesReadingATensorAsWhatItIsNot() throws {
    let file = try open(
      "{" + entry("f", "F32", "[1]", "[0,4]") + "," + entry("q", "U64", "[1]", "[4,12]") + "}",
      bytes([Float(1)]) + bytes([UInt64.max]))
    #expect(throws: CheckpointError.self) { try file.integers("f") }
    #expect(throws: CheckpointError.self) { try file.floats("q") }
    #expect(throws: CheckpointError.self) { try file.integers("q") }
    let error = #expect(throws: CheckpointError.self) { try file.floats("nope") }
    #expect(error?.description == "\(file.path): \"nope\": there is no such tensor; found 2 others")
  }

  @Test(arguments: SafetensorsDataType.allCases)
  func knowsTheSizeOfEveryDataType(type: SafetensorsDataType) throws {
    let count = type.bitsPerElement  // eight elements
    let file = try open(
      "{" + entry("x", type.rawValue, "[8]", "[0,\(count)]") + "}", .init(repeating: 0, count: count))
    #expect(try file.entry("x").type == type)
    #expect(
      complaint(
        "{" + entry("x", type.rawValue, "[8]", "[0,\(count + 1)]") + "}",
        .init(repeating: 0, count: count + 1)
      )
      .contains("\(count) bytes for \(type.rawValue) [8]"))
  }

  @Test func acceptsAFileWithoutTensors() throws {
    #expect(try open("{}").names.isEmpty)
  }

  @Test func refusesHeaderLengthsThatCannotBe() throws {
    let path = try folder.write("y.safetensors", [0, 0, 0, 0, 0, 0, 0])
    #expect(throws: CheckpointError.self) { try SafetensorsFile(path: path) }
    for length: UInt64 in [3, 100_000_001, .max, 1 << 63] {
      let path = try folder.write("y.safetensors", bytes([length]) + [UInt8(ascii: "{"), UInt8(ascii: "}")])
      let error = #expect(throws: CheckpointError.self) { try SafetensorsFile(path: path) }
      #expect(
        error?.description.contains("found \(length); expected at most 2 in a file of 10 bytes") == true)
    }
  }

  @Test(arguments: [16_000_001, 99_999_999, 100_000_001])
  func refusesLargeHeadersWithoutParsingThem(length: UInt64) throws {
    // A sparse file: its claimed header is really there, as a hole.
    let path = try folder.write("large.safetensors", bytes([length]) + [UInt8(ascii: "{")])
    truncate(path, 200_000_000)
    let error = #expect(throws: CheckpointError.self) { try SafetensorsFile(path: path) }
    #expect(error?.found == "\(length)")
    #expect(error?.expected == "at most 16000000 in a file of 200000000 bytes")
  }

  @Test(arguments: [
    ("version https://git-lfs.github.com/spec/v1\noid sha256:00", "Git LFS"),
    ("PK\u{3}\u{4}\0\0\0\0", "pickle"),
    ("just some text, nothing else", "no safetensors"),
  ])
  func tellsWhatAForeignFileIs(text: String, hint: String) throws {
    let path = try folder.write("z.safetensors", text: text)
    let error = #expect(throws: CheckpointError.self) { try SafetensorsFile(path: path) }
    #expect(error?.hint?.contains(hint) == true)
  }

  @Test func refusesMissingFilesFoldersAndPipesWithoutHanging() throws {
    #expect(throws: CheckpointError.self) { try SafetensorsFile(path: folder.path + "/none") }
    #expect(throws: CheckpointError.self) { try SafetensorsFile(path: folder.path) }
    #expect(throws: CheckpointError.self) { try SafetensorsFile(path: folder.write("empty", [])) }
    mkfifo(folder.path + "/pipe", 0o600)
    #expect(throws: CheckpointError.self) { try SafetensorsFile(path: folder.path + "/pipe") }
  }

  @Test func refusesHeadersThatAreNoTable() {
    #expect(complaint("[1]").hasPrefix("the header is not a JSON object"))
    #expect(complaint("{\"a\"").hasPrefix("the header is not valid JSON"))
    #expect(complaint("{\"a\":" + String(repeating: "[", count: 5000)).contains("nesting deeper than 64"))
    #expect(complaint("{\"a\":3}").contains("\"a\": is not described by an object; found 3"))
    #expect(complaint("{\"__metadata__\":[]}").hasPrefix("\"__metadata__\": is not an object"))
    #expect(complaint("{\"__metadata__\":{\"a\":1}}").hasPrefix("\"__metadata__.a\": is not a text; found 1"))
  }

  @Test func refusesEqualNames() {
    let twice = "{" + entry("a", "U8", "[1]", "[0,1]") + "," + entry("a", "U8", "[1]", "[1,2]") + "}"
    #expect(complaint(twice, [0, 0]).contains("the key \"a\" stands twice in one object"))
    #expect(
      complaint("{\"a\":{\"dtype\":\"U8\",\"dtype\":\"I8\",\"shape\":[1],\"data_offsets\":[0,1]}}", [0])
        .contains("the key \"dtype\" stands twice"))
  }

  @Test func refusesNamesWithControlCharactersAndShowsThemReadably() {
    let text = complaint("{" + entry("a\\u0000b", "U8", "[1]", "[0,1]") + "}", [0])
    #expect(text == "\"a\\u{00}b\": the tensor name holds control characters" || text.contains("\\0"))
    #expect(!text.utf8.contains(0))
  }

  @Test func namesUnknownDataTypes() {
    let text = complaint("{" + entry("a", "F8", "[1]", "[0,1]") + "}", [0])
    #expect(text.hasPrefix("\"a\": has an unknown dtype; found \"F8\"; expected BOOL, "))
    #expect(complaint("{\"a\":{\"shape\":[1],\"data_offsets\":[0,1]}}", [0]).contains("\"a\": has no dtype"))
  }

  @Test(arguments: [
    "[-1]", "[1.0]", "[1e0]", "[\"1\"]", "[null]", "[[1]]", "3", "[9223372036854775808]",
    "[4294967296,4294967296]", "[9223372036854775807,9223372036854775807]", "[0,9223372036854775807,3]",
    "[2305843009213693952]", "[2]", "[1,1,2]", "[0]",
  ])
  func refusesShapesThatCannotBe(shape: String) {
    let text = complaint("{" + entry("a", "F32", shape, "[0,4]") + "}", [0, 0, 0, 0])
    #expect(text.hasPrefix("\"a\": "))
  }

  @Test(arguments: [
    "[0]", "[0,4,4]", "[4,0]", "[-4,0]", "[0,5]", "[0,9223372036854775807]", "[8,12]", "{}", "[0,4.0]",
  ])
  func refusesOffsetsThatCannotBe(offsets: String) {
    let text = complaint("{" + entry("a", "F32", "[1]", offsets) + "}", [0, 0, 0, 0])
    #expect(text.hasPrefix("\"a\": "))
  }

  @Test func refusesOverlapsHolesAndBytesLeftOver() {
    let data = [UInt8](repeating: 0, count: 12)
    let overlap = "{" + entry("a", "F32", "[2]", "[0,8]") + "," + entry("b", "F32", "[2]", "[4,12]") + "}"
    #expect(complaint(overlap, data) == "\"b\": overlaps with \"a\"; found data_offsets from 4; expected 8")
    let same = "{" + entry("a", "F32", "[3]", "[0,12]") + "," + entry("b", "F32", "[3]", "[0,12]") + "}"
    #expect(complaint(same, data) == "\"b\": overlaps with \"a\"; found data_offsets from 0; expected 12")
    let hole = "{" + entry("a", "F32", "[1]", "[0,4]") + "," + entry("b", "F32", "[1]", "[8,12]") + "}"
    #expect(complaint(hole, data).hasPrefix("\"b\": leaves a hole between itself and \"a\""))
    let late = "{" + entry("a", "F32", "[2]", "[4,12]") + "}"
    #expect(complaint(late, data).hasPrefix("\"a\": leaves a hole between itself and the header"))
    let short = "{" + entry("a", "F32", "[2]", "[0,8]") + "}"
    #expect(complaint(short, data).hasPrefix("there are bytes behind the last tensor; found 12"))
  }

  @Test func keepsNoDescriptorOpen() throws {
    let path = try folder.write("fd.safetensors", safetensors(header: "{}"))
    let files = try (0..<50).map { _ in try SafetensorsFile(path: path) }
    let links = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
      .compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)") }
    #expect(files.count == 50)
    #expect(!links.contains(path))
  }

  @Test func takesAdviceForRangesThatStartInsideAPage() throws {
    let count = 10_000
    let file = try open(
      "{" + entry("a", "U8", "[\(count)]", "[0,\(count)]") + "}", .init(repeating: 9, count: count))
    let range = try file.entry("a").bytes
    for advice: MappedFile.Advice in [.sequential, .random, .willNeed, .dontNeed] {
      file.map.advise(advice, for: range)
      file.map.advise(advice)
    }
    #expect(try file.integers("a").allSatisfy { $0 == 9 })
  }
}
