import Checkpoints
import Testing

@testable import CLIP

@Suite struct CLIPConfigurationTests {
  private func file(_ text: String) throws -> ModelConfiguration {
    try ModelConfiguration(text: text, path: "m/config.json")
  }

  private func whole(_ text: String) throws -> CLIPConfiguration { try CLIPConfiguration(file(text)) }

  @Test func absentKeysMeanTheDefaultsOfTheClasses() throws {
    let configuration = try whole(#"{"text_config": {}, "vision_config": {}}"#)
    #expect(configuration.projectionSize == 512)
    #expect(configuration.text.vocabularySize == 49408)
    #expect(configuration.text.maxPositions == 77)
    #expect(configuration.text.endTokenID == 49407)
    #expect(configuration.text.encoder.width == 512 && configuration.text.encoder.heads == 8)
    #expect(configuration.text.encoder.activation == .quickGelu)
    #expect(configuration.vision.encoder.width == 768 && configuration.vision.encoder.innerWidth == 3072)
    #expect(configuration.vision.imageSize == 224 && configuration.vision.patchSize == 32)
    #expect(configuration.vision.grid == 7)
  }

  @Test func anOldDictReplacesTheWholePart() throws {
    let configuration = try whole(
      """
      {"text_config": {"hidden_size": 1024, "hidden_act": "gelu"}, "text_config_dict": {"num_hidden_layers": 3},
       "vision_config": {"hidden_act": "gelu"}, "vision_config_dict": null}
      """)
    #expect(configuration.text.encoder.layers == 3)
    #expect(configuration.text.encoder.width == 512)
    #expect(configuration.text.encoder.activation == .quickGelu)
    #expect(configuration.vision.encoder.activation == .gelu)
  }

  @Test func onlyTheOuterProjectionSizeCounts() throws {
    let configuration = try whole(
      #"{"projection_dim": 1024, "text_config": {"projection_dim": 7}, "vision_config": {"projection_dim": 9}}"#
    )
    #expect(configuration.projectionSize == 1024)
  }

  @Test(
    "Activations have their names",
    arguments: [
      ("gelu", "gelu"), ("quick_gelu", "quickGelu"), ("gelu_new", "geluTanh"),
      ("gelu_pytorch_tanh", "geluTanh"),
    ])
  func activations(name: String, expected: String) throws {
    let text = try CLIPTextConfiguration(file("{\"hidden_act\": \"\(name)\"}"))
    #expect("\(text.encoder.activation)" == expected)
  }

  @Test(
    "Settings that do not work are refused by name",
    arguments: [
      (#"{"text_config": {"hidden_act": "relu"}, "vision_config": {}}"#, "text_config.hidden_act"),
      (
        #"{"text_config": {"num_attention_heads": 7}, "vision_config": {}}"#,
        "text_config.num_attention_heads"
      ),
      (#"{"text_config": {}, "vision_config": {"patch_size": 300}}"#, "vision_config.patch_size"),
      (#"{"text_config": {}, "vision_config": {"num_channels": 1}}"#, "vision_config.num_channels"),
      (#"{"text_config": {"eos_token_id": [1, 2]}, "vision_config": {}}"#, "text_config.eos_token_id"),
      (#"{"text_config": {}}"#, "vision_config"), (#"{"hidden_size": 768}"#, "text_config"),
      (#"{"model_type": "siglip"}"#, "model_type"),
    ])
  func refused(text: String, key: String) throws {
    let error = try #require(throws: CheckpointError.self) { try whole(text) }
    #expect(error.description.contains("m/config.json: \"\(key)\""), "\(error)")
  }
}
