import Foundation

/// What `result.json` says of a job that is done.
package struct JobResult: Sendable, Equatable {
  /// The job's id in the ledger.
  package var id: String
  package var name: String
  package var attempt: Int
  package var started: Date
  package var finished: Date
  package var labels: [String: String]
  package var outcome: Outcome
  package var timings: JobTimings
  /// The program's version.
  package var version: String

  package init(
    id: String, name: String, attempt: Int, started: Date, finished: Date, labels: [String: String] = [:],
    outcome: Outcome, timings: JobTimings, version: String
  ) {
    self.id = id
    self.name = name
    self.attempt = attempt
    self.started = started
    self.finished = finished
    self.labels = labels
    self.outcome = outcome
    self.timings = timings
    self.version = version
  }

  package enum Outcome: Sendable, Equatable {
    case generate(GenerateResult)
    case score(ScoreResult)
    case training(TrainingResult)
    case benchmark(BenchmarkResult)
    case dataset(DatasetResult)

    package var kind: JobRequest.Kind {
      switch self {
      case .generate: .generate
      case .score: .score
      case .training(let result):
        switch result.kind {
        case .reward: .reward
        case .sft: .sft
        case .oft: .oft
        }
      case .benchmark: .benchmark
      case .dataset: .dataset
      }
    }
  }
}

extension JobResult: Codable {
  enum CodingKeys: String, CodingKey {
    case kind, id, name, attempt
    case started = "started_at"
    case finished = "finished_at"
    case labels, timings, version
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let kind = try values.decode(JobRequest.Kind.self, forKey: .kind)
    switch kind {
    case .generate: outcome = .generate(try GenerateResult(from: decoder))
    case .score: outcome = .score(try ScoreResult(from: decoder))
    case .reward, .sft, .oft: outcome = .training(try TrainingResult(from: decoder))
    case .dataset: outcome = .dataset(try DatasetResult(from: decoder))
    case .benchmark: outcome = .benchmark(try BenchmarkResult(from: decoder))
    }
    id = try values.decode(String.self, forKey: .id)
    name = try values.decode(String.self, forKey: .name)
    attempt = try values.decode(Int.self, forKey: .attempt)
    started = try values.decode(Date.self, forKey: .started)
    finished = try values.decode(Date.self, forKey: .finished)
    labels = try values.decode([String: String].self, forKey: .labels)
    timings = try values.decode(JobTimings.self, forKey: .timings)
    version = try values.decode(String.self, forKey: .version)
  }

  /// One flat object: the kind's own members stand beside the common ones.
  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(outcome.kind, forKey: .kind)
    switch outcome {
    case .generate(let result): try result.encode(to: encoder)
    case .score(let result): try result.encode(to: encoder)
    case .training(let result): try result.encode(to: encoder)
    case .benchmark(let result): try result.encode(to: encoder)
    case .dataset(let result): try result.encode(to: encoder)
    }
    try values.encode(id, forKey: .id)
    try values.encode(name, forKey: .name)
    try values.encode(attempt, forKey: .attempt)
    try values.encode(started, forKey: .started)
    try values.encode(finished, forKey: .finished)
    try values.encode(labels, forKey: .labels)
    try values.encode(timings, forKey: .timings)
    try values.encode(version, forKey: .version)
  }
}

/// The images of a generate job.
package struct GenerateResult: Sendable, Equatable, Codable {
  package var model: String
  package var scoreModel: String?
  package var images: [GeneratedImage]

  package init(model: String, scoreModel: String? = nil, images: [GeneratedImage]) {
    self.model = model
    self.scoreModel = scoreModel
    self.images = images
  }

  enum CodingKeys: String, CodingKey {
    case model
    case scoreModel = "score_model"
    case images
  }
}

/// One image of a generate job.
package struct GeneratedImage: Sendable, Equatable, Codable {
  /// The PNG, relative to the job's output folder.
  package var file: String
  package var prompt: String
  package var negativePrompt: String?
  package var object: String?
  /// Seed of the image's noise; nil when the job brought its own latents.
  package var seed: Int?
  package var height: Int
  package var width: Int
  /// `exp(logit_scale) · cos` of prompt and image, when the job asked for scores.
  package var score: Double?
  /// Of the file.
  package var sha256: String
  /// Drawing it took so long, loading models not counted.
  package var seconds: Double
  /// An earlier attempt of the job drew it.
  package var resumed: Bool

  package init(
    file: String, prompt: String, negativePrompt: String? = nil, object: String? = nil, seed: Int?,
    height: Int, width: Int, score: Double? = nil, sha256: String, seconds: Double, resumed: Bool = false
  ) {
    self.file = file
    self.prompt = prompt
    self.negativePrompt = negativePrompt
    self.object = object
    self.seed = seed
    self.height = height
    self.width = width
    self.score = score
    self.sha256 = sha256
    self.seconds = seconds
    self.resumed = resumed
  }

  enum CodingKeys: String, CodingKey {
    case file, prompt
    case negativePrompt = "negative_prompt"
    case object, seed, height, width, score, sha256, seconds, resumed
  }
}

/// The scores of a score job.
package struct ScoreResult: Sendable, Equatable, Codable {
  package var model: String
  package var items: [Item]

  package init(model: String, items: [Item]) {
    self.model = model
    self.items = items
  }

  /// One prompt with its images.
  package struct Item: Sendable, Equatable, Codable {
    package var prompt: String
    package var images: [Image]

    package init(prompt: String, images: [Image]) {
      self.prompt = prompt
      self.images = images
    }
  }

  package struct Image: Sendable, Equatable, Codable {
    /// The path as the job wrote it.
    package var file: String
    /// `exp(logit_scale) · cos` of prompt and image.
    package var score: Double
    /// Softmax of the item's scores: how likely this image is the one that fits best.
    package var probability: Double

    package init(file: String, score: Double, probability: Double) {
      self.file = file
      self.score = score
      self.probability = probability
    }
  }
}
