/// A data set of procedural scenes with test splits that training never saw.
package struct SceneDatasetRequest: Sendable, Equatable {
  /// Name of the folder below the spool's `datasets/`.
  package var output = ""
  /// Tuples of the split `train`.
  package var tuples = 3200
  /// Tuples of each test split; 0 for none.
  package var testTuples = 512
  /// Subjects of each task that only `test-unseen` has; 0 for no such split.
  package var heldOutSubjects = 2
  /// Implicit wordings of each subject, the last of its list, that only the test splits have.
  package var heldOutWordings = 2
  package var seed = 0
  /// Side length of the pictures in pixels.
  package var size = 64
  package var difficulty = Difficulty.mixed

  package enum Difficulty: String, Sendable, Codable, CaseIterable {
    case simple, complex
    /// Simple and complex by turns.
    case mixed
  }

  package enum Field: String, FieldNames, CodingKey {
    case output
    case tuples = "num_tuples"
    case testTuples = "num_test_tuples"
    case heldOutSubjects = "held_out_subjects"
    case heldOutWordings = "held_out_wordings"
    case seed, size, difficulty
  }

  init(reading fields: FieldReader<Field>) {
    output = fields.outputName(.output, unlike: [:])
    tuples = fields.integer(.tuples, in: 1...500_000) ?? tuples
    testTuples = fields.integer(.testTuples, in: 0...100_000) ?? testTuples
    // Every task has six subjects or more, and every subject six implicit wordings.
    heldOutSubjects = fields.integer(.heldOutSubjects, in: 0...5) ?? heldOutSubjects
    heldOutWordings = fields.integer(.heldOutWordings, in: 0...5) ?? heldOutWordings
    seed = fields.integer(.seed, in: 0...Int.max) ?? seed
    size = fields.integer(.size, in: 8...4096) ?? size
    difficulty = fields.choice(.difficulty, of: Difficulty.self) ?? difficulty
  }
}

extension SceneDatasetRequest: Encodable {
  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Field.self)
    try fields.encode(output, forKey: .output)
    try fields.encode(tuples, forKey: .tuples)
    try fields.encode(testTuples, forKey: .testTuples)
    try fields.encode(heldOutSubjects, forKey: .heldOutSubjects)
    try fields.encode(heldOutWordings, forKey: .heldOutWordings)
    try fields.encode(seed, forKey: .seed)
    try fields.encode(size, forKey: .size)
    try fields.encode(difficulty, forKey: .difficulty)
  }
}
