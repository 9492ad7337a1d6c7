import Checkpoints

/// A LoRA file in a folder as peft leaves it.
enum AdapterFuzzing: FuzzTarget {
  private static let file = FuzzFile(named: "adapter_model.safetensors")
  private static let settings: Void = FuzzFile(named: "adapter_config.json").write(
    Array(
      #"{"r": 1, "lora_alpha": 2, "rank_pattern": {"b.to_q": 2}, "target_modules": ["to_q", "img_in"]}"#.utf8)
  )

  static func run(_ bytes: [UInt8]) {
    settings
    file.write(bytes)
    do throws(CheckpointError) {
      let adapter = try LowRankAdapter(path: file.path)
      require(!adapter.layers.isEmpty, "an adapter changes a layer")
      for update in adapter.updates.values {
        require(update.rank > 0 && update.scale == update.scale, "a rank counts and a scale is a number")
      }
    } catch { SafetensorsFuzzing.check(error) }
  }

  static func mutate(_ bytes: [UInt8], with random: inout Random) -> [UInt8] {
    SafetensorsMutation.apply(to: bytes, words: words, with: &random)
  }

  private static let words = [
    "F32", "F16", "BF16", "I64", "F64", "__metadata__", "dtype", "shape", "data_offsets",
    "lora_adapter_metadata",
    #"{\"transformer.r\": 1, \"transformer.lora_alpha\": 2}"#,
    "transformer.a.to_q.lora_A.weight", "transformer.a.to_q.lora_B.weight", "transformer.a.to_q.alpha",
    "base_model.model.a.to_q.lora_A.weight", "base_model.model.a.to_q.lora_B.weight",
    "lora_unet_double_blocks_0_img_attn_qkv.lora_down.weight",
    "lora_unet_double_blocks_0_img_attn_qkv.lora_up.weight",
    "lora_unet_double_blocks_0_img_attn_qkv.alpha", "lora_unet_single_blocks_0_linear1.lora_down.weight",
    "lora_unet_single_blocks_0_linear1.lora_up.weight",
    "diffusion_model.single_blocks.0.linear1.lora_A.weight",
    "diffusion_model.single_blocks.0.linear1.lora_B.weight",
    "diffusion_model.final_layer.adaLN_modulation.1.lora_A.weight",
    "diffusion_model.final_layer.adaLN_modulation.1.lora_B.weight",
    "double_blocks.0.processor.qkv_lora1.down.weight", "double_blocks.0.processor.qkv_lora1.up.weight",
  ]
}
