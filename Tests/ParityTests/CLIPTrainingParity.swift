import Autodiff
import CLIP
import Checkpoints
import FineTuning
import Tensors
import Testing

/// SciScore's criterion on a CLIP `model` folder: losses, every gradient, and the weights after three steps.
enum CLIPTrainingParity: ParityKind {
  static func covers(_ parityCase: ParityCase) -> Bool {
    parityCase.has("model/config.json") && parityCase.comparisons.contains { $0.tensor == "text_loss" }
  }

  static func results(of parityCase: ParityCase) throws -> [String: [Float]] {
    let hyper = try #require(parityCase.description["hyper"]?.object)
    func number(_ name: String) throws -> Double { try #require(hyper[name]?.double) }
    let inputs = try parityCase.file("inputs.safetensors")
    func ids(_ name: String) throws -> [[Int]] {
      let (flat, width) = (try inputs.integers(name), try inputs.entry(name).shape[1])
      return stride(from: 0, to: flat.count, by: width).map { Array(flat[$0..<$0 + width]) }
    }
    func pixels(_ name: String) throws -> Tensor {
      Tensor(try inputs.floats(name), shape: try inputs.entry(name).shape)
    }
    let (implicit, explicit, superficial) = (try ids("ids"), try ids("pos_ids"), try ids("neg_ids"))
    let (right, wrong) = (try pixels("pixel_values_pos"), try pixels("pixel_values_neg"))
    let clip = try TrainableCLIP(folder: "\(parityCase.folder)/model")
    var optimizer = AdamW(clip.parameters, .init(weightDecay: try number("weight_decay")))
    var results: [String: [Float]] = [:]
    for step in 0..<3 {
      // Computing layers again must not change anything: every other step does.
      let (tape, isCheckpointed) = (Tape(), step % 2 == 0)
      func text(_ ids: [[Int]]) -> Variable {
        clip.textFeatures(ids: ids, on: tape, isCheckpointed: isCheckpointed).normalisedToUnitLength()
      }
      func image(_ pixels: Tensor) -> Variable {
        clip.imageFeatures(pixels, on: tape, isCheckpointed: isCheckpointed).normalisedToUnitLength()
      }
      let loss = SciScoreCriterion.loss(
        .init(
          implicit: text(implicit), explicit: text(explicit), superficial: text(superficial),
          explicitImage: image(right), superficialImage: image(wrong)),
        logitScale: clip.logitScale(on: tape), lambda: Float(try number("lambda_")))
      tape.backward(from: loss.total)
      if step == 0 {
        results["loss"] = loss.total.value.values
        results["text_loss"] = loss.imageChoice
        results["image_pos_loss"] = loss.explicitImage
        results["image_neg_loss"] = loss.superficialImage
        for parameter in clip.parameters { results["grad.\(parameter.name)"] = parameter.gradient?.values }
      }
      GradientNorm.clip(clip.parameters, to: try number("max_grad_norm"))
      optimizer.step(learningRate: try number("lr"))
      for parameter in clip.parameters { parameter.clearGradient() }
    }
    for parameter in clip.parameters { results["after3.\(parameter.name)"] = parameter.value.values }
    return results
  }
}
