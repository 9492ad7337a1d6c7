import Checkpoints
import Foundation
import Layers
import Tensors

/// Where the decoder begins: the tokens of the image that answer best to the text, each with a box.
struct Proposals: Sendable {
  /// Every token's best answer to a word, `[S]`.
  let scores: [Float]
  /// The chosen tokens, best first.
  let tokens: [Int]
  /// Their boxes as fractions of the real image (centre, width, height), `[Q, 4]`.
  let boxes: Tensor
}

/// Proposes boxes from the encoder's states.
///
/// transformers 5.23.0 `models/grounding_dino/modeling_grounding_dino.py`,
/// `GroundingDinoModel.generate_encoder_output_proposals` and what follows it. Padding, and tokens whose own box would touch the
/// border, count as zeros: all of them have one and the same score, which is worked out once, and the whole image as
/// their box. Boxes are worked out for the chosen tokens only.
struct BoxProposals: Sendable {
  let output: Linear  // enc_output
  let norm: LayerNorm  // enc_output_norm
  let boxHead: PredictionHead  // encoder_output_bbox_embed
  let count: Int

  init(_ weights: WeightReader, _ configuration: GroundingDinoConfiguration) throws {
    let width = configuration.width
    output = try Linear(weights.scope("enc_output"), inputs: width, outputs: width)
    norm = try LayerNorm(weights.scope("enc_output_norm"), width: width, epsilon: configuration.epsilon)
    boxHead = try PredictionHead(
      weights.scope("encoder_output_bbox_embed"), widths: width, width, width, 4)
    count = configuration.queries
  }

  /// - Parameters:
  ///   - state: After the encoder's last layer.
  ///   - textMask: 1 for words, 0 for padding.
  func callAsFunction(_ state: EncoderState, levels: [FeatureLevel], textMask: [Int]) -> Proposals {
    let anchors = levels.enumerated().flatMap { Self.anchors(of: $1, index: $0) }
    let valid = anchors.indices.filter { anchors[$0] != nil }
    // Row 0 is zeros, for all that are not valid.
    var rows = [Int](repeating: 0, count: anchors.count)
    for (row, token) in valid.enumerated() { rows[token] = row + 1 }
    let states = norm(output(state.vision.gatheredRows([-1] + valid)))
    let best = Self.bestAnswers(of: states, to: state.text, mask: textMask)
    let scores = rows.map { best[$0] }
    let tokens = scores.indicesOfLargest(count)
    let shifts = boxHead(states.gatheredRows(tokens.map { rows[$0] }))
    let boxes = Tensor(shape: [tokens.count, 4]) { target in
      shifts.withValues { shifts in
        for (row, token) in tokens.enumerated() {
          for axis in 0..<4 {
            let start = anchors[token].map { $0[axis] } ?? .infinity
            target[row * 4 + axis] = sigmoid(shifts[row * 4 + axis] + start)
          }
        }
      }
    }
    return Proposals(scores: scores, tokens: tokens, boxes: boxes)
  }

  /// The largest product of every row with a word, padding left out.
  private static func bestAnswers(of states: Tensor, to text: Tensor, mask: [Int]) -> [Float] {
    let words = text.gatheredRows(mask.indices.filter { mask[$0] != 0 })
    let answers = states.product(words, otherTransposed: true)
    return answers.withValues { answers in
      (0..<states.shape[0]).map { row in
        var best = -Float.infinity
        for word in 0..<words.shape[0] {
          let answer = answers[row * words.shape[0] + word]
          // Like torch's max, NaN comes through.
          if answer > best || answer.isNaN { best = answer }
        }
        return best
      }
    }
  }

  /// Every token's box before the head moves it, its logits; nil for padding and for boxes that touch the border.
  private static func anchors(of level: FeatureLevel, index: Int) -> [SIMD4<Float>?] {
    let side = 0.05 * powf(2, Float(index))
    return (0..<level.count).map { token in
      let (row, column) = (token / level.width, token % level.width)
      guard level.isValid(row: row, column: column) else { return nil }
      let box = SIMD4<Float>(
        (Float(column) + 0.5) / Float(level.validWidth), (Float(row) + 0.5) / Float(level.validHeight), side,
        side)
      guard (0..<4).allSatisfy({ box[$0] > 0.01 && box[$0] < 0.99 }) else { return nil }
      return SIMD4((0..<4).map { logf(box[$0] / (1 - box[$0])) })
    }
  }
}
