import Checkpoints
import Testing
import Tokenizers

@testable import T5

/// A T5 encoder with its tokenizer in `model`: short texts with and without mask, and one long row of ids.
enum T5EncoderParity: ParityKind {
  static func covers(_ parityCase: ParityCase) -> Bool {
    parityCase.has("model/config.json") && parityCase.comparisons.contains { $0.tensor == "buckets" }
  }

  static func results(of parityCase: ParityCase) throws -> [String: [Float]] {
    let model = try T5EncoderModel(folder: "\(parityCase.folder)/model")
    let inputs = try parityCase.file("inputs.safetensors")
    func rows(_ name: String) throws -> [[Int]] {
      let (values, width) = (try inputs.integers(name), try inputs.entry(name).shape[1])
      return stride(from: 0, to: values.count, by: width).map { Array(values[$0..<$0 + width]) }
    }
    let (ids, mask) = (try rows("input_ids"), try rows("mask"))
    let tokenizer = try T5Tokenizer(folder: "\(parityCase.folder)/model")
    let tokens = tokenizer.encode(
      try parityCase.description.strings("strings"), padding: .fixed(ids[0].count))
    #expect(tokens == TokenBatch(ids: ids, mask: mask))

    let first = model.blocks[0](model.embedded(ids), mask: model.attentionMask(length: ids[0].count))
    return [
      "last_hidden": model(ids: ids).values, "last_hidden_masked": model(ids: ids, mask: mask).values,
      "last_hidden_long": model(ids: try rows("long_ids")).values, "after_block0": first.values,
      "buckets": try inputs.integers("relative_positions").map {
        Float(T5RelativePositionBias.bucket(distance: $0, model.configuration))
      },
    ]
  }
}
