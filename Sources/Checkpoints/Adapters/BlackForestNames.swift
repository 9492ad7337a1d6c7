/// The linear layers of FLUX as Black Forest Labs' own code names them, and what they are in diffusers.
///
/// Reference: black-forest-labs/flux `src/flux/model.py` and `modules/layers.py`; diffusers 0.42.1
/// `loaders/lora_conversion_utils.py`, `_convert_kohya_flux_lora_to_diffusers`. Fused modules are several layers in
/// diffusers. `final_layer.adaLN_modulation.1` gives (shift, scale) and diffusers' `norm_out.linear` gives
/// (scale, shift): its halves change places.
package enum BlackForestNames {
  /// What a module is in diffusers; nil for names that are no linear layer of FLUX.
  ///
  /// - Parameter separator: `.`, or `_` where the dots of the name have been replaced.
  static func target(of module: String, separator: Character = ".") -> AdapterTarget? {
    let names = BlockNames(lists: ["double_blocks", "single_blocks"], separator: separator)
    guard let (template, number) = names.split(module),
      let target = (separator == "." ? byName : byFlatName)[template]
    else { return nil }
    return AdapterTarget(target.layers.map { $0.replacing("#", with: number) }, target.rows)
  }

  /// A linear layer, and the layers of diffusers whose rows follow one another in it.
  package struct Module: Sendable {
    package let name: String
    package let layers: [String]
    /// Whether the halves of its rows change places.
    package let swapsHalves: Bool
  }

  /// All linear layers of a transformer with so many blocks.
  package static func modules(double: Int, single: Int) -> [Module] {
    byName.sorted { $0.key < $1.key }.flatMap { name, target in
      numbers(name, double: double, single: single).map { number in
        Module(
          name: name.replacing("#", with: number),
          layers: target.layers.map { $0.replacing("#", with: number) },
          swapsHalves: target.rows == .swappedHalves)
      }
    }
  }

  /// The factors of the norms of queries and keys, there and in diffusers.
  package static func norms(double: Int, single: Int) -> [(name: String, tensor: String)] {
    norms.sorted { $0.key < $1.key }.flatMap { name, tensor in
      numbers(name, double: double, single: single).map {
        (name.replacing("#", with: $0), tensor.replacing("#", with: $0))
      }
    }
  }

  private static func numbers(_ name: String, double: Int, single: Int) -> [String] {
    guard name.contains("#") else { return [""] }
    return (0..<(name.hasPrefix("double") ? double : single)).map(String.init)
  }

  /// The tensor of diffusers that a norm's factors are; nil for what is none.
  static func norm(_ name: String) -> String? {
    let names = BlockNames(lists: ["double_blocks", "single_blocks"], separator: ".")
    guard let (template, number) = names.split(name) else { return nil }
    return norms[template]?.replacing("#", with: number)
  }

  private static let norms = [
    "double_blocks.#.img_attn.norm.query_norm.scale": "transformer_blocks.#.attn.norm_q.weight",
    "double_blocks.#.img_attn.norm.key_norm.scale": "transformer_blocks.#.attn.norm_k.weight",
    "double_blocks.#.txt_attn.norm.query_norm.scale": "transformer_blocks.#.attn.norm_added_q.weight",
    "double_blocks.#.txt_attn.norm.key_norm.scale": "transformer_blocks.#.attn.norm_added_k.weight",
    "single_blocks.#.norm.query_norm.scale": "single_transformer_blocks.#.attn.norm_q.weight",
    "single_blocks.#.norm.key_norm.scale": "single_transformer_blocks.#.attn.norm_k.weight",
  ]

  /// By name, `#` standing for a block's number on both sides.
  private static let byName: [String: AdapterTarget] = {
    let double = "double_blocks.#."
    let pair = "transformer_blocks.#."
    let single = "single_blocks.#."
    let lone = "single_transformer_blocks.#."
    var table: [String: AdapterTarget] = [
      double + "img_attn.qkv": .init(["to_q", "to_k", "to_v"].map { "\(pair)attn.\($0)" }, .thirds),
      double + "txt_attn.qkv": .init(
        ["add_q_proj", "add_k_proj", "add_v_proj"].map { "\(pair)attn.\($0)" }, .thirds),
      single + "linear1": .init(
        ["attn.to_q", "attn.to_k", "attn.to_v", "proj_mlp"].map { lone + $0 }, .attentionAndMLP),
      "final_layer.adaLN_modulation.1": .init(["norm_out.linear"], .swappedHalves),
    ]
    let alike = [
      double + "img_attn.proj": pair + "attn.to_out.0", double + "txt_attn.proj": pair + "attn.to_add_out",
      double + "img_mlp.0": pair + "ff.net.0.proj", double + "img_mlp.2": pair + "ff.net.2",
      double + "txt_mlp.0": pair + "ff_context.net.0.proj", double + "txt_mlp.2": pair + "ff_context.net.2",
      double + "img_mod.lin": pair + "norm1.linear", double + "txt_mod.lin": pair + "norm1_context.linear",
      single + "linear2": lone + "proj_out", single + "modulation.lin": lone + "norm.linear",
      "img_in": "x_embedder", "txt_in": "context_embedder", "final_layer.linear": "proj_out",
    ]
    for (name, layer) in alike { table[name] = AdapterTarget(layer) }
    for (name, layer) in [("time_in", "timestep"), ("vector_in", "text"), ("guidance_in", "guidance")] {
      table[name + ".in_layer"] = AdapterTarget("time_text_embed.\(layer)_embedder.linear_1")
      table[name + ".out_layer"] = AdapterTarget("time_text_embed.\(layer)_embedder.linear_2")
    }
    return table
  }()

  private static let byFlatName = Dictionary(
    uniqueKeysWithValues: byName.map { ($0.key.replacing(".", with: "_"), $0.value) })
}
