import Checkpoints
import Layers
import Tensors

/// One encoder block: self-attention and gated feed-forward, each normalised before and added to its input.
///
/// transformers 5.23.0 `models/t5/modeling_t5.py`, `T5Block` as an encoder has it.
package struct T5Block: Sendable {
  let attentionNorm: RMSNorm  // layer.0.layer_norm
  let attention: T5Attention  // layer.0.SelfAttention
  let feedForwardNorm: RMSNorm  // layer.1.layer_norm
  let feedForward: T5GatedFeedForward  // layer.1.DenseReluDense

  init(_ weights: WeightReader, _ configuration: T5Configuration) throws {
    let (first, second) = (weights.scope("layer", 0), weights.scope("layer", 1))
    attentionNorm = try RMSNorm(
      first.scope("layer_norm"), width: configuration.width, epsilon: configuration.epsilon)
    attention = try T5Attention(first.scope("SelfAttention"), configuration)
    feedForwardNorm = try RMSNorm(
      second.scope("layer_norm"), width: configuration.width, epsilon: configuration.epsilon)
    feedForward = try T5GatedFeedForward(second.scope("DenseReluDense"), configuration)
  }

  /// - Parameters:
  ///   - x: `[B, T, C]`.
  ///   - mask: The position bias, and what hides padding.
  package func callAsFunction(_ x: Tensor, mask: AttentionMask) -> Tensor {
    var x = x
    x += attention(attentionNorm(x), mask: mask)
    x += feedForward(feedForwardNorm(x))
    return x
  }
}

/// Self-attention without biases, and without the usual 1/√D before the softmax.
///
/// transformers 5.23.0 `models/t5/modeling_t5.py`, `T5Attention`.
struct T5Attention: Sendable {
  let queries: Linear  // q
  let keys: Linear  // k
  let values: Linear  // v
  let output: Linear  // o
  let heads: Int

  init(_ weights: WeightReader, _ configuration: T5Configuration) throws {
    let (width, inner) = (configuration.width, configuration.heads * configuration.headSize)
    queries = try Linear(weights.scope("q"), inputs: width, outputs: inner, bias: false)
    keys = try Linear(weights.scope("k"), inputs: width, outputs: inner, bias: false)
    values = try Linear(weights.scope("v"), inputs: width, outputs: inner, bias: false)
    output = try Linear(weights.scope("o"), inputs: inner, outputs: width, bias: false)
    heads = configuration.heads
  }

  func callAsFunction(_ x: Tensor, mask: AttentionMask) -> Tensor {
    output(queries(x).attention(keys: keys(x), values: values(x), heads: heads, scale: 1, mask: mask))
  }
}

/// `wo(gelu_new(wi_0 x) · wi_1 x)`.
///
/// transformers 5.23.0 `models/t5/modeling_t5.py`, `T5DenseGatedActDense`.
struct T5GatedFeedForward: Sendable {
  let gate: Linear  // wi_0
  let inner: Linear  // wi_1
  let output: Linear  // wo

  init(_ weights: WeightReader, _ configuration: T5Configuration) throws {
    let (width, innerWidth) = (configuration.width, configuration.innerWidth)
    gate = try Linear(weights.scope("wi_0"), inputs: width, outputs: innerWidth, bias: false)
    inner = try Linear(weights.scope("wi_1"), inputs: width, outputs: innerWidth, bias: false)
    output = try Linear(weights.scope("wo"), inputs: innerWidth, outputs: width, bias: false)
  }

  func callAsFunction(_ x: Tensor) -> Tensor { output(gate(x).activated(.geluTanh) * inner(x)) }
}
