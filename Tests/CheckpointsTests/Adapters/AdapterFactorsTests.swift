import Foundation
import Testing

@testable import Checkpoints

/// Factors that are not what they should be: every message names the file and the key.
@Suite struct AdapterFactorsTests {
  private let folder: TemporaryFolder
  private static let a = "transformer.x.lora_A.weight", b = "transformer.x.lora_B.weight"

  init() throws { folder = try TemporaryFolder() }

  struct Case: CustomTestStringConvertible, Sendable {
    var tensors: [AdapterSample.Member]
    var key: String
    var words: String
    var testDescription: String { words }

    init(_ tensors: [AdapterSample.Member], _ key: String, _ words: String) {
      (self.tensors, self.key, self.words) = (tensors, key, words)
    }
  }

  static let pair = AdapterSample.pair(a, b)
  static let qkv = "double_blocks.0.img_attn.qkv.lora_", linear1 = "single_blocks.0.linear1.lora_"
  static let modulation = "final_layer.adaLN_modulation.1.lora_"

  static let cases: [Case] = [
    Case(
      [pair[0]], a,
      "is half of a pair whose other half is missing; expected two factors for \"transformer.x\""),
    Case([pair[1]], b, "is half of a pair"),
    Case(
      pair + [("transformer.y.alpha", [1], [])], "transformer.y.alpha",
      "is the alpha of a module without factors"),
    Case(
      [pair[0], (b, [1, 2, 3, 4], [2, 2])], b,
      "does not have the rank of \"\(a)\"; found [2, 2]; expected [out, 1]"),
    Case([(a, [1, 2], [2]), pair[1]], a, "is no matrix; found [2]; expected [r, in]"),
    Case([pair[0], (b, [], [2, 0])], b, "is no matrix; found [2, 0]; expected [out, r]"),
    Case(
      [(a, [1, 2], [1, 2, 1, 1]), pair[1]], a, "is the factor of a convolution, of which FLUX has none"),
    Case([(a, [1, .nan], [1, 2]), pair[1]], a, "holds a number that is not finite; found nan at [0, 1]"),
    Case([pair[0], (b, [1, -.infinity], [2, 1])], b, "found -inf at [1, 0]"),
    Case(
      [(a, Array(repeating: 1, count: 6), [3, 2]), (b, Array(repeating: 1, count: 12), [4, 3])], a,
      "has a rank beyond the layer's own; found 3; expected at most 2, the lesser of 2 inputs and 4 outputs"),
    Case(pair + [("transformer.x.alpha", [.nan], [])], "transformer.x.alpha", "is no alpha; found nan"),
    Case(pair + [("transformer.x.alpha", [1, 2], [2])], "transformer.x.alpha", "is no alpha; found [2]"),
    Case(
      AdapterSample.pair(qkv + "A.weight", qkv + "B.weight", outputs: 9), qkv + "B.weight",
      "cannot be shared out to transformer_blocks.0.attn.to_q, transformer_blocks.0.attn.to_k, "
        + "transformer_blocks.0.attn.to_v; found 9 rows for 2 inputs; expected three times as many"),
    Case(
      AdapterSample.pair(linear1 + "A.weight", linear1 + "B.weight", outputs: 6), linear1 + "B.weight",
      "found 6 rows for 2 inputs; expected more than three times as many"),
    Case(
      AdapterSample.pair(modulation + "A.weight", modulation + "B.weight", outputs: 5),
      modulation + "B.weight",
      "found 5 rows for 2 inputs; expected twice as many"),
  ]

  @Test(arguments: cases)
  func areRefusedByKey(_ example: Case) throws {
    let complaint = try AdapterSample(tensors: example.tensors).complaint(in: folder)
    #expect(complaint.hasPrefix("\(folder.path)/pytorch_lora_weights.safetensors: \"\(example.key)\": "))
    #expect(complaint.contains(example.words))
  }

  @Test(arguments: [("F64", 8), ("I32", 4), ("F8_E4M3", 1)])
  func ofOtherTypesThanWeightsAreRefused(type: String, size: Int) throws {
    let header =
      "{" + entry(Self.a, type, "[1,1]", "[0,\(size)]") + ","
      + entry(Self.b, type, "[1,1]", "[\(size),\(2 * size)]") + "}"
    let path = try folder.write(
      "x.safetensors", safetensors(header: header, data: Array(repeating: 0, count: 2 * size)))
    #expect { try LowRankAdapter(path: path) } throws: {
      "\($0)".contains(
        "\"\(Self.a)\": holds no numbers that a factor may have; found \(type); expected F32, F16 or BF16")
    }
  }

  /// One and a half has the bits 3E00 as F16, 3FC0 as BF16 and 3FC00000 as F32.
  @Test(arguments: [("F16", [0x00, 0x3E] as [UInt8]), ("BF16", [0xC0, 0x3F]), ("F32", [0, 0, 0xC0, 0x3F])])
  func ofEveryWeightTypeAreRead(type: String, value: [UInt8]) throws {
    let size = value.count
    let header =
      "{" + entry(Self.a, type, "[1,1]", "[0,\(size)]") + ","
      + entry(Self.b, type, "[1,1]", "[\(size),\(2 * size)]") + "}"
    let path = try folder.write("x.safetensors", safetensors(header: header, data: value + value))
    let update = try #require(try LowRankAdapter(path: path).updates["x"])
    #expect(update.a.values == [1.5])
    #expect(update.b.values == [1.5])
  }

  /// sd-scripts stores α as a whole number when it was given one.
  @Test func takeAnAlphaThatIsAWholeNumber() throws {
    var writer = SafetensorsWriter()
    for (name, values, shape) in Self.pair { writer.add(name, values, shape: shape) }
    writer.add("transformer.x.alpha", integers: [16], shape: [])
    try writer.write(to: "\(folder.path)/x.safetensors")
    #expect(try LowRankAdapter(path: folder.path).updates["x"]?.scale == 16)
  }

  @Test func mayChangeALayerOnlyOnce() throws {
    let sample = AdapterSample(
      tensors: AdapterSample.pair("img_in.lora_A.weight", "img_in.lora_B.weight")
        + AdapterSample.pair("diffusion_model.img_in.lora_A.weight", "diffusion_model.img_in.lora_B.weight"))
    #expect(
      try sample.complaint(in: folder).contains(
        "\"img_in\": changes the layer \"x_embedder\", as \"diffusion_model.img_in\" does"))
  }
}
