import Checkpoints
import Layers
import Tensors
import Tokenizers

/// What the text tower says about a batch of texts.
package struct CLIPTextOutput: Sendable {
  /// States after the last layer and the final normalisation, `[B, T, C]`.
  package let lastHiddenState: Tensor
  /// The state at each text's end token, `[B, C]`.
  package let pooled: Tensor
  /// States before the last layer, without the final normalisation, `[B, T, C]`: `hidden_states[-2]`, which SDXL uses.
  package let penultimateHiddenState: Tensor
}

/// CLIP's text tower: causal transformer over tokens, pooled at the end token.
///
/// transformers 5.23.0 `models/clip/modeling_clip.py`, `CLIPTextModel` and `CLIPTextEmbeddings`.
package struct CLIPTextModel: Sendable {
  package let configuration: CLIPTextConfiguration
  let tokenEmbedding: Embedding  // embeddings.token_embedding
  let positionEmbedding: Tensor  // embeddings.position_embedding.weight [positions, C]
  let encoder: CLIPEncoder
  let finalNorm: LayerNorm  // final_layer_norm

  /// Names of buffers in files of older versions; their values follow from the sizes.
  static let ignored: [KeyPattern] = ["*.position_ids"]

  /// Loads a lone text model, as diffusion pipelines have in `text_encoder`.
  ///
  /// Published files put `text_model.` before every name, transformers 5 saves without it: both are read.
  package init(folder: String) throws {
    let configuration = try CLIPTextConfiguration(ModelConfiguration(path: folder))
    let weights = try WeightReader(Checkpoint(path: folder), ignoring: Self.ignored)
    let isPrefixed = weights.contains("text_model.final_layer_norm.weight")
    try self.init(isPrefixed ? weights.scope("text_model") : weights, configuration)
    try weights.finish()
  }

  package init(_ weights: WeightReader, _ configuration: CLIPTextConfiguration) throws {
    self.configuration = configuration
    let width = configuration.encoder.width
    let embeddings = weights.scope("embeddings")
    tokenEmbedding = try Embedding(
      embeddings.scope("token_embedding"), count: configuration.vocabularySize, width: width)
    positionEmbedding = try embeddings.scope("position_embedding").tensor(
      "weight", shape: [configuration.maxPositions, width])
    encoder = try CLIPEncoder(weights.scope("encoder"), configuration.encoder)
    finalNorm = try LayerNorm(
      weights.scope("final_layer_norm"), width: width, epsilon: configuration.encoder.epsilon)
  }

  /// Encodes rows of token ids, all equally long and at most ``CLIPTextConfiguration/maxPositions``.
  ///
  /// - Parameter mask: 1 for tokens, 0 for padding, as the tokenizer gives it. Because attention is causal and the first end
  ///   token is pooled, leaving it out changes the states at padding places only.
  package func callAsFunction(ids: [[Int]], mask: [[Int]]? = nil) -> CLIPTextOutput {
    let (batch, length) = (ids.count, ids.first?.count ?? 0)
    precondition(batch > 0 && length > 0 && ids.allSatisfy { $0.count == length }, "rows of unequal length")
    precondition(length <= configuration.maxPositions, "\(length) tokens of \(configuration.maxPositions)")

    let tokens = tokenEmbedding(ids.flatMap { $0 }).reshaped(batch, length, -1)  // [B, T, C]
    let x = tokens + positionEmbedding.slice(0..<length, axis: 0)
    let (encoded, penultimate) = encoder(
      x, mask: AttentionMask(isCausal: true, keyBias: mask.map(Tensor.keyBias)))
    let last = finalNorm(encoded)

    let width = configuration.encoder.width
    let places = ids.enumerated().map { $0.offset * length + configuration.poolingPlace(in: $0.element) }
    let pooled = Weight(last.reshaped(batch * length, width)).rows(places)  // [B, C]
    return CLIPTextOutput(lastHiddenState: last, pooled: pooled, penultimateHiddenState: penultimate)
  }

  /// Refuses a tokenizer whose ids the token table does not have.
  package func requireVocabulary(of tokenizer: some Tokenizer, folder: String) throws(CheckpointError) {
    guard tokenizer.vocabularySize <= configuration.vocabularySize else {
      throw CheckpointError(
        file: folder, problem: "the tokenizer has \(tokenizer.vocabularySize) tokens", found: nil,
        expected: "at most the \(configuration.vocabularySize) of the text model",
        hint: "Tokenizer and weights belong to different models: copy both from the same repository")
    }
  }
}

extension CLIPTextConfiguration {
  /// Where the end token stands; configurations written before transformers 4.31 say 2 and mean the largest id.
  func poolingPlace(in ids: [Int]) -> Int {
    let end = endTokenID == 2 ? ids.max() : endTokenID
    return ids.firstIndex { $0 == end } ?? 0
  }
}

extension Tensor {
  /// What hides padding from attention: 0 where the mask is 1, the lowest float where it is 0; `[B, T]`.
  static func keyBias(of mask: [[Int]]) -> Tensor {
    Tensor(
      mask.joined().map { $0 == 0 ? -Float.greatestFiniteMagnitude : 0 },
      shape: [mask.count, mask.first?.count ?? 0])
  }
}
