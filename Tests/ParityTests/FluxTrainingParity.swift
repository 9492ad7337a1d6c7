import Autodiff
import Checkpoints
import FLUX
import FineTuning
import GroundingDINO
import Tensors
import Testing

/// The flow-matching loss of a FLUX `transformer` with low-rank updates: gradients, and the updates after three steps.
enum FluxLoRATrainingParity: ParityKind {
  static func covers(_ parityCase: ParityCase) -> Bool {
    parityCase.has("lora_warm") && parityCase.comparisons.contains { $0.tensor == "warm.losses" }
  }

  static func results(of parityCase: ParityCase) throws -> [String: [Float]] {
    var results: [String: [Float]] = [:]
    for tag in ["warm", "init"] { try add(tag, of: parityCase, to: &results) }
    return results
  }

  private static func add(_ tag: String, of parityCase: ParityCase, to results: inout [String: [Float]])
    throws
  {
    let hyper = try #require(parityCase.description["hyper"]?.object)
    func number(_ name: String) throws -> Double { try #require(hyper[name]?.double) }
    let lowRank = LowRankLayers(
      try LowRankAdapter(path: "\(parityCase.folder)/lora_\(tag)"),
      scale: Float(try number("lora_alpha") / number("r")))
    let transformer = try FluxTransformer2DModel(folder: "\(parityCase.folder)/transformer", lowRank: lowRank)
    let inputs = try parityCase.file("inputs.safetensors")
    var optimizer = AdamW(lowRank.parameters, .init(weightDecay: try number("weight_decay")))
    var (losses, norms): ([Float], [Float]) = ([], [])
    for step in 0..<3 {
      func input(_ name: String) throws -> Tensor {
        Tensor(try inputs.floats("step\(step).\(name)"), shape: try inputs.entry("step\(step).\(name)").shape)
      }
      let (latents, noise) = (try input("latents"), try input("noise"))
      let sigma = Tensor(
        try inputs.integers("step\(step).index").map { FlowMatchingLoss.sigma(timestepIndex: $0) })
      let mixed = FlowMatchingLoss.mixed(latents, noise: noise, sigma: sigma)
      let context = try input("prompt_embeds")
      let (height, width) = (latents.shape[2], latents.shape[3])
      let tape = Tape()
      let velocity = transformer.velocity(
        latents: PackedLatents.pack(mixed), context: context, pooled: try input("pooled"), sigma: sigma,
        guidance: transformer.configuration.hasGuidance ? Tensor(repeating: 0, shape: sigma.shape) : nil,
        rotary: transformer.rotaryTable(textTokens: context.shape[1], height: height / 2, width: width / 2),
        on: tape, isCheckpointed: step > 0)
      let loss = FlowMatchingLoss.loss(
        velocity: velocity, latents: PackedLatents.pack(latents), noise: PackedLatents.pack(noise))
      tape.backward(from: loss)
      losses.append(loss.value.item)
      if step == 0 {
        results["\(tag).velocity_step0"] =
          PackedLatents.unpack(velocity.value, height: height, width: width).values
        for parameter in lowRank.parameters {
          results["\(tag).grad.transformer.\(parameter.name)"] = parameter.gradient?.values
        }
      }
      norms.append(Float(GradientNorm.clip(lowRank.parameters, to: try number("max_grad_norm"))))
      optimizer.step(learningRate: try number("lr"))
      for parameter in lowRank.parameters { parameter.clearGradient() }
    }
    results["\(tag).losses"] = losses
    results["\(tag).grad_norms"] = norms
    for (name, tensor) in lowRank.tensors() { results["\(tag).after3.\(name)"] = tensor.values }
  }
}

/// A stochastic trajectory of a reference policy, and the preference loss of another along it.
enum FluxPreferenceParity: ParityKind {
  static func covers(_ parityCase: ParityCase) -> Bool {
    parityCase.has("lora_policy") && parityCase.comparisons.contains { $0.tensor == "sampling_log_probs" }
  }

  static func results(of parityCase: ParityCase) throws -> [String: [Float]] {
    let hyper = try #require(parityCase.description["hyper"]?.object)
    func number(_ name: String) throws -> Double { try #require(hyper[name]?.double) }
    let inputs = try parityCase.file("inputs.safetensors")
    func input(_ name: String) throws -> Tensor {
      Tensor(try inputs.floats(name), shape: try inputs.entry(name).shape)
    }
    func model(_ folder: String) throws -> (FluxTransformer2DModel, LowRankLayers) {
      let lowRank = LowRankLayers(try LowRankAdapter(path: "\(parityCase.folder)/\(folder)"), scale: 1)
      return (
        try FluxTransformer2DModel(folder: "\(parityCase.folder)/transformer", lowRank: lowRank), lowRank
      )
    }
    let (reference, _) = try model("lora_ref")
    let (policy, lowRank) = try model("lora_policy")
    var results = try boxes(of: parityCase)

    let (sigmas, timesteps) = (try input("sigmas").values, try input("timesteps").values)
    let (context, pooled) = (try input("prompt_embeds"), try input("pooled"))
    let steps = Int(try number("n_steps"))
    let places = try input("img_ids")
    let height = Int(places.slice(1..<2, axis: 1).values.max()!) + 1
    let width = Int(places.slice(2..<3, axis: 1).values.max()!) + 1
    let rotary = policy.rotaryTable(textTokens: context.shape[1], height: height, width: width)
    let none = Tensor(repeating: 0, shape: [2])
    func level(_ step: Int) -> Tensor { Tensor(repeating: timesteps[step] / 1000, shape: [2]) }

    // Sampling with the reference.
    let noises = try input("noises")
    var latents = [try input("x0")]
    var logProbabilities: [[Double]] = []
    func step(_ index: Int, next: Tensor) throws -> PolicyStep {
      PolicyStep(
        latents: latents[index], nextLatents: next, sigma: sigmas[index], nextSigma: sigmas[index + 1],
        steps: steps, churn: Float(try number("s_churn")), drift: .reference)
    }
    for index in 0..<steps {
      let velocity = reference(
        latents: latents[index], context: context, pooled: pooled, sigma: level(index), guidance: none,
        rotary: rotary)
      var taken = try step(index, next: latents[index])
      let (mean, deviation) = taken.transition(velocity: velocity)
      var next = mean
      next.add(noises[index], times: deviation)
      taken.nextLatents = next
      logProbabilities.append(taken.logProbability(velocity: velocity).values)
      latents.append(next)
    }
    results["latents"] = Tensor.stacked(latents).permuted(1, 0, 2, 3).values
    results["sampling_log_probs"] = (0..<2).flatMap { entry in logProbabilities.map { Float($0[entry]) } }

    // The preference loss along it.
    let channels = latents[0].shape[2] / 4
    let mask = Tensor.concatenated(
      try entityBoxes("boxes", inputs).map {
        $0.packedMask(height: 2 * height, width: 2 * width, channels: channels, wrapsAround: true)
      }, axis: 0)
    let criterion = PreferenceLoss(
      beta: try number("beta"), clipEpsilon: try number("eps"), normalisation: .matrix)
    let chosen = try #require(hyper["steps"]?.array).compactMap(\.integer)
    for index in chosen {
      let taken = try step(index, next: latents[index + 1])
      let tape = Tape()
      let velocity = policy.velocity(
        latents: latents[index], context: context, pooled: pooled, sigma: level(index), guidance: none,
        rotary: rotary, on: tape)
      let loss = criterion(
        taken, velocity: velocity,
        referenceVelocity: reference(
          latents: latents[index], context: context, pooled: pooled, sigma: level(index), guidance: none,
          rotary: rotary), rewards: try input("rewards").values, mask: mask)
      tape.backward(from: loss.loss)
      let (mean, deviation) = taken.transition(velocity: velocity.value)
      results["step\(index).mean"] = mean.values
      results["step\(index).std"] = [deviation]
      results["step\(index).log_prob"] = loss.logProbabilities.map { Float($0) }
      results["step\(index).log_prob_ref"] = loss.referenceLogProbabilities.map { Float($0) }
      results["step\(index).log_ratio_clamped"] = loss.logRatios.map { Float($0) }
      results["step\(index).loss"] = loss.loss.value.values
    }
    for parameter in lowRank.parameters {
      results["grad_sum.transformer.\(parameter.name)"] = parameter.gradient?.values
    }
    return results
  }

  private static func entityBoxes(_ name: String, _ inputs: SafetensorsFile) throws -> [DetectionBox] {
    let numbers = try inputs.floats(name)
    return stride(from: 0, to: numbers.count, by: 4).map {
      DetectionBox(
        centreX: numbers[$0], centreY: numbers[$0 + 1], width: numbers[$0 + 2], height: numbers[$0 + 3])
    }
  }

  /// Enclosing boxes and masks of the case's lists of boxes.
  private static func boxes(of parityCase: ParityCase) throws -> [String: [Float]] {
    let inputs = try parityCase.file("inputs.safetensors")
    let expected = try parityCase.file("expected.safetensors")
    var results: [String: [Float]] = [:]
    for name in inputs.names where name.hasPrefix("boxes") {
      let boxes = try entityBoxes(name, inputs)
      let tag = name == "boxes" ? name : String(name.dropFirst("boxes.".count))
      guard let size = try? expected.entry("mask.\(tag)").shape.suffix(2), let height = size.first,
        let width = size.last
      else { continue }
      func mask(_ box: DetectionBox) -> [Float] {
        box.mask(height: height, width: width, wrapsAround: true).values
      }
      if name == "boxes" {
        results["mask.boxes"] = boxes.flatMap(mask)
      } else {
        let box = DetectionBox.enclosing(boxes)
        results["enclosing.\(tag)"] = [box.centreX, box.centreY, box.width, box.height]
        results["mask.\(tag)"] = mask(box)
      }
    }
    return results
  }
}
