/// The linear layers of FLUX as diffusers names them.
///
/// Reference: diffusers 0.42.1 `models/transformers/transformer_flux.py`, `FluxTransformer2DModel`.
enum DiffusersNames {
  /// The layer's name with dots; nil for names that are no linear layer of FLUX.
  ///
  /// - Parameter separator: `.`, or `_` where the dots of the name have been replaced.
  static func layer(_ name: String, separator: Character = ".") -> String? {
    let names = BlockNames(lists: ["single_transformer_blocks", "transformer_blocks"], separator: separator)
    guard let (template, number) = names.split(name), let layer = byFlatName[template.flat],
      separator == "_" || layer == template
    else { return nil }
    return layer.replacing("#", with: number)
  }

  /// With `#` for a block's number, by the same with `_` for every dot.
  private static let byFlatName: [String: String] = {
    let attention = [
      "to_q", "to_k", "to_v", "to_out.0", "add_q_proj", "add_k_proj", "add_v_proj", "to_add_out",
    ].map { "attn.\($0)" }
    let double =
      attention + [
        "ff.net.0.proj", "ff.net.2", "ff_context.net.0.proj", "ff_context.net.2", "norm1.linear",
        "norm1_context.linear",
      ]
    let single = ["attn.to_q", "attn.to_k", "attn.to_v", "proj_mlp", "proj_out", "norm.linear"]
    let embedders = ["timestep", "text", "guidance"].flatMap { name in
      [1, 2].map { "time_text_embed.\(name)_embedder.linear_\($0)" }
    }
    let names =
      double.map { "transformer_blocks.#.\($0)" } + single.map { "single_transformer_blocks.#.\($0)" }
      + embedders
      + ["x_embedder", "context_embedder", "norm_out.linear", "proj_out"]
    return Dictionary(uniqueKeysWithValues: names.map { ($0.flat, $0) })
  }()
}

extension String {
  /// The name as kohya's trainers write it: `_` for every dot.
  fileprivate var flat: String { replacing(".", with: "_") }
}
