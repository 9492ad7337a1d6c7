import Checkpoints
import Layers
import Tensors

/// BERT's encoder, without pooler: token states that know the tokens their mask lets them see.
///
/// transformers 5.23.0 `models/bert/modeling_bert.py`, `BertModel`. All tokens are of type 0.
struct BERTModel: Sendable {
  let configuration: BERTConfiguration
  let words: Embedding  // embeddings.word_embeddings
  let positions: Embedding  // embeddings.position_embeddings
  let types: Embedding  // embeddings.token_type_embeddings
  let norm: LayerNorm  // embeddings.LayerNorm
  let layers: [BERTLayer]  // encoder.layer

  init(_ weights: WeightReader, _ configuration: BERTConfiguration) throws {
    self.configuration = configuration
    let (width, embeddings) = (configuration.width, weights.scope("embeddings"))
    words = try Embedding(
      embeddings.scope("word_embeddings"), count: configuration.vocabularySize, width: width)
    positions = try Embedding(
      embeddings.scope("position_embeddings"), count: configuration.maxPositions, width: width)
    types = try Embedding(
      embeddings.scope("token_type_embeddings"), count: configuration.tokenTypes, width: width)
    norm = try LayerNorm(embeddings.scope("LayerNorm"), width: width, epsilon: configuration.epsilon)
    var layers: [BERTLayer] = []
    for index in 0..<configuration.layers {
      layers.append(try BERTLayer(weights.scope("encoder").scope("layer", index), configuration))
    }
    self.layers = layers
  }

  /// The states `[1, T, C]` of one text.
  ///
  /// - Parameters:
  ///   - ids: T token ids.
  ///   - blocks: Which tokens see each other, and the position of each in its block.
  func callAsFunction(ids: [Int], blocks: TextBlocks) -> Tensor {
    let embedded = words(ids) + positions(blocks.positions) + types([0])[0]
    let mask = blocks.attentionMask(heads: configuration.heads)
    let x = norm(embedded.reshaped(1, ids.count, configuration.width))
    return layers.reduce(x) { $1($0, mask: mask) }
  }
}

/// One layer, normalised after each of its parts.
///
/// transformers 5.23.0 `models/bert/modeling_bert.py`, `BertLayer` as an encoder has it.
struct BERTLayer: Sendable {
  let queries: Linear  // attention.self.query
  let keys: Linear  // attention.self.key
  let values: Linear  // attention.self.value
  let attentionOutput: Linear  // attention.output.dense
  let attentionNorm: LayerNorm  // attention.output.LayerNorm
  let inner: Linear  // intermediate.dense
  let output: Linear  // output.dense
  let norm: LayerNorm  // output.LayerNorm
  let heads: Int

  init(_ weights: WeightReader, _ configuration: BERTConfiguration) throws {
    let (width, innerWidth) = (configuration.width, configuration.innerWidth)
    let attention = weights.scope("attention")
    let projections = attention.scope("self")
    queries = try Linear(projections.scope("query"), inputs: width, outputs: width)
    keys = try Linear(projections.scope("key"), inputs: width, outputs: width)
    values = try Linear(projections.scope("value"), inputs: width, outputs: width)
    attentionOutput = try Linear(
      attention.scope("output").scope("dense"), inputs: width, outputs: width)
    attentionNorm = try LayerNorm(
      attention.scope("output").scope("LayerNorm"), width: width, epsilon: configuration.epsilon)
    inner = try Linear(weights.scope("intermediate").scope("dense"), inputs: width, outputs: innerWidth)
    output = try Linear(weights.scope("output").scope("dense"), inputs: innerWidth, outputs: width)
    norm = try LayerNorm(
      weights.scope("output").scope("LayerNorm"), width: width, epsilon: configuration.epsilon)
    heads = configuration.heads
  }

  /// - Parameter x: `[1, T, C]`.
  func callAsFunction(_ x: Tensor, mask: AttentionMask) -> Tensor {
    let projected = Linear.results(of: [queries.on(x), keys.on(x), values.on(x)])
    let attended = projected[0].attention(
      keys: projected[1], values: projected[2], heads: heads,
      scale: 1 / Float(x.columns / heads).squareRoot(), mask: mask)
    let x = attentionNorm(x + attentionOutput(attended))
    return norm(x + output(inner(x, then: .gelu)))
  }
}
