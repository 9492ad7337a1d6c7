/// A published data set of a model's own drawings.
package struct DrawingsResult: Sendable, Equatable, Codable {
  /// Relative to the spool root: `datasets/<output>`.
  package var path: String
  /// Tuples of the source that are in it.
  package var originalTuples: Int
  /// Tuples drawn for each contrast, in the job's order.
  package var drawnTuples: [Int]
  /// SHA-256 of the data set's `SHA256SUMS`: equal for data sets of equal content.
  package var sha256: String
  /// The data set was there already, made by a job that asked for the same.
  package var existed: Bool
  /// Tuples that an earlier attempt had drawn.
  package var resumedTuples: Int

  package init(
    path: String, originalTuples: Int, drawnTuples: [Int], sha256: String, existed: Bool = false,
    resumedTuples: Int = 0
  ) {
    self.path = path
    self.originalTuples = originalTuples
    self.drawnTuples = drawnTuples
    self.sha256 = sha256
    self.existed = existed
    self.resumedTuples = resumedTuples
  }

  enum CodingKeys: String, CodingKey {
    case path
    case originalTuples = "original_tuples"
    case drawnTuples = "drawn_tuples"
    case sha256, existed
    case resumedTuples = "resumed_tuples"
  }
}
