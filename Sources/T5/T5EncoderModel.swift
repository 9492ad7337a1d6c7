import Checkpoints
import Layers
import Tensors

/// The T5 v1.1 encoder: token states that know their sentence.
///
/// transformers 5.23.0 `models/t5/modeling_t5.py`, `T5EncoderModel` over `T5Stack`. Embeddings are not scaled and carry no
/// absolute positions.
package struct T5EncoderModel: Sendable {
  package let configuration: T5Configuration
  let embedding: Embedding  // shared
  package let positionBias: T5RelativePositionBias
  package let blocks: [T5Block]
  let finalNorm: RMSNorm  // encoder.final_layer_norm
  /// Where the weights lie, when they lie in files.
  private var checkpoint: Checkpoint?

  /// Loads `config.json` and the weights of a folder.
  ///
  /// The token table may stand in the file twice, as `shared.weight` and `encoder.embed_tokens.weight`, or under
  /// either name. A decoder's tensors are left alone.
  package init(folder: String) throws {
    let configuration = try T5Configuration(ModelConfiguration(path: folder))
    let checkpoint = try Checkpoint(path: folder)
    let weights = try WeightReader(
      checkpoint,
      ignoring: ["shared.weight", "encoder.embed_tokens.weight", "decoder.*", "lm_head.weight"])
    try self.init(weights, configuration)
    try weights.finish()
    self.checkpoint = checkpoint
  }

  /// Bytes of the files.
  package var byteCount: Int { checkpoint?.byteCount ?? 0 }

  /// Gives the files' pages back to the kernel; the next use reads them again.
  package func letGo() { checkpoint?.advise(.dontNeed) }

  package init(_ weights: WeightReader, _ configuration: T5Configuration) throws {
    self.configuration = configuration
    let encoder = weights.scope("encoder")
    let hasShared = weights.contains("shared.weight") || !weights.contains("encoder.embed_tokens.weight")
    embedding = try Embedding(
      hasShared ? weights.scope("shared") : encoder.scope("embed_tokens"),
      count: configuration.vocabularySize,
      width: configuration.width)
    positionBias = try T5RelativePositionBias(
      encoder.scope("block", 0).scope("layer", 0).scope("SelfAttention"), configuration)
    var blocks: [T5Block] = []
    for index in 0..<configuration.blocks {
      blocks.append(try T5Block(encoder.scope("block", index), configuration))
    }
    self.blocks = blocks
    finalNorm = try RMSNorm(
      encoder.scope("final_layer_norm"), width: configuration.width, epsilon: configuration.epsilon)
  }

  /// Encodes rows of token ids, all equally long, to states `[B, T, C]`.
  ///
  /// - Parameter mask: 1 for tokens, 0 for padding. FLUX passes none: its padding attends and is attended to.
  package func callAsFunction(ids: [[Int]], mask: [[Int]]? = nil) -> Tensor {
    let attending = attentionMask(length: ids.first?.count ?? 0, mask: mask)
    return finalNorm(blocks.reduce(embedded(ids)) { $1($0, mask: attending) })
  }

  /// The token table's rows for the ids, `[B, T, C]`.
  package func embedded(_ ids: [[Int]]) -> Tensor {
    let (batch, length) = (ids.count, ids.first?.count ?? 0)
    precondition(batch > 0 && length > 0 && ids.allSatisfy { $0.count == length }, "rows of unequal length")
    return embedding(ids.flatMap { $0 }).reshaped(batch, length, configuration.width)
  }

  /// What every block's attention adds to its scores: relative positions, and the lowest float at padding keys.
  package func attentionMask(length: Int, mask: [[Int]]? = nil) -> AttentionMask {
    let keyBias = mask.map { mask in
      Tensor(mask.joined().map { $0 == 0 ? -Float.greatestFiniteMagnitude : 0 }, shape: [mask.count, length])
    }
    return AttentionMask(bias: positionBias(length: length), keyBias: keyBias)
  }
}
