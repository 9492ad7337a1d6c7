import Tensors

/// The low-rank update of one layer: `scale · B A` beside its weight.
package final class LowRankPair: Sendable {
  /// The layer's name in the model, such as `transformer_blocks.0.attn.to_q`.
  package let layer: String
  /// `[r, in]`.
  package let a: Parameter
  /// `[out, r]`.
  package let b: Parameter
  package let alpha: Float

  package init(layer: String, a: Parameter, b: Parameter, alpha: Float) {
    (self.layer, self.a, self.b, self.alpha) = (layer, a, b, alpha)
  }

  package var rank: Int { a.value.shape[0] }
  /// What `B A` is multiplied by: α/r.
  package var scale: Float { alpha / Float(rank) }
}

/// The low-rank updates of a model's layers, kept beside the weights: for training, and for policies that change.
///
/// Handed to the reader that builds the model; every layer asks for its pair. Names and their rule are peft 0.21's.
package final class LowRankLayers {
  /// How layers are chosen, and what they begin with.
  private enum Source {
    case targets(Targets, generator: TorchGenerator)
    case adapter(LowRankAdapter, scale: Float?)
  }

  /// Layers to be adapted and how strongly.
  package struct Targets: Sendable {
    /// A layer is meant when its name is one of these or ends in a dot and one of these.
    package var modules: [String]
    package var rank: Int
    package var alpha: Float

    package init(modules: [String] = ["to_k", "to_q", "to_v", "to_out.0"], rank: Int = 16, alpha: Float = 16)
    {
      (self.modules, self.rank, self.alpha) = (modules, rank, alpha)
    }

    package func matches(_ layer: String) -> Bool {
      modules.contains { layer == $0 || layer.hasSuffix(".\($0)") }
    }
  }

  private var source: Source
  /// In the model's order.
  package private(set) var pairs: [LowRankPair] = []
  private var problems: [String] = []

  /// New updates that change nothing yet: A normal with deviation 1/r, B zero (peft's `init_lora_weights="gaussian"`).
  package init(_ targets: Targets, generator: TorchGenerator) {
    source = .targets(targets, generator: generator)
  }

  /// An adapter's updates.
  ///
  /// - Parameter scale: α/r where the file does not say it; nil for the file's.
  package init(_ adapter: LowRankAdapter, scale: Float? = nil) { source = .adapter(adapter, scale: scale) }

  /// All factors: those of a pair together, A first.
  package var parameters: [Parameter] { pairs.flatMap { [$0.a, $0.b] } }

  /// The updates as they are now, to be written or merged.
  package var adapter: LowRankAdapter {
    LowRankAdapter(
      path: "the trained adapter",
      updates: Dictionary(
        uniqueKeysWithValues: pairs.map {
          ($0.layer, .init(a: $0.a.value, b: $0.b.value, alpha: $0.alpha))
        }))
  }

  /// The tensors as diffusers names them in `pytorch_lora_weights.safetensors`.
  package func tensors(component: String = "transformer") -> [String: Tensor] {
    var tensors: [String: Tensor] = [:]
    for pair in pairs {
      tensors["\(component).\(pair.layer).lora_A.weight"] = pair.a.value
      tensors["\(component).\(pair.layer).lora_B.weight"] = pair.b.value
    }
    return tensors
  }

  /// The pair of a layer of the given size; nil when it is not adapted.
  func pair(for layer: String, inputs: Int, outputs: Int) -> LowRankPair? {
    switch source {
    case .targets(let targets, var generator):
      guard targets.matches(layer) else { return nil }
      guard targets.rank <= min(inputs, outputs) else {
        problems.append(
          "rank \(targets.rank) is above the \(min(inputs, outputs)) of \(layer) [\(outputs), \(inputs)]")
        return nil
      }
      let a = 1 / Float(targets.rank) * generator.normal(shape: [targets.rank, inputs])
      source = .targets(targets, generator: generator)
      return add(
        layer, a, Tensor(repeating: 0, shape: [outputs, targets.rank]), targets.alpha)
    case .adapter(let adapter, let scale):
      guard let update = adapter.updates[layer] else { return nil }
      guard update.a.shape[1] == inputs, update.b.shape[0] == outputs else {
        problems.append(
          "\(layer) is [\(outputs), \(inputs)], the adapter's [\(update.b.shape[0]), \(update.a.shape[1])]")
        return nil
      }
      return add(layer, update.a, update.b, scale.map { $0 * Float(update.rank) } ?? update.alpha)
    }
  }

  private func add(_ layer: String, _ a: Tensor, _ b: Tensor, _ alpha: Float) -> LowRankPair {
    let pair = LowRankPair(
      layer: layer, a: Parameter("\(layer).lora_A.weight", a), b: Parameter("\(layer).lora_B.weight", b),
      alpha: alpha)
    pairs.append(pair)
    return pair
  }

  /// - Throws: ``CheckpointError`` when ranks or sizes do not fit, and when what was asked for is not in the model.
  func finish(model: String) throws(CheckpointError) {
    let (file, strangers) =
      switch source {
      case .targets(let targets, _):
        (
          model,
          targets.modules.filter { module in
            !pairs.contains { $0.layer == module || $0.layer.hasSuffix(".\(module)") }
          }
        )
      case .adapter(let adapter, _):
        (adapter.path, adapter.layers.filter { layer in !pairs.contains { $0.layer == layer } })
      }
    guard problems.isEmpty else {
      throw CheckpointError(
        file: file, problem: "low-rank updates do not fit the model: \(Listing.text(problems, limit: 2))",
        hint: "Choose a lower rank, or the model that the adapter was trained on")
    }
    guard strangers.isEmpty else {
      throw CheckpointError(
        file: file, problem: "the model has no linear layers of these names: \(Listing.text(strangers))",
        hint: "Name layers as the model does, such as to_q, or the model that the adapter was trained on")
    }
  }
}
