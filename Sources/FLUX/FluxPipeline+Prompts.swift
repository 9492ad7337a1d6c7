import Tensors
import Tokenizers

extension FluxPipeline {
  /// What the transformer is told about prompts.
  package struct Conditioning: Sendable {
    /// T5's states, `[B, T, joint]`; padding is part of them.
    package let states: Tensor
    /// CLIP's pooled vectors, `[B, pooled]`.
    package let pooled: Tensor

    package init(states: Tensor, pooled: Tensor) {
      precondition(
        states.shape.count == 3 && pooled.shape.count == 2 && states.shape[0] == pooled.shape[0],
        "states \(states.shape) and pooled vectors \(pooled.shape)")
      self.states = states
      self.pooled = pooled
    }

    package var count: Int { pooled.shape[0] }

    /// The entries at the given places, which may repeat.
    package func selecting(_ places: [Int]) -> Conditioning {
      func rows(_ tensor: Tensor) -> Tensor {
        .concatenated(places.map { tensor.slice($0..<$0 + 1, axis: 0) }, axis: 0)
      }
      return Conditioning(states: rows(states), pooled: rows(pooled))
    }
  }

  /// The most tokens of a prompt that FLUX.1 was trained on.
  package static let maxSequenceLength = 512

  /// CLIP's ids of prompts, all as long as CLIP's positions reach.
  package func clipIDs(_ prompts: [String]) -> [[Int]] {
    let positions = textEncoder.configuration.maxPositions
    return tokenizer.encode(prompts, padding: .fixed(min(tokenizer.modelMaxLength ?? positions, positions)))
      .ids
  }

  /// T5's ids of prompts, cut and padded to `maxSequenceLength`.
  package func t5IDs(_ prompts: [String], maxSequenceLength: Int) -> [[Int]] {
    precondition(
      (1...Self.maxSequenceLength).contains(maxSequenceLength), "prompts of \(maxSequenceLength) tokens")
    return tokenizer2.encode(prompts, padding: .fixed(maxSequenceLength)).ids
  }

  /// Encodes prompts. Neither encoder is told where padding begins, as FLUX.1 was trained.
  ///
  /// A large T5 and the transformer take turns in memory: each gives its pages back to the other, and finds them again in
  /// the kernel's cache where there is room. Not to be called while the transformer computes.
  package func conditioning(_ prompts: [String], maxSequenceLength: Int) -> Conditioning {
    if hasLargeTextEncoder { transformerCheckpoint.advise(.dontNeed) }
    defer { if hasLargeTextEncoder { textEncoder2.letGo() } }
    return Conditioning(
      states: textEncoder2(ids: t5IDs(prompts, maxSequenceLength: maxSequenceLength)),
      pooled: textEncoder(ids: clipIDs(prompts)).pooled)
  }

  /// Whether encoding a prompt is so much work that it is worth a file to do it once.
  package var hasLargeTextEncoder: Bool { textEncoder2.byteCount > Self.largeTextEncoder }

  /// Bytes from which on a text encoder is large.
  package static let largeTextEncoder = 256 << 20
}
