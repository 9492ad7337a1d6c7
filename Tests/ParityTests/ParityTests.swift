import Testing

/// A kind of case: which folders are of it, and the computation to hold against their numbers.
protocol ParityKind {
  static func covers(_ parityCase: ParityCase) -> Bool
  /// Our results by tensor name, for every tensor that the case compares.
  static func results(of parityCase: ParityCase) throws -> [String: [Float]]
  /// Holds our results against the case's; tensors by their metric, unless a kind compares something else.
  static func check(_ parityCase: ParityCase) throws
}

extension ParityKind {
  static func check(_ parityCase: ParityCase) throws { try parityCase.check(results(of: parityCase)) }
}

@Suite struct ParityTests {
  static var kinds: [any ParityKind.Type] {
    [
      FlowSchedulerParity.self, AutoencoderParity.self, FluxTransformerParity.self, FluxPipelineParity.self,
      TokenizerParity.self, CLIPModelParity.self, CLIPTextEncoderParity.self, CLIPPreprocessingParity.self,
      T5EncoderParity.self, CLIPTrainingParity.self, FluxLoRATrainingParity.self, FluxPreferenceParity.self,
      GroundingDinoParity.self,
    ]
  }

  static func kind(of parityCase: ParityCase) -> (any ParityKind.Type)? {
    kinds.first { $0.covers(parityCase) }
  }

  @Test(arguments: ParityCase.all.filter { kind(of: $0) != nil })
  func agreesWithTheReference(parityCase: ParityCase) throws {
    let kind = try #require(Self.kind(of: parityCase))
    try kind.check(parityCase)
  }

  @Test func namesTheCasesThatNothingRuns() {
    for parityCase in ParityCase.all where Self.kind(of: parityCase) == nil {
      print("parity \(parityCase.name): no kind of test covers it")
    }
  }
}
