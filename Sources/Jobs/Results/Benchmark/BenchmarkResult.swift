/// What a `benchmark` job measured.
package enum BenchmarkResult: Sendable, Equatable {
  case evaluator(EvaluatorBenchmarkResult)
  case generator(GeneratorBenchmarkResult)
  /// The same of pictures made elsewhere.
  case images(GeneratorBenchmarkResult)
  case judge(JudgeBenchmarkResult)
  case pairwise(PairwiseBenchmarkResult)

  /// The result of a suite that measures pictures of tuples.
  package var pictures: GeneratorBenchmarkResult? {
    switch self {
    case .generator(let result), .images(let result): result
    default: nil
    }
  }
}

extension BenchmarkResult: Codable {
  enum CodingKeys: String, CodingKey { case suite }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    switch try values.decode(BenchmarkRequest.Suite.self, forKey: .suite) {
    case .evaluator: self = .evaluator(try EvaluatorBenchmarkResult(from: decoder))
    case .generator: self = .generator(try GeneratorBenchmarkResult(from: decoder))
    case .images: self = .images(try GeneratorBenchmarkResult(from: decoder))
    case .judge: self = .judge(try JudgeBenchmarkResult(from: decoder))
    case .pairwise: self = .pairwise(try PairwiseBenchmarkResult(from: decoder))
    }
  }

  /// The suite stands beside the members of its result.
  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .evaluator(let result):
      try values.encode(BenchmarkRequest.Suite.evaluator, forKey: .suite)
      try result.encode(to: encoder)
    case .generator(let result):
      try values.encode(BenchmarkRequest.Suite.generator, forKey: .suite)
      try result.encode(to: encoder)
    case .images(let result):
      try values.encode(BenchmarkRequest.Suite.images, forKey: .suite)
      try result.encode(to: encoder)
    case .judge(let result):
      try values.encode(BenchmarkRequest.Suite.judge, forKey: .suite)
      try result.encode(to: encoder)
    case .pairwise(let result):
      try values.encode(BenchmarkRequest.Suite.pairwise, forKey: .suite)
      try result.encode(to: encoder)
    }
  }
}
