/// A published data set of scenes.
package struct SceneDatasetResult: Sendable, Equatable, Codable {
  /// Relative to the spool root: `datasets/<output>`.
  package var path: String
  package var splits: [SplitSummary]
  /// Names of the subjects that training never shows, by law.
  package var heldOutSubjects: [String: [String]]
  package var leaks: LeakCheck
  /// SHA-256 of the data set's `SHA256SUMS`: equal for data sets of equal content.
  package var sha256: String
  /// The data set was there already, made by a job that asked for the same.
  package var existed: Bool
  /// Tuples that an earlier attempt had drawn.
  package var resumedTuples: Int

  package init(
    path: String, splits: [SplitSummary], heldOutSubjects: [String: [String]], leaks: LeakCheck,
    sha256: String,
    existed: Bool = false, resumedTuples: Int = 0
  ) {
    self.path = path
    self.splits = splits
    self.heldOutSubjects = heldOutSubjects
    self.leaks = leaks
    self.sha256 = sha256
    self.existed = existed
    self.resumedTuples = resumedTuples
  }

  enum CodingKeys: String, CodingKey {
    case path, splits
    case heldOutSubjects = "held_out_subjects"
    case leaks, sha256, existed
    case resumedTuples = "resumed_tuples"
  }
}

/// What one split of a data set holds.
package struct SplitSummary: Sendable, Equatable, Codable {
  package var name: String
  /// Relative to the spool root.
  package var path: String
  package var tuples: Int
  /// Tuples by category, by law, and by difficulty.
  package var categories: [String: Int]
  package var laws: [String: Int]
  package var difficulties: [String: Int]
  /// Names of the subjects, by law.
  package var subjects: [String: [String]]

  package init(
    name: String, path: String, tuples: Int, categories: [String: Int], laws: [String: Int],
    difficulties: [String: Int], subjects: [String: [String]]
  ) {
    self.name = name
    self.path = path
    self.tuples = tuples
    self.categories = categories
    self.laws = laws
    self.difficulties = difficulties
    self.subjects = subjects
  }
}

/// What training and test splits were found to share; all zero, since a leak fails the job.
package struct LeakCheck: Sendable, Equatable, Codable {
  /// Pairs of law and subject in both `train` and `test-unseen`.
  package var sharedSubjects: Int
  /// Held-out implicit wordings that occur in any prompt of `train`.
  package var sharedWordings: Int
  /// Pictures of equal bytes in two splits.
  package var sharedPictures: Int
  /// How many of each were compared.
  package var testSubjects: Int
  package var testWordings: Int
  package var pictures: Int

  package init(
    sharedSubjects: Int = 0, sharedWordings: Int = 0, sharedPictures: Int = 0, testSubjects: Int = 0,
    testWordings: Int = 0, pictures: Int = 0
  ) {
    self.sharedSubjects = sharedSubjects
    self.sharedWordings = sharedWordings
    self.sharedPictures = sharedPictures
    self.testSubjects = testSubjects
    self.testWordings = testWordings
    self.pictures = pictures
  }

  enum CodingKeys: String, CodingKey {
    case sharedSubjects = "shared_subjects"
    case sharedWordings = "shared_wordings"
    case sharedPictures = "shared_pictures"
    case testSubjects = "test_subjects"
    case testWordings = "test_wordings"
    case pictures
  }
}
