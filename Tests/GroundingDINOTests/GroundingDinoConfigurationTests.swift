import Checkpoints
import Testing

@testable import GroundingDINO

@Suite struct GroundingDinoConfigurationTests {
  private func configuration(_ text: String) throws -> GroundingDinoConfiguration {
    try GroundingDinoConfiguration(ModelConfiguration(text: text, path: "config.json"))
  }

  @Test func defaultsAreThoseOfTheTinyModel() throws {
    let configuration = try configuration("{}")
    #expect(configuration.width == 256)
    #expect(configuration.queries == 900)
    #expect(configuration.encoder.innerWidth == 2048)
    #expect(configuration.backbone.depths == [2, 2, 6, 2])
    #expect(configuration.backbone.outputStages == [2, 3, 4])
    #expect(configuration.backbone.channels(ofStage: 4) == 768)
    #expect(configuration.text.layers == 12)
    #expect(configuration.sharesBoxHead)
  }

  @Test func partsFillInTheirOwnDefaults() throws {
    let configuration = try configuration(
      #"{"backbone_config": {"model_type": "swin", "embed_dim": 128, "num_heads": [4, 8, 16, 32], "out_features": ["stage2", "stage4"]}, "text_config": {"model_type": "bert"}}"#
    )
    #expect(configuration.backbone.outputStages == [2, 4])
    #expect(configuration.backbone.windowSize == 7)
    #expect(configuration.text.vocabularySize == 30522)
  }

  /// What is wrong, and the key that the message has to name.
  @Test(arguments: [
    (#"{"model_type": "clip"}"#, "model_type"), (#"{"two_stage": false}"#, "two_stage"),
    (#"{"activation_function": "gelu"}"#, "activation_function"), (#"{"d_model": 100}"#, "d_model"),
    (#"{"decoder_attention_heads": 3}"#, "decoder_attention_heads"), (#"{"query_dim": 2}"#, "query_dim"),
    (#"{"num_feature_levels": 2}"#, "num_feature_levels"), (#"{"max_text_len": 600}"#, "max_text_len"),
    (#"{"backbone_config": {"model_type": "resnet"}}"#, "backbone_config.model_type"),
    (#"{"backbone_config": {"out_indices": [0, 4]}}"#, "backbone_config.out_indices"),
    (#"{"backbone_config": {"depths": [2, 2]}}"#, "backbone_config.num_heads"),
    (#"{"backbone_config": {"depths": [], "num_heads": []}}"#, "backbone_config.depths"),
    (#"{"text_config": {"num_attention_heads": 7}}"#, "text_config.num_attention_heads"),
    (#"{"encoder_attention_heads": 1}"#, "encoder_attention_heads"),
  ])
  func refusesWhatItDoesNotCompute(text: String, key: String) {
    let error = #expect(throws: CheckpointError.self) { try configuration(text) }
    #expect(error?.key == key)
  }
}
