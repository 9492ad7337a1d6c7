/// An sft job that leaves nothing open.
package struct ResolvedSFT: Sendable, Equatable {
  package var request: SFTRequest
  package var shape: LoRAShape
  /// T5 tokens.
  package var maxSequenceLength: Int

  /// - Parameters:
  ///   - initial: The shape of the initial adapter; nil without one.
  ///   - maxSequenceLength: The model's, taken where the job is silent.
  /// - Throws: ``JobFailure`` when the job asks for another shape than the initial adapter has.
  package init(
    _ request: SFTRequest, initial: LoRAShape?, maxSequenceLength: Int
  ) throws(JobFailure) {
    self.request = request
    shape = try request.adapter.shape(initial: initial)
    self.maxSequenceLength = request.adapter.maxSequenceLength ?? maxSequenceLength
  }
}

extension ResolvedSFT: Encodable {
  package func encode(to encoder: any Encoder) throws {
    try request.encode(to: encoder)
    try encodeDecided(shape, maxSequenceLength, to: encoder)
  }
}

/// An oft job that leaves nothing open; its prompts are listed, also when they came from a file.
package struct ResolvedOFT: Sendable, Equatable {
  package var request: OFTRequest
  package var prompts: [EntityPrompt]
  package var shape: LoRAShape
  /// T5 tokens.
  package var maxSequenceLength: Int

  /// - Parameters:
  ///   - prompts: As listed, or read from their file.
  ///   - initial: The shape of the initial adapter; nil without one.
  ///   - maxSequenceLength: The model's, taken where the job is silent.
  /// - Throws: ``JobFailure`` when a prompt lacks what the detector needs, or when the job asks for another shape than
  ///   the initial adapter has.
  package init(
    _ request: OFTRequest, prompts: [EntityPrompt], initial: LoRAShape?, maxSequenceLength: Int
  ) throws(JobFailure) {
    try request.check(prompts)
    self.request = request
    self.prompts = prompts
    self.request.prompts = .inline(prompts)
    shape = try request.adapter.shape(initial: initial)
    self.maxSequenceLength = request.adapter.maxSequenceLength ?? maxSequenceLength
  }
}

extension ResolvedOFT: Encodable {
  package func encode(to encoder: any Encoder) throws {
    try request.encode(to: encoder)
    try encodeDecided(shape, maxSequenceLength, to: encoder)
  }
}

/// Writes what the model and the initial adapter decided beside what the request says.
private func encodeDecided(_ shape: LoRAShape, _ maxSequenceLength: Int, to encoder: any Encoder) throws {
  var fields = encoder.container(keyedBy: AdapterTrainingRequest.Field.self)
  try fields.encode(shape.rank, forKey: .rank)
  try fields.encode(shape.alpha, forKey: .loraAlpha)
  try fields.encode(shape.targetModules, forKey: .targetModules)
  try fields.encode(maxSequenceLength, forKey: .maxSequenceLength)
}
