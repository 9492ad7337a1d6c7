extension AdapterLayout {
  /// What diffusers 0.42.1 `FluxPipeline.save_lora_weights` writes, and ai-toolkit as well:
  /// `transformer.<layer>.lora_A.weight`.
  ///
  /// Any layer is taken here; those that the model has not are reported when the adapter is merged. Factors called
  /// lora_down and lora_up are read too, as diffusers does; differs: there their `.alpha` is dropped, here it counts.
  static let diffusers = AdapterLayout(
    name: "diffusers", prefixes: ["transformer."], factorNames: [.peft, .kohya], takesAlpha: true
  ) { name in
    name.isEmpty ? nil : AdapterTarget(name)
  }

  /// What diffusers 0.42.1 `FluxTransformer2DModel.save_lora_adapter` writes: the layers' names alone.
  static let diffusersModel = AdapterLayout(
    name: "diffusers' save_lora_adapter", prefixes: [""], factorNames: [.peft], takesAlpha: true
  ) { name in
    DiffusersNames.layer(name).map { AdapterTarget($0) }
  }

  /// What diffusers wrote before it used peft: `<block>.attn.processor.to_q_lora.down.weight`, without α.
  ///
  /// Reference: diffusers 0.20 `models/attention_processor.py`, `LoRAAttnProcessor`. A single block has no output
  /// projection within its attention, so `to_out_lora` is read in double blocks only.
  static let processors = AdapterLayout(
    name: "diffusers' attention processors", prefixes: ["transformer.", ""], factorNames: [.processor],
    takesAlpha: false
  ) { name in
    let parts = name.split(separator: ".attn.processor.", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[1].hasSuffix("_lora") else { return nil }
    let projection = String(parts[1].dropLast(5))
    return DiffusersNames.layer("\(parts[0]).attn.\(projection == "to_out" ? "to_out.0" : projection)").map {
      AdapterTarget($0)
    }
  }
}
