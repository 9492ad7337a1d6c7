extension AdapterLayout {
  private static let wrapper = "base_model.model."

  /// What peft 0.21 `save_pretrained` writes of a diffusers transformer: `adapter_model.safetensors`, whose α and r
  /// stand in the `adapter_config.json` beside it.
  static let peft = AdapterLayout(
    name: "peft", prefixes: [wrapper], factorNames: [.peft], takesAlpha: false
  ) { name in
    name.isEmpty || BlackForestNames.target(of: name) != nil ? nil : AdapterTarget(name)
  }

  /// What peft writes of Black Forest Labs' own transformer, as fal's Kontext trainer has it.
  ///
  /// Reference: diffusers 0.42.1 `loaders/lora_conversion_utils.py`, `_convert_fal_kontext_lora_to_diffusers`, which
  /// takes α for r.
  static let peftBlackForest = AdapterLayout(
    name: "peft with Black Forest Labs' names", prefixes: [wrapper], factorNames: [.peft], takesAlpha: false
  ) { name in
    BlackForestNames.target(of: name)
  }
}
