import Checkpoints
import Testing

@testable import FLUX

@Suite struct AutoencoderKLConfigurationTests {
  private func read(_ members: String) throws -> AutoencoderKL.Configuration {
    try AutoencoderKL.Configuration(ModelConfiguration(text: "{\(members)}", path: "vae/config.json"))
  }

  @Test func readsThePublishedConfigurationOfFlux() throws {
    let configuration = try read(
      """
      "_class_name": "AutoencoderKL", "_diffusers_version": "0.30.0.dev0", "_name_or_path": "../checkpoints/flux-dev",
      "act_fn": "silu", "block_out_channels": [128, 256, 512, 512],
      "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D"],
      "force_upcast": true, "in_channels": 3, "latent_channels": 16, "latents_mean": null, "latents_std": null,
      "layers_per_block": 2, "mid_block_add_attention": true, "norm_num_groups": 32, "out_channels": 3,
      "sample_size": 1024, "scaling_factor": 0.3611, "shift_factor": 0.1159,
      "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D"],
      "use_post_quant_conv": false, "use_quant_conv": false
      """)
    #expect(configuration == .flux)
    #expect(configuration.spatialFactor == 8)
  }

  @Test func takesTheDefaultsOfDiffusers() throws {
    let configuration = try read("")
    #expect(configuration.blockOutChannels == [64] && configuration.latentChannels == 4)
    #expect(
      configuration.usesQuantConv && configuration.usesPostQuantConv && configuration.hasMidBlockAttention)
    #expect(configuration.scalingFactor == 0.18215 && configuration.shiftFactor == 0)
  }

  @Test(arguments: [
    (#""_class_name": "AutoencoderKLWan""#, "_class_name"), (#""act_fn": "relu""#, "act_fn"),
    (#""latents_mean": [0.1]"#, "latents_mean"), (#""latents_std": [1]"#, "latents_std"),
    (#""in_channels": 4"#, "in_channels"), (#""out_channels": 1"#, "out_channels"),
    (#""latent_channels": 0"#, "latent_channels"), (#""block_out_channels": []"#, "block_out_channels"),
    (#""block_out_channels": [32, -32]"#, "block_out_channels"),
    (#""block_out_channels": 32"#, "block_out_channels"),
    (#""norm_num_groups": 48"#, "norm_num_groups"), (#""norm_num_groups": 0"#, "norm_num_groups"),
    (#""layers_per_block": 0"#, "layers_per_block"), (#""layers_per_block": [1, 2]"#, "layers_per_block"),
    (#""down_block_types": ["AttnDownEncoderBlock2D"]"#, "down_block_types"),
    (#""up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D"]"#, "up_block_types"),
    (#""scaling_factor": 0"#, "scaling_factor"), (#""scaling_factor": "1""#, "scaling_factor"),
    (#""use_quant_conv": 1"#, "use_quant_conv"), (#""patch_size": 2"#, "patch_size"),
  ])
  func refusesByName(members: String, key: String) throws {
    let error = #expect(throws: CheckpointError.self) { try read(members) }
    #expect(error?.key == key)
    #expect(error?.file == "vae/config.json")
  }
}
