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
    let pooled = encode(
      x, text.encoder, "text_model.encoder.", isCausal: true,
      pooling: ids.map { text.poolingPlace(in: $0) }, on: tape, isCheckpointed)
    return scope.norm("final_layer_norm", pooled, text.encoder.epsilon)
      .linear(Scope(named, "", tape)["text_projection.weight"])
  }

  /// Projected, not normalised image features `[B, projectionSize]` of normalised pixels `[B, 3, size, size]`.
  package func imageFeatures(_ pixelValues: Tensor, on tape: Tape, isCheckpointed: Bool = false) -> Variable {
    let vision = configuration.vision
    let scope = Scope(named, "vision_model.", tape)
    let (batch, width) = (pixelValues.shape[0], vision.encoder.width)
    let patches = Variable(vision.patches(of: pixelValues))  // [B, patches, 3·P·P]
      .linear(scope["embeddings.patch_embedding.weight"].reshaped(width, -1))
    let one = scope["embeddings.class_embedding"].reshaped(1, 1, width)
    let classTokens = Variable.concatenated(Array(repeating: one, count: batch), axis: 0)
    let tokens =
      Variable.concatenated([classTokens, patches], axis: 1) + scope["embeddings.position_embedding.weight"]
    let classToken = encode(
      scope.norm("pre_layrnorm", tokens, vision.encoder.epsilon), vision.encoder, "vision_model.encoder.",
      isCausal: false, pooling: Array(repeating: 0, count: batch), on: tape, isCheckpointed)
    let pooled = scope.norm("post_layernorm", classToken, vision.encoder.epsilon)
    return pooled.linear(Scope(named, "", tape)["visual_projection.weight"])
  }

  /// The states after the last layer at one place of each row, `[B, C]`.
  private func encode(
    _ x: Variable, _ configuration: CLIPEncoderConfiguration, _ prefix: String, isCausal: Bool,
    pooling places: [Int], on tape: Tape, _ isCheckpointed: Bool
  ) -> Variable {
    (0..<configuration.layers).reduce(x) { x, index in
      let layer = { [named] (tape: Tape, x: Variable) -> Variable in
        let scope = Scope(named, "\(prefix)layers.\(index).", tape)
        return index < configuration.layers - 1
          ? scope.layer(x, configuration, isCausal: isCausal)
          : scope.lastLayer(x, configuration, isCausal: isCausal, pooling: places)
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

  func call(_ name: String, _ x: Variable) -> LinearCall {
    LinearCall([x], self["\(name).weight"], bias: self["\(name).bias"])
  }

  func linear(_ name: String, _ x: Variable) -> Variable { LinearCall.results(of: [call(name, x)])[0] }

  func norm(_ name: String, _ x: Variable, _ epsilon: Float) -> Variable {
    x.layerNorm(weight: self["\(name).weight"], bias: self["\(name).bias"], epsilon: epsilon)
  }

  /// One transformer layer, normalised before its parts.
  func layer(_ x: Variable, _ configuration: CLIPEncoderConfiguration, isCausal: Bool) -> Variable {
    let normed = norm("layer_norm1", x, configuration.epsilon)
    let parts = LinearCall.results(
      of: ["q_proj", "k_proj", "v_proj"].map { call("self_attn.\($0)", normed) })
    return finished(x, parts, configuration, AttentionMask(isCausal: isCausal))
  }

  /// The last layer: nobody reads its states but those that are pooled, so others are only attended to.
  ///
  /// - Parameter places: One of each row of `x` `[B, T, C]`.
  /// - Returns: `[B, C]`.
  func lastLayer(
    _ x: Variable, _ configuration: CLIPEncoderConfiguration, isCausal: Bool, pooling places: [Int]
  ) -> Variable {
    let (batch, length, width) = (x.shape[0], x.shape[1], x.shape[2])
    let rows = places.enumerated().map { $0.offset * length + $0.element }
    func pooled(_ x: Variable) -> Variable {
      x.reshaped(batch * length, width).rows(rows).reshaped(batch, 1, width)
    }
    var mask = AttentionMask.none
    if isCausal {
      mask.keyBias = Tensor(
        places.flatMap { place in (0..<length).map { $0 <= place ? 0 : -.infinity } }, shape: [batch, length])
    }
    let normed = norm("layer_norm1", x, configuration.epsilon)
    let parts = LinearCall.results(of: [
      call("self_attn.q_proj", pooled(normed)), call("self_attn.k_proj", normed),
      call("self_attn.v_proj", normed),
    ])
    return finished(pooled(x), parts, configuration, mask).reshaped(batch, width)
  }

  /// The stream after what it attended to and its feed-forward have been added.
  private func finished(
    _ x: Variable, _ parts: [Variable], _ configuration: CLIPEncoderConfiguration, _ mask: AttentionMask
  ) -> Variable {
    let attended = parts[0].attention(
      keys: parts[1], values: parts[2], heads: configuration.heads,
      scale: 1 / Float(configuration.width / configuration.heads).squareRoot(), mask: mask)
    let x = x + linear("self_attn.out_proj", attended)
    let inner = linear("mlp.fc1", norm("layer_norm2", x, configuration.epsilon))
    return x + linear("mlp.fc2", inner.activated(configuration.activation))
  }
}
