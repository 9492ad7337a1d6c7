/// A `benchmark` job as its file says it: measure a scorer or a model that draws (arXiv:2504.13129).
package enum BenchmarkRequest: Sendable, Equatable {
  /// How often a scorer prefers the right picture of a tuple.
  case evaluator(EvaluatorBenchmarkRequest)
  /// How pictures of each tier of prompts score.
  case generator(GeneratorBenchmarkRequest)
  /// How pictures score that were made elsewhere.
  case images(ImagesBenchmarkRequest)
  /// How a language model grades pictures.
  case judge(JudgeBenchmarkRequest)
  /// Which picture of a tuple a language model prefers.
  case pairwise(PairwiseBenchmarkRequest)

  package enum Suite: String, Sendable, Codable, CaseIterable {
    case evaluator, generator, images, judge, pairwise
  }

  package var suite: Suite {
    switch self {
    case .evaluator: .evaluator
    case .generator: .generator
    case .images: .images
    case .judge: .judge
    case .pairwise: .pairwise
    }
  }

  /// The fields of all suites; ``fields(of:)`` says which belong to which.
  package enum Field: String, FieldNames, CodingKey {
    case suite, model, dataset
    case groupBy = "group_by"
    case adapter, reward
    case imagesPerPrompt = "num_images_per_prompt"
    case tiers, wording, height, width
    case inferenceSteps = "num_inference_steps"
    case guidanceScale = "guidance_scale"
    case maxSequenceLength = "max_sequence_length"
    case seed, limit, baseline, oracle
    case folder, strict, endpoint
    case keyVariable = "api_key_env"
    case credential
    case maxConcurrency = "max_concurrency"
    case timeoutSeconds = "timeout_seconds"
    case maxRetries = "max_retries"
    case requestsPerMinute = "requests_per_minute"
    case temperature
    case maxTokens = "max_tokens"
    case chainOfThought = "chain_of_thought"
    case pricePerMillionInputTokens = "price_per_million_input_tokens"
    case pricePerMillionOutputTokens = "price_per_million_output_tokens"
    case mode
    case batchAnswers = "batch_answers"
  }

  /// The fields that a suite reads beside the ones of every job.
  static func fields(of suite: Suite) -> [Field] {
    switch suite {
    case .evaluator: [.suite, .model, .dataset, .groupBy]
    case .generator: GeneratorBenchmarkRequest.fields
    case .images: ImagesBenchmarkRequest.fields
    case .judge: JudgeBenchmarkRequest.fields
    case .pairwise: PairwiseBenchmarkRequest.fields
    }
  }
}

extension BenchmarkRequest: WorkRequest {
  init(reading fields: FieldReader<Field>) {
    let suites = Suite.allCases.map(\.rawValue).joined(separator: ", ")
    fields.require(.suite, "what is measured: \(suites)")
    let suite = fields.choice(.suite, of: Suite.self)
    if let suite {
      let known = Self.fields(of: suite)
      for field in Field.allCases where fields.has(field) && !known.contains(field) {
        fields.report(
          .conflict, field, "does not belong to the suite \"\(suite.rawValue)\"",
          hint: "Its fields are \(known.map(\.rawValue).joined(separator: ", ")).")
      }
    }
    switch suite ?? .evaluator {
    case .evaluator: self = .evaluator(EvaluatorBenchmarkRequest(reading: fields))
    case .generator: self = .generator(GeneratorBenchmarkRequest(reading: fields))
    case .images: self = .images(ImagesBenchmarkRequest(reading: fields))
    case .judge: self = .judge(JudgeBenchmarkRequest(reading: fields))
    case .pairwise: self = .pairwise(PairwiseBenchmarkRequest(reading: fields))
    }
  }
}

extension BenchmarkRequest: Encodable {
  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Field.self)
    try fields.encode(suite, forKey: .suite)
    switch self {
    case .evaluator(let request): try request.encode(to: encoder)
    case .generator(let request): try request.encode(to: encoder)
    case .images(let request): try request.encode(to: encoder)
    case .judge(let request): try request.encode(to: encoder)
    case .pairwise(let request): try request.encode(to: encoder)
    }
  }
}
