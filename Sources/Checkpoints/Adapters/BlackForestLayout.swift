extension AdapterLayout {
  /// Black Forest Labs' names as they are, `double_blocks.0.img_attn.qkv.lora_A.weight`, or behind the prefix by
  /// which ComfyUI and ai-toolkit call the transformer. Without `.alpha`, α is r.
  ///
  /// Reference: diffusers 0.42.1 `loaders/lora_conversion_utils.py`, `_convert_kohya_flux_lora_to_diffusers`
  /// ("ComfyUI").
  static let blackForest = AdapterLayout(
    name: "Black Forest Labs", prefixes: ["model.diffusion_model.", "diffusion_model.", ""],
    factorNames: [.peft, .kohya], takesAlpha: true
  ) { name in
    BlackForestNames.target(of: name)
  }

  /// What XLabs-AI/x-flux writes: `double_blocks.0.processor.qkv_lora1.down.weight`, without α. Number 1 is the image
  /// stream, 2 the text stream.
  ///
  /// Reference: diffusers 0.42.1 `loaders/lora_conversion_utils.py`, `_convert_xlabs_flux_lora_to_diffusers`.
  static let xlabs = AdapterLayout(
    name: "XLabs' x-flux", prefixes: ["diffusion_model.", ""], factorNames: [.processor], takesAlpha: false
  ) { name in
    let names = BlockNames(lists: ["double_blocks", "single_blocks"], separator: ".")
    guard let (template, number) = names.split(name) else { return nil }
    if template == "single_blocks.#.processor.qkv_lora" {
      // Here the factors are of the attention alone, unlike those of the fused linear1.
      let layers = ["to_q", "to_k", "to_v"].map { "single_transformer_blocks.\(number).attn.\($0)" }
      return AdapterTarget(layers, .thirds)
    }
    return modulesOfProcessors[template].flatMap {
      BlackForestNames.target(of: $0.replacing("#", with: number))
    }
  }

  private static let modulesOfProcessors = [
    "double_blocks.#.processor.qkv_lora1": "double_blocks.#.img_attn.qkv",
    "double_blocks.#.processor.qkv_lora2": "double_blocks.#.txt_attn.qkv",
    "double_blocks.#.processor.proj_lora1": "double_blocks.#.img_attn.proj",
    "double_blocks.#.processor.proj_lora2": "double_blocks.#.txt_attn.proj",
    "single_blocks.#.processor.proj_lora": "single_blocks.#.linear2",
  ]
}
