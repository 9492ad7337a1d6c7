import Autodiff
import Checkpoints
import Foundation
import Layers
import Tensors

/// A CLIP all of whose tensors are trained.
///
/// ``CLIPModel`` with its forward pass recorded; transformers 5.23.0 `models/clip/modeling_clip.py` in training mode
/// (CLIP has no dropout unless its configuration asks for it, which is refused).
package final class TrainableCLIP {
  package let configuration: CLIPConfiguration
  /// By their names in the checkpoint, sorted.
  package let parameters: [Parameter]
  private let named: [String: Parameter]

  /// Reads a folder in the layout of transformers' `CLIPModel` as float32.
  ///
  /// - Throws: `CheckpointError` as ``CLIPModel`` does.
  package init(folder: String) throws {
    // The plain model answers for names and shapes.
    configuration = try CLIPModel(folder: folder).configuration
    let checkpoint = try Checkpoint(path: folder)
    var parameters: [Parameter] = []
    for key in checkpoint.keys where !CLIPTextModel.ignored.contains(where: { $0.matches(key) }) {
      guard let (file, entry) = checkpoint.locate(key) else { continue }
      parameters.append(Parameter(key, Tensor(try file.floats(key), shape: entry.shape)))
    }
    self.parameters = parameters
    named = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0) })
  }

  /// All tensors by name.
  package var tensors: [String: Tensor] { named.mapValues(\.value) }

  /// The logarithm of the factor before the cosine, a single number.
  package func logitScale(on tape: Tape) -> Variable { tape(named["logit_scale"]!) }

  /// Projected, not normalised text features `[B, projectionSize]` of rows of token ids, all equally long.
  package func textFeatures(ids: [[Int]], on tape: Tape, isCheckpointed: Bool = false) -> Variable {
    let text = configuration.text
    let scope = Scope(named, "text_model.", tape)
    let (batch, length) = (ids.count, ids.first?.count ?? 0)
    precondition(batch > 0 && length > 0 && ids.allSatisfy { $0.count == length }, "rows of unequal length")
    let tokens = scope["embeddings.token_embedding.weight"].rows(ids.flatMap { $0 })
    let positions = scope["embeddings.position_embedding.weight"].slice(0..<length, axis: 0)
    let x = tokens.reshaped(batch, length, -1) + positions
    let encoded = encode(
      x, text.encoder, "text_model.encoder.", mask: AttentionMask(isCausal: true), on: tape, isCheckpointed)
    let places = ids.enumerated().map { $0.offset * length + text.poolingPlace(in: $0.element) }
    // Rows are normalised one by one, so that only those which are pooled need to be.
    let pooled = encoded.reshaped(batch * length, -1).rows(places)
    return scope.norm("final_layer_norm", pooled, text.encoder.epsilon)
      .linear(Scope(named, "", tape)["text_projection.weight"])
  }

  /// Projected, not normalised image features `[B, projectionSize]` of normalised pixels `[B, 3, size, size]`.
  package func imageFeatures(_ pixelValues: Tensor, on tape: Tape, isCheckpointed: Bool = false) -> Variable {
    let vision = configuration.vision
    let scope = Scope(named, "vision_model.", tape)
    let (batch, width) = (pixelValues.shape[0], vision.encoder.width)
    let patches = Variable(pixelValues.permuted(0, 2, 3, 1))
      .convolved(
        with: scope["embeddings.patch_embedding.weight"],
        ConvolutionGeometry(
          inputs: 3, outputs: width, size: vision.patchSize, stride: vision.patchSize, padding: (0, 0))
      )
      .reshaped(batch, -1, width)
    let one = scope["embeddings.class_embedding"].reshaped(1, 1, width)
    let classTokens = Variable.concatenated(Array(repeating: one, count: batch), axis: 0)
    let tokens =
      Variable.concatenated([classTokens, patches], axis: 1) + scope["embeddings.position_embedding.weight"]
    let encoded = encode(
      scope.norm("pre_layrnorm", tokens, vision.encoder.epsilon), vision.encoder, "vision_model.encoder.",
      mask: .none, on: tape, isCheckpointed)
    let pooled = scope.norm(
      "post_layernorm", encoded.slice(0..<1, axis: 1).reshaped(batch, width), vision.encoder.epsilon)
    return pooled.linear(Scope(named, "", tape)["visual_projection.weight"])
  }

  private func encode(
    _ x: Variable, _ configuration: CLIPEncoderConfiguration, _ prefix: String, mask: AttentionMask,
    on tape: Tape, _ isCheckpointed: Bool
  ) -> Variable {
    (0..<configuration.layers).reduce(x) { x, index in
      let layer = { [named] (tape: Tape, x: Variable) -> Variable in
        Scope(named, "\(prefix)layers.\(index).", tape).layer(x, configuration, mask)
      }
      return isCheckpointed ? tape.checkpointed([x]) { [layer($0, $1[0])] }[0] : layer(tape, x)
    }
  }
}

/// The parameters whose names begin with a prefix, as variables of a tape.
private struct Scope {
  let named: [String: Parameter]
  let prefix: String
  let tape: Tape

  init(_ named: [String: Parameter], _ prefix: String, _ tape: Tape) {
    (self.named, self.prefix, self.tape) = (named, prefix, tape)
  }

  subscript(name: String) -> Variable { tape(named[prefix + name]!) }

  func linear(_ name: String, _ x: Variable) -> Variable {
    x.linear(self["\(name).weight"], bias: self["\(name).bias"])
  }

  func norm(_ name: String, _ x: Variable, _ epsilon: Float) -> Variable {
    x.layerNorm(weight: self["\(name).weight"], bias: self["\(name).bias"], epsilon: epsilon)
  }

  /// One transformer layer, normalised before its parts.
  func layer(_ x: Variable, _ configuration: CLIPEncoderConfiguration, _ mask: AttentionMask) -> Variable {
    let normed = norm("layer_norm1", x, configuration.epsilon)
    let attended = linear("self_attn.q_proj", normed).attention(
      keys: linear("self_attn.k_proj", normed), values: linear("self_attn.v_proj", normed),
      heads: configuration.heads,
      scale: 1 / Float(configuration.width / configuration.heads).squareRoot(), mask: mask)
    let x = x + linear("self_attn.out_proj", attended)
    let inner = linear("mlp.fc1", norm("layer_norm2", x, configuration.epsilon))
    return x + linear("mlp.fc2", inner.activated(configuration.activation))
  }
}
