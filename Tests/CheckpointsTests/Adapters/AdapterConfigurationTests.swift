import Foundation
import Testing

@testable import Checkpoints

/// How strongly factors count, from peft's settings beside the file or in its header.
@Suite struct AdapterConfigurationTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Layers of ranks 1 and 2.
  private static func tensors(_ prefix: String) -> [AdapterSample.Member] {
    AdapterSample.pair("\(prefix)a.to_q.lora_A.weight", "\(prefix)a.to_q.lora_B.weight") + [
      ("\(prefix)b.to_q.lora_A.weight", [1, 0, 0, 1], [2, 2]),
      ("\(prefix)b.to_q.lora_B.weight", [1, 0, 0, 1], [2, 2]),
    ]
  }

  /// The scales of layers a and b with peft's settings in a file beside the factors.
  private func scales(_ settings: String) throws -> [Float?] {
    try folder.write("adapter_config.json", text: settings)
    let adapter = try AdapterSample(tensors: Self.tensors("base_model.model.")).read(
      in: folder, as: "adapter_model.safetensors")
    return ["a.to_q", "b.to_q"].map { adapter.updates[$0]?.scale }
  }

  private func complaint(_ settings: String) -> String {
    do { _ = try scales(settings) } catch { return "\(error)" }
    return ""
  }

  @Test func comeFromPeftsFile() throws {
    let ranks = #""r": 1, "rank_pattern": {"b.to_q": 2}"#
    #expect(try scales("{\(ranks), \"lora_alpha\": 4}") == [4, 2])
    #expect(try scales("{\(ranks), \"lora_alpha\": 4, \"alpha_pattern\": {\"b.to_q\": 1}}") == [4, 0.5])
    #expect(
      try scales("{\(ranks), \"lora_alpha\": 4, \"alpha_pattern\": {\"to_q\": 1, \"b.to_q\": 8}}") == [
        1, 0.5,
      ])
    #expect(try scales("{\(ranks), \"lora_alpha\": 4, \"alpha_pattern\": {\"^to_q\": 1}}") == [4, 2])
    #expect(try scales(#"{"r": 2, "rank_pattern": {"^a.to_q": 1}, "lora_alpha": 0.5}"#) == [0.5, 0.25])
  }

  @Test func divideByTheRootOfTheRankWhenTold() throws {
    let scales = try scales(#"{"r": 1, "rank_pattern": {"b.to_q": 2}, "lora_alpha": 4, "use_rslora": true}"#)
    #expect(scales[0] == 4)
    // Two roundings lie between the root as Double and the quotient as Float.
    #expect(abs(try #require(scales[1]) - 4 / Float(2).squareRoot()) < 1e-6)
  }

  @Test func acceptTheSettingsThatPeftWritesToday() throws {
    let settings = #"""
      {"alora_invocation_tokens": null, "alpha_pattern": {}, "auto_mapping": null, "bias": "none",
       "base_model_name_or_path": null, "exclude_modules": null, "fan_in_fan_out": false, "inference_mode": true,
       "init_lora_weights": "gaussian", "layer_replication": null, "loftq_config": {}, "lora_alpha": 2,
       "lora_bias": false, "lora_dropout": 0.0, "megatron_core": "megatron.core", "modules_to_save": null,
       "peft_type": "LORA", "peft_version": "0.21.2", "qalora_group_size": 16, "r": 1, "rank_pattern": {"b.to_q": 2},
       "target_modules": ["to_k", "to_q"], "target_parameters": null, "use_dora": false, "use_rslora": false}
      """#
    #expect(try scales(settings) == [2, 1])
    #expect(try scales(settings.replacing(#"["to_k", "to_q"]"#, with: #""all-linear""#)) == [2, 1])
  }

  private static let usual = #""r": 1, "rank_pattern": {"b.to_q": 2}, "lora_alpha": 1"#

  @Test(arguments: [
    ("{}", "\"r\": is missing"),
    (#"{"r": 0, "lora_alpha": 1}"#, "\"r\": is not usable; found 0"),
    (#"{"r": 1}"#, "\"lora_alpha\": is missing"),
    (#"{"r": 1, "lora_alpha": "1"}"#, "\"lora_alpha\": is not usable"),
    (#"{"r": 1, "lora_alpha": 1}"#, "gives \"b.to_q\" the rank 1, whose factors have 2"),
    (
      "{\(usual), \"target_modules\": [\"a.to_q\", \"o_q\"]}",
      "does not name \"b.to_q\", for which there are factors"
    ),
    ("{\(usual), \"target_modules\": [1]}", "\"target_modules\": is not usable"),
    ("{\(usual), \"alpha_pattern\": [1]}", "\"alpha_pattern\": is not usable"),
    ("{\(usual), \"alpha_pattern\": {\"b\": null}}", "has no usable number for \"b\""),
    ("{\(usual), \"alpha_pattern\": {\"to_.*\": 1}}", "names modules by \"to_.*\""),
    (#"{"r": 1, "lora_alpha": 1, "rank_pattern": {"b": 0.5}}"#, "has no usable number for \"b\""),
    ("{\(usual), \"use_dora\": true}", "\"use_dora\": is not supported; found true"),
    ("{\(usual), \"lora_bias\": true}", "\"lora_bias\": is not supported"),
    ("{\(usual), \"bias\": \"all\"}", "\"bias\": is not supported"),
    ("{\(usual), \"peft_type\": \"LOHA\"}", "\"peft_type\": is not supported"),
    ("{\(usual), \"modules_to_save\": [\"x\"]}", "\"modules_to_save\": is not supported"),
    ("{\(usual), \"init_lora_weights\": \"pissa\"}", "changes the model's own weights as well"),
    ("{", "is not valid JSON"),
  ])
  func areRefusedByKey(settings: String, words: String) { #expect(complaint(settings).contains(words)) }

  @Test func areMissedBesidePeftsWeights() throws {
    let complaint = try AdapterSample(tensors: Self.tensors("base_model.model.")).complaint(
      in: folder, as: "my.safetensors")
    #expect(complaint.contains("my.safetensors: is peft's, whose alpha stands in adapter_config.json"))
    #expect(complaint.contains("adapter_config.json: cannot be opened"))
  }

  @Test func areNotNeededForBlackForestLabsNamesInAFileOfTheirOwn() throws {
    let pair = AdapterSample.pair(
      "base_model.model.img_in.lora_A.weight", "base_model.model.img_in.lora_B.weight")
    #expect(
      try AdapterSample(tensors: pair).read(in: folder, as: "kontext.safetensors").layers == ["x_embedder"])
    let name = "adapter_model.safetensors"
    #expect(try AdapterSample(tensors: pair).complaint(in: folder, as: name).contains("adapter_config.json"))
    try folder.write("adapter_config.json", text: #"{"r": 1, "lora_alpha": 3, "target_modules": ["img_in"]}"#)
    #expect(try AdapterSample(tensors: pair).read(in: folder, as: name).updates["x_embedder"]?.scale == 3)
  }

  @Test func comeFromTheHeader() throws {
    var sample = AdapterSample(tensors: Self.tensors("transformer."))
    sample.metadata["lora_adapter_metadata"] =
      #"{"transformer.r": 2, "transformer.lora_alpha": 4, "transformer.rank_pattern": {"a.to_q": 1}}"#
    let adapter = try sample.read(in: folder)
    #expect(adapter.updates["a.to_q"]?.scale == 4)
    #expect(adapter.updates["b.to_q"]?.scale == 2)
    sample.tensors.append(("transformer.a.to_q.alpha", [1], []))
    #expect(
      try sample.complaint(in: folder).contains(
        "\"transformer.a.to_q.alpha\": gives an alpha beside that of lora_adapter_metadata"))
  }

  @Test func ofTheHeaderHaveNoPrefixWhenTheKeysHaveNone() throws {
    let layer = "transformer_blocks.0.attn.to_q"
    var sample = AdapterSample(
      tensors: AdapterSample.pair("\(layer).lora_A.weight", "\(layer).lora_B.weight"))
    sample.metadata["lora_adapter_metadata"] = #"{"r": 1, "lora_alpha": 8}"#
    #expect(try sample.read(in: folder).updates[layer]?.scale == 8)
  }

  @Test(arguments: ["{}", #"{"r": 1, "lora_alpha": 8}"#, #"{"text_encoder.r": 1}"#, "nonsense", "[]"])
  func ofTheHeaderThatDoNotCoverTheTransformerAreRefused(settings: String) throws {
    var sample = AdapterSample(tensors: Self.tensors("transformer."))
    sample.metadata["lora_adapter_metadata"] = settings
    #expect(
      try sample.complaint(in: folder).contains("pytorch_lora_weights.safetensors, lora_adapter_metadata: "))
  }

  @Test func ofTheHeaderAreRefusedInOtherLayouts() throws {
    var sample = AdapterSample(
      tensors: AdapterSample.pair("lora_unet_img_in.lora_down.weight", "lora_unet_img_in.lora_up.weight"))
    sample.metadata["lora_adapter_metadata"] = "{}"
    #expect(
      try sample.complaint(in: folder).contains(
        "\"lora_adapter_metadata\": is in the header of a file that is not diffusers'"))
  }
}
