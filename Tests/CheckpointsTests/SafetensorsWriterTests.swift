import Foundation
import Testing

@testable import Checkpoints

@Suite struct SafetensorsWriterTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func writesTheBytesThatTheReferenceLibraryWrites() throws {
    var writer = SafetensorsWriter()
    writer.add("b.weight", [0, 1, 2, 3, 4, 5].map { Float($0) / 3 }, shape: [2, 3])
    // Both first numbers lie halfway between two bfloat16 numbers: one goes down to even, one up.
    writer.add("a.bias", [1.003_906_25, -1.011_718_75, 3], shape: [3], as: .bfloat16)
    writer.add("n", integers: [7], shape: [])
    writer.add("ids", bytes: [1, 2, 255])
    writer.add("empty", [], shape: [0, 4])
    try writer.write(to: folder.path + "/x.safetensors")

    // safetensors 0.6 `save_file` of the same tensors with metadata {"format": "pt"}.
    let header =
      #"{"__metadata__":{"format":"pt"},"n":{"dtype":"I64","shape":[],"data_offsets":[0,8]},"#
      + #""b.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[8,32]},"#
      + #""empty":{"dtype":"F32","shape":[0,4],"data_offsets":[32,32]},"#
      + #""a.bias":{"dtype":"BF16","shape":[3],"data_offsets":[32,38]},"#
      + #""ids":{"dtype":"U8","shape":[3],"data_offsets":[38,41]}}   "#
    let data: [UInt8] = [
      7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xAB, 0xAA, 0xAA, 0x3E, 0xAB, 0xAA, 0x2A, 0x3F, 0, 0, 0x80, 0x3F,
      0xAB,
      0xAA, 0xAA, 0x3F, 0x55, 0x55, 0xD5, 0x3F, 0x80, 0x3F, 0x82, 0xBF, 0x40, 0x40, 1, 2, 255,
    ]
    let written = try Data(contentsOf: URL(fileURLWithPath: folder.path + "/x.safetensors"))
    #expect(Array(written) == safetensors(header: header, data: data))
  }

  @Test func readsBackWhatItWrote() throws {
    var writer = SafetensorsWriter(metadata: ["note": "tab\t \"quoted\" \\ é \u{1}"])
    let values = (0..<1001).map { Float($0) * 0.37 - 100 } + [.infinity, -0.0]
    writer.add("w", values, shape: [17, 59])
    writer.add("half", values, shape: [1003], as: .bfloat16)
    writer.add("step \"quoted\"", integers: [-1, .max], shape: [2])
    let path = folder.path + "/x.safetensors"
    try writer.write(to: path)
    let file = try SafetensorsFile(path: path)
    #expect(file.header.metadata == ["note": "tab\t \"quoted\" \\ é \u{1}"])
    #expect(file.header.dataStart % 8 == 0)
    #expect(try file.floats("w") == values)
    #expect(try file.integers("step \"quoted\"") == [-1, .max])
    // bfloat16 keeps 8 bits: half a unit in the last place is 2^-9 of the value.
    let near = try zip(file.floats("half"), values).allSatisfy {
      $0 == $1 || abs($0 - $1) <= abs($1) * 0x1p-8
    }
    #expect(near)
  }

  @Test(arguments: [
    (Float.nan, UInt16(0x7FC0)), (-.infinity, 0xFF80), (.greatestFiniteMagnitude, 0x7F80), (0x1p-133, 0x0001),
    (0x1p-134, 0x0000), (-0.0, 0x8000), (1.007_812_5, 0x3F81),
  ])
  func roundsToBfloat16AsPyTorchDoes(value: Float, bits: UInt16) {
    #expect(value.bfloat16Bits == bits)
  }

  @Test func replacesAFileAndLeavesNothingElse() throws {
    let path = try folder.write("x.safetensors", text: "old")
    // A sibling left by a killed process of the same number must not stop the writing.
    try folder.write(".x.safetensors.\(getpid())-0.tmp", text: "left over")
    var writer = SafetensorsWriter()
    writer.add("a", [1], shape: [1])
    try writer.write(to: path)
    #expect(try SafetensorsFile(path: path).names == ["a"])
    #expect(folder.names == [".x.safetensors.\(getpid())-0.tmp", "x.safetensors"])
  }

  @Test func saysWhyItCannotWriteAndCleansUp() throws {
    let writer = SafetensorsWriter()
    let error = #expect(throws: CheckpointError.self) {
      try writer.write(to: folder.path + "/none/x.safetensors")
    }
    #expect(
      error?.description == "\(folder.path)/none/x.safetensors: cannot be created (No such file or directory)"
    )
    // A folder in the place of the file lets everything succeed but the rename.
    try FileManager.default.createDirectory(
      atPath: folder.path + "/taken", withIntermediateDirectories: false)
    #expect(throws: CheckpointError.self) { try writer.write(to: folder.path + "/taken") }
    #expect(folder.names == ["taken"])
  }
}
