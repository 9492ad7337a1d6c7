/// The shapes of models that were published, by the names that people know them by.
package enum PublishedShape: String, CaseIterable, Sendable {
  case fluxDev = "flux.1-dev"
  case fluxSchnell = "flux.1-schnell"
  /// The architecture of SciScore, PickScore and HPS: laion's ViT-H/14.
  case clipViTH14 = "clip-vit-h-14"

  /// A model folder's parts, with the configuration files of the published repositories.
  var parts: [ModelPart] {
    switch self {
    case .fluxDev: Self.flux(hasGuidance: true, scheduler: Self.dynamicScheduler, maxLength: 512)
    case .fluxSchnell: Self.flux(hasGuidance: false, scheduler: Self.plainScheduler, maxLength: 256)
    case .clipViTH14: [ModelPart(.clip, folder: "", configuration: Self.clipH)]
    }
  }

  /// Files beside the weights, by their paths in the folder.
  var files: [String: String] {
    switch self {
    case .fluxDev, .fluxSchnell:
      var files = SyntheticTokenizers.clip(folder: "tokenizer/", size: 49_408)
      files.merge(
        SyntheticTokenizers.t5(folder: "tokenizer_2/", size: 32_100, maxLength: self == .fluxDev ? 512 : 256)
      ) { $1 }
      files["model_index.json"] = Self.index
      files["scheduler/scheduler_config.json"] =
        self == .fluxDev ? Self.dynamicScheduler : Self.plainScheduler
      return files
    case .clipViTH14:
      var files = SyntheticTokenizers.clip(folder: "", size: 49_408)
      files["preprocessor_config.json"] = Self.preprocessor
      return files
    }
  }

  private static func flux(hasGuidance: Bool, scheduler: String, maxLength: Int) -> [ModelPart] {
    [
      ModelPart(
        .fluxTransformer, folder: "transformer", configuration: transformer(hasGuidance: hasGuidance)),
      ModelPart(.autoencoder, folder: "vae", configuration: autoencoder),
      ModelPart(.clipText, folder: "text_encoder", configuration: clipL),
      ModelPart(.t5, folder: "text_encoder_2", configuration: t5XXL),
    ]
  }

  /// A transformer's configuration, with as many blocks as wanted.
  package static func transformer(hasGuidance: Bool, double: Int = 19, single: Int = 38) -> String {
    """
    {
      "_class_name": "FluxTransformer2DModel",
      "_diffusers_version": "0.30.0.dev0",
      "attention_head_dim": 128,
      "axes_dims_rope": [16, 56, 56],
      "guidance_embeds": \(hasGuidance),
      "in_channels": 64,
      "joint_attention_dim": 4096,
      "num_attention_heads": 24,
      "num_layers": \(double),
      "num_single_layers": \(single),
      "patch_size": 1,
      "pooled_projection_dim": 768
    }

    """
  }

  package static let autoencoder = """
    {
      "_class_name": "AutoencoderKL",
      "_diffusers_version": "0.30.0.dev0",
      "act_fn": "silu",
      "block_out_channels": [128, 256, 512, 512],
      "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D"],
      "force_upcast": true,
      "in_channels": 3,
      "latent_channels": 16,
      "layers_per_block": 2,
      "mid_block_add_attention": true,
      "norm_num_groups": 32,
      "out_channels": 3,
      "sample_size": 1024,
      "scaling_factor": 0.3611,
      "shift_factor": 0.1159,
      "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D"],
      "use_post_quant_conv": false,
      "use_quant_conv": false
    }

    """

  package static let clipL = """
    {
      "architectures": ["CLIPTextModel"],
      "model_type": "clip_text_model",
      "hidden_act": "quick_gelu",
      "hidden_size": 768,
      "intermediate_size": 3072,
      "layer_norm_eps": 1e-05,
      "max_position_embeddings": 77,
      "num_attention_heads": 12,
      "num_hidden_layers": 12,
      "projection_dim": 768,
      "bos_token_id": 0,
      "eos_token_id": 2,
      "pad_token_id": 1,
      "vocab_size": 49408
    }

    """

  private static let t5XXL = """
    {
      "architectures": ["T5EncoderModel"],
      "model_type": "t5",
      "d_ff": 10240,
      "d_kv": 64,
      "d_model": 4096,
      "dense_act_fn": "gelu_new",
      "feed_forward_proj": "gated-gelu",
      "is_gated_act": true,
      "layer_norm_epsilon": 1e-06,
      "num_heads": 64,
      "num_layers": 24,
      "relative_attention_max_distance": 128,
      "relative_attention_num_buckets": 32,
      "tie_word_embeddings": false,
      "vocab_size": 32128
    }

    """

  private static let clipH = """
    {
      "architectures": ["CLIPModel"],
      "model_type": "clip",
      "projection_dim": 1024,
      "logit_scale_init_value": 2.6592,
      "text_config": {
        "model_type": "clip_text_model",
        "hidden_act": "gelu",
        "hidden_size": 1024,
        "intermediate_size": 4096,
        "max_position_embeddings": 77,
        "num_attention_heads": 16,
        "num_hidden_layers": 24,
        "projection_dim": 1024,
        "eos_token_id": 2,
        "vocab_size": 49408
      },
      "vision_config": {
        "model_type": "clip_vision_model",
        "hidden_act": "gelu",
        "hidden_size": 1280,
        "image_size": 224,
        "intermediate_size": 5120,
        "num_attention_heads": 16,
        "num_hidden_layers": 32,
        "patch_size": 14,
        "projection_dim": 1024
      }
    }

    """

  private static let preprocessor = """
    {
      "crop_size": {"height": 224, "width": 224},
      "do_center_crop": true,
      "do_convert_rgb": true,
      "do_normalize": true,
      "do_rescale": true,
      "do_resize": true,
      "image_mean": [0.48145466, 0.4578275, 0.40821073],
      "image_processor_type": "CLIPImageProcessor",
      "image_std": [0.26862954, 0.26130258, 0.27577711],
      "resample": 3,
      "rescale_factor": 0.00392156862745098,
      "size": {"shortest_edge": 224}
    }

    """

  private static let index = """
    {
      "_class_name": "FluxPipeline",
      "_diffusers_version": "0.30.0.dev0",
      "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"],
      "text_encoder": ["transformers", "CLIPTextModel"],
      "text_encoder_2": ["transformers", "T5EncoderModel"],
      "tokenizer": ["transformers", "CLIPTokenizer"],
      "tokenizer_2": ["transformers", "T5TokenizerFast"],
      "transformer": ["diffusers", "FluxTransformer2DModel"],
      "vae": ["diffusers", "AutoencoderKL"]
    }

    """

  /// dev's: the noise is shifted by the number of tokens.
  private static let dynamicScheduler = """
    {
      "_class_name": "FlowMatchEulerDiscreteScheduler",
      "base_image_seq_len": 256,
      "base_shift": 0.5,
      "max_image_seq_len": 4096,
      "max_shift": 1.15,
      "num_train_timesteps": 1000,
      "shift": 3.0,
      "use_dynamic_shifting": true
    }

    """

  private static let plainScheduler = """
    {
      "_class_name": "FlowMatchEulerDiscreteScheduler",
      "base_image_seq_len": 256,
      "base_shift": 0.5,
      "max_image_seq_len": 4096,
      "max_shift": 1.15,
      "num_train_timesteps": 1000,
      "shift": 1.0,
      "use_dynamic_shifting": false
    }

    """
}
