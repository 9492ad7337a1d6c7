extension AdapterLayout {
  /// What kohya-ss/sd-scripts `networks/lora_flux.py` writes:
  /// `lora_unet_double_blocks_0_img_attn_qkv.lora_down.weight`, Black Forest Labs' names with `_` for every dot.
  /// Without `.alpha`, α is r.
  ///
  /// Reference: diffusers 0.42.1 `loaders/lora_conversion_utils.py`, `_convert_kohya_flux_lora_to_diffusers`.
  /// Differs: there the α of `final_layer` is dropped, and what stands outside the blocks (`img_in`, `txt_in`,
  /// `time_in`, `vector_in`, `guidance_in`, `final_layer`) never reaches the transformer, since its converted names
  /// lack the prefix that is looked for; here both count.
  static let kohya = AdapterLayout(
    name: "kohya's sd-scripts", prefixes: ["lora_unet_"], factorNames: [.kohya], takesAlpha: true
  ) { name in
    BlackForestNames.target(of: name, separator: "_")
  }

  /// What OneTrainer writes: `lora_transformer_transformer_blocks_0_attn_to_q.lora_down.weight`, diffusers' names
  /// with `_` for every dot.
  ///
  /// Reference: as above, `_convert_mixture_state_dict_to_diffusers`. Differs: there, the layers of `ff`, `norm1`,
  /// `proj_mlp` and the like all get their block's name, and the last one wins; here each is itself.
  static let kohyaDiffusers = AdapterLayout(
    name: "kohya's sd-scripts with diffusers' names", prefixes: ["lora_transformer_"], factorNames: [.kohya],
    takesAlpha: true
  ) { name in
    DiffusersNames.layer(name, separator: "_").map { AdapterTarget($0) }
  }
}
