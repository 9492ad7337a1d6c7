import Foundation
import Tensors
import Testing

@testable import Checkpoints

/// Every layout against what its program means by its names, worked out by hand.
@Suite struct AdapterLayoutTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A module in a file, and B's rows in tens for every layer that it changes.
  struct Case: CustomTestStringConvertible, Sendable {
    var down: String
    var up: String
    var expected: [String: [Float]]
    var outputs: Int { expected.values.reduce(0) { $0 + $1.count } }
    var testDescription: String { down }
  }

  private static let double = "transformer_blocks.3.", single = "single_transformer_blocks.12."
  private static let image: [String: [Float]] = [
    double + "attn.to_q": [1, 2], double + "attn.to_k": [3, 4], double + "attn.to_v": [5, 6],
  ]
  private static let text: [String: [Float]] = [
    double + "attn.add_q_proj": [1, 2], double + "attn.add_k_proj": [3, 4],
    double + "attn.add_v_proj": [5, 6],
  ]
  private static let attention: [String: [Float]] = [
    single + "attn.to_q": [1, 2], single + "attn.to_k": [3, 4], single + "attn.to_v": [5, 6],
  ]
  private static let fused = attention.merging([single + "proj_mlp": [7, 8, 9, 10]]) { $1 }

  private static func kohya(_ module: String, _ expected: [String: [Float]]) -> Case {
    Case(
      down: "\(module).lora_down.weight", up: "\(module).lora_up.weight", expected: expected
    )
  }

  private static func peft(_ module: String, _ expected: [String: [Float]]) -> Case {
    Case(down: "\(module).lora_A.weight", up: "\(module).lora_B.weight", expected: expected)
  }

  private static func processor(_ module: String, _ expected: [String: [Float]]) -> Case {
    Case(down: "\(module).down.weight", up: "\(module).up.weight", expected: expected)
  }

  static let cases: [Case] = [
    peft("transformer.transformer_blocks.3.attn.to_q", [double + "attn.to_q": [1, 2]]),
    kohya("transformer.transformer_blocks.3.ff.net.2", [double + "ff.net.2": [1, 2]]),
    peft("single_transformer_blocks.12.proj_out", [single + "proj_out": [1, 2]]),
    peft("proj_out", ["proj_out": [1, 2]]),
    peft("norm_out.linear", ["norm_out.linear": [1, 2, 3, 4]]),
    kohya("lora_unet_double_blocks_3_img_attn_qkv", image),
    kohya("lora_unet_double_blocks_3_txt_attn_qkv", text),
    kohya(
      "lora_unet_double_blocks_3_txt_mlp_0", [double + "ff_context.net.0.proj": [1, 2, 3, 4, 5, 6, 7, 8]]),
    kohya("lora_unet_double_blocks_3_img_mod_lin", [double + "norm1.linear": [1, 2, 3, 4]]),
    kohya("lora_unet_single_blocks_12_linear1", fused),
    kohya("lora_unet_single_blocks_12_linear2", [single + "proj_out": [1, 2]]),
    kohya("lora_unet_time_in_in_layer", ["time_text_embed.timestep_embedder.linear_1": [1, 2]]),
    kohya("lora_unet_vector_in_out_layer", ["time_text_embed.text_embedder.linear_2": [1, 2]]),
    kohya("lora_unet_final_layer_linear", ["proj_out": [1, 2]]),
    // Shift and scale there, scale and shift here.
    kohya("lora_unet_final_layer_adaLN_modulation_1", ["norm_out.linear": [3, 4, 1, 2]]),
    kohya("lora_transformer_transformer_blocks_3_attn_to_out_0", [double + "attn.to_out.0": [1, 2]]),
    kohya("lora_transformer_single_transformer_blocks_12_proj_mlp", [single + "proj_mlp": [1, 2]]),
    kohya("lora_transformer_norm_out_linear", ["norm_out.linear": [1, 2, 3, 4]]),
    kohya("diffusion_model.double_blocks.3.img_attn.qkv", image),
    peft("model.diffusion_model.single_blocks.12.linear1", fused),
    peft("double_blocks.3.img_attn.qkv", image),
    peft("double_blocks.3.txt_attn.proj", [double + "attn.to_add_out": [1, 2]]),
    peft("final_layer.adaLN_modulation.1", ["norm_out.linear": [3, 4, 1, 2]]),
    peft("base_model.model.double_blocks.3.txt_attn.qkv", text),
    processor("double_blocks.3.processor.qkv_lora1", image),
    processor("diffusion_model.double_blocks.3.processor.qkv_lora2", text),
    processor("double_blocks.3.processor.proj_lora1", [double + "attn.to_out.0": [1, 2]]),
    processor("double_blocks.3.processor.proj_lora2", [double + "attn.to_add_out": [1, 2]]),
    // The attention's rows only, although it changes the fused linear1.
    processor("single_blocks.12.processor.qkv_lora", attention),
    processor("single_blocks.12.processor.proj_lora", [single + "proj_out": [1, 2]]),
    processor(
      "transformer.transformer_blocks.3.attn.processor.to_out_lora", [double + "attn.to_out.0": [1, 2]]),
    processor("transformer_blocks.3.attn.processor.add_k_proj_lora", [double + "attn.add_k_proj": [1, 2]]),
  ]

  @Test(arguments: cases)
  func givesEveryLayerItsRows(of module: Case) throws {
    let pair = AdapterSample.pair(module.down, module.up, outputs: module.outputs)
    let adapter = try AdapterSample(tensors: pair).read(in: folder)
    #expect(adapter.updates.mapValues { $0.b.values } == module.expected.mapValues { $0.map { 10 * $0 } })
    for update in adapter.updates.values {
      #expect(update.a.values == [1, 2])
      #expect(update.scale == 1)
    }
  }

  @Test(arguments: cases.filter { $0.down.contains(".lora_") && !$0.down.hasPrefix("base_model") })
  func takesTheModulesOwnAlpha(of module: Case) throws {
    let name = module.down.prefix(upTo: try #require(module.down.range(of: ".lora_")).lowerBound)
    var sample = AdapterSample(tensors: AdapterSample.pair(module.down, module.up, outputs: module.outputs))
    sample.tensors.append(("\(name).alpha", [0.25], []))
    let adapter = try sample.read(in: folder)
    #expect(adapter.layers == module.expected.keys.sorted())
    #expect(adapter.updates.values.allSatisfy { $0.scale == 0.25 })
  }

  /// Each matrix of a toy FLUX is reached by both vocabularies exactly once.
  @Test func knowsEveryLinearLayerOfTheTransformer() throws {
    let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "../../Fixtures/parity")
    let file = try SafetensorsFile(
      path: fixtures.appending(path: "flux-dev/transformer/diffusion_pytorch_model.safetensors").path)
    let layers = try file.names.filter { try file.entry($0).shape.count == 2 }.map { String($0.dropLast(7)) }
    #expect(layers.count == 50)
    for layer in layers {
      #expect(DiffusersNames.layer(layer) == layer)
      #expect(DiffusersNames.layer(layer.replacing(".", with: "_"), separator: "_") == layer)
    }
    let double = ["img", "txt"].flatMap { stream in
      ["attn.qkv", "attn.proj", "mlp.0", "mlp.2", "mod.lin"].map { "double_blocks.#.\(stream)_\($0)" }
    }
    let single = ["linear1", "linear2", "modulation.lin"].map { "single_blocks.#.\($0)" }
    let modules =
      (double + single).flatMap { name in ["0", "1"].map { name.replacing("#", with: $0) } }
      + ["time_in", "vector_in", "guidance_in"].flatMap { ["\($0).in_layer", "\($0).out_layer"] }
      + ["img_in", "txt_in", "final_layer.linear", "final_layer.adaLN_modulation.1"]
    let reached = try modules.map { try #require(BlackForestNames.target(of: $0)) }
    #expect(reached.flatMap(\.layers).sorted() == layers.sorted())
    let flat = modules.map {
      BlackForestNames.target(of: $0.replacing(".", with: "_"), separator: "_")
    }
    #expect(flat == reached)
  }

  @Test(arguments: [
    "double_blocks.00.img_attn.proj", "double_blocks.-1.img_attn.proj", "double_blocks.12345.img_attn.proj",
    "double_blocks..img_attn.proj", "double_blocks.#.img_attn.proj", "double_blocks.٣.img_attn.proj",
    "double_blocks",
    "double_blocks.", "double_blocks.0", "single_blocks.0.img_attn.proj", "double_blocks_0_img_attn_proj", "",
    "final_layer.adaLN_modulation_1",
  ])
  func refusesNamesThatNoProgramWrites(name: String) {
    #expect(BlackForestNames.target(of: name) == nil)
  }

  @Test func hasNoKeyThatBelongsToTwoLayouts() {
    for key in Self.cases.map(\.down) {
      let suffix = [".lora_down.weight", ".lora_A.weight", ".down.weight"].first { key.hasSuffix($0) } ?? ""
      let names = AdapterLayout.FactorNames.allCases.first { $0.down == suffix }
      let matching = AdapterLayout.all.filter { layout in
        names.map(layout.factorNames.contains) == true
          && layout.target(ofModule: String(key.dropLast(suffix.count))) != nil
      }
      #expect(matching.count == 1, "\(key): \(matching.map(\.name))")
    }
    #expect(Set(AdapterLayout.all.map(\.name)).count == AdapterLayout.all.count)
  }
}
