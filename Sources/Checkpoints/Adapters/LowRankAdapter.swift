import Tensors

/// A LoRA adapter: for every adapted layer of a FLUX transformer a change `α/r · B A` of its weight.
///
/// Layers carry diffusers' names within the transformer, such as `transformer_blocks.0.attn.to_q`, whatever layout
/// the file had.
package struct LowRankAdapter: Sendable {
  /// Where it was read from, or what to call it in messages.
  package let path: String
  package let updates: [String: Update]

  /// The change of one layer.
  package struct Update: Sendable {
    /// `[r, in]`.
    package let a: Tensor
    /// `[out, r]`.
    package let b: Tensor
    package let alpha: Float

    package init(a: Tensor, b: Tensor, alpha: Float) {
      precondition(
        a.shape.count == 2 && b.shape.count == 2 && a.shape[0] == b.shape[1] && a.shape[0] > 0,
        "factors of shapes \(a.shape) and \(b.shape)")
      (self.a, self.b, self.alpha) = (a, b, alpha)
    }

    package var rank: Int { a.shape[0] }
    /// What `B A` is multiplied by: α/r.
    package var scale: Float { alpha / Float(rank) }
  }

  /// An adapter of factors that are already in memory, such as trained ones.
  package init(path: String, updates: [String: Update]) { (self.path, self.updates) = (path, updates) }

  /// The layers that the adapter changes, sorted.
  package var layers: [String] { updates.keys.sorted() }
}

/// An adapter and how strongly it is applied.
package struct AppliedAdapter: Sendable {
  package let adapter: LowRankAdapter
  /// Multiplies the adapter's own scale.
  package let strength: Float

  package init(_ adapter: LowRankAdapter, strength: Float) {
    (self.adapter, self.strength) = (adapter, strength)
  }

  /// The layer's weight with the change added, as float32; nil when the matrices do not fit.
  func merged(_ layer: String, into weight: Weight) -> Weight? {
    guard let update = adapter.updates[layer] else { return weight }
    guard weight.shape == [update.b.shape[0], update.a.shape[1]] else { return nil }
    var sum = weight.tensor()
    sum.add(update.b.product(update.a), times: strength * update.scale)
    return Weight(sum)
  }
}
