import Checkpoints
import Tensors

/// Parameters with their optimizer: collects gradients, clips them, steps, and can be saved and restored exactly.
package struct Learner {
  package struct Settings: Sendable, Equatable {
    package var learningRate: Double
    package var schedule: LearningRateSchedule
    package var adamW: AdamW.Settings
    /// The longest gradient; nil for no limit.
    package var maxGradientNorm: Double?

    package init(
      learningRate: Double, schedule: LearningRateSchedule = .constant, adamW: AdamW.Settings = .init(),
      maxGradientNorm: Double? = 1
    ) {
      self.learningRate = learningRate
      (self.schedule, self.adamW) = (schedule, adamW)
      self.maxGradientNorm = maxGradientNorm
    }
  }

  package let settings: Settings
  /// Optimizer steps taken.
  package private(set) var steps = 0
  private var optimizer: AdamW

  package init(_ parameters: [Parameter], _ settings: Settings) {
    self.settings = settings
    optimizer = AdamW(parameters, settings.adamW)
  }

  package var parameters: [Parameter] { optimizer.parameters }

  /// What steps change.
  package struct State {
    fileprivate let steps: Int
    fileprivate let values: [Tensor]
    fileprivate let moments: [AdamW.Moments?]
  }

  /// Held values share memory with the learner's until that takes its next step.
  package var state: State {
    get { State(steps: steps, values: parameters.map(\.value), moments: optimizer.moments) }
    set {
      steps = newValue.steps
      for (parameter, value) in zip(parameters, newValue.values) {
        parameter.value = value
        parameter.clearGradient()
      }
      optimizer.moments = newValue.moments
    }
  }

  /// What a step did.
  package struct Step: Sendable, Equatable {
    /// Before clipping.
    package let gradientNorm: Double
    package let learningRate: Double
  }

  /// Takes one step along the collected gradients and clears them.
  ///
  /// - Throws: ``TrainingError/gradient(step:norm:)`` when they are not finite; nothing is changed then.
  package mutating func step() throws -> Step {
    let norm = GradientNorm.total(of: parameters)
    guard norm.isFinite else { throw TrainingError.gradient(step: steps + 1, norm: norm) }
    if let limit = settings.maxGradientNorm { GradientNorm.clip(parameters, to: limit, norm: norm) }
    let rate = settings.learningRate * settings.schedule.factor(at: steps)
    optimizer.step(learningRate: rate)
    for parameter in parameters { parameter.clearGradient() }
    steps += 1
    return Step(gradientNorm: norm, learningRate: rate)
  }
}

// Saving and restoring.
extension Learner {
  /// Everything that the next steps depend on, as a safetensors file.
  package func save(to path: String) throws(CheckpointError) {
    var writer = SafetensorsWriter(metadata: ["format": "scispool-training"])
    writer.add("steps", integers: [steps], shape: [])
    for (parameter, moments) in zip(parameters, optimizer.moments) {
      writer.add("value.\(parameter.name)", parameter.value.values, shape: parameter.value.shape)
      guard let moments else { continue }
      writer.add("first.\(parameter.name)", moments.first.values, shape: moments.first.shape)
      writer.add("second.\(parameter.name)", moments.second.values, shape: moments.second.shape)
      writer.add("count.\(parameter.name)", integers: [moments.count], shape: [])
    }
    try writer.write(to: path)
  }

  /// Goes on from a saved state of the same parameters.
  ///
  /// - Throws: `CheckpointError` when it holds others.
  package mutating func restore(from path: String) throws(CheckpointError) {
    let file = try SafetensorsFile(path: path)
    var expected: Set<String> = ["steps"]
    func tensor(_ name: String, like shape: [Int]) throws(CheckpointError) -> Tensor {
      guard let entry = file.header.entries[name], entry.shape == shape else {
        throw CheckpointError(
          file: path, key: name, problem: "is not in the training state as this job needs it",
          found: file.header.entries[name].map { "\($0.shape)" }, expected: "\(shape)",
          hint: "The state belongs to another job")
      }
      expected.insert(name)
      return Tensor(try file.floats(name), shape: shape)
    }
    func number(_ name: String) throws(CheckpointError) -> Int {
      expected.insert(name)
      guard let value = try file.integers(name).first else {
        throw CheckpointError(file: path, key: name, problem: "holds no number", hint: "The state is damaged")
      }
      return value
    }
    let steps = try number("steps")
    var values: [Tensor] = []
    var moments: [AdamW.Moments?] = []
    for parameter in parameters {
      let shape = parameter.value.shape
      values.append(try tensor("value.\(parameter.name)", like: shape))
      guard file.header.entries["first.\(parameter.name)"] != nil else {
        moments.append(nil)
        continue
      }
      moments.append(
        AdamW.Moments(
          first: try tensor("first.\(parameter.name)", like: shape),
          second: try tensor("second.\(parameter.name)", like: shape),
          count: try number("count.\(parameter.name)")))
    }
    let strangers = Set(file.names).subtracting(expected).sorted()
    guard strangers.isEmpty else {
      throw CheckpointError(
        file: path, key: strangers[0], problem: "is none of this job's parameters",
        hint: "The state belongs to another job")
    }
    state = State(steps: steps, values: values, moments: moments)
  }
}
