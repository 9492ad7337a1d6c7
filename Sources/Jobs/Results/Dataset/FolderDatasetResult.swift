/// What a check of a data set found.
package struct FolderDatasetResult: Sendable, Equatable, Codable {
  /// As the job names it.
  package var folder: String
  package var splits: [Split] = []
  /// Faulty rows and bad pictures, the first ``findingLimit`` of them.
  package var findings: [Finding] = []
  package var faultyRows = 0
  package var badPictures = 0
  package var exactDuplicates = Duplicates()
  package var nearDuplicates = Duplicates()
  /// Hashes of near-duplicates differ in at most so many of 64 bits.
  package var nearDuplicateBits: Int
  /// Different implicit prompts that occur in more than one split.
  package var sharedPrompts = 0
  /// A line a picture, relative to the job's output folder.
  package var indexFile = "index.jsonl"

  package static let findingLimit = 200

  package init(folder: String, nearDuplicateBits: Int) {
    self.folder = folder
    self.nearDuplicateBits = nearDuplicateBits
  }

  /// Whether there is anything that `strict` does not let pass.
  package var hasProblems: Bool {
    faultyRows + badPictures + exactDuplicates.within + exactDuplicates.across > 0
  }

  enum CodingKeys: String, CodingKey {
    case folder, splits, findings
    case faultyRows = "faulty_rows"
    case badPictures = "bad_pictures"
    case exactDuplicates = "exact_duplicates"
    case nearDuplicates = "near_duplicates"
    case nearDuplicateBits = "near_duplicate_bits"
    case sharedPrompts = "shared_prompts"
    case indexFile = "index_file"
  }

  package struct Split: Sendable, Equatable, Codable {
    /// The folder below the data set's; `.` for the data set's own.
    package var name: String
    package var rows = 0
    package var pictures = 0
    package var categories: [String: Int] = [:]
    package var laws: [String: Int] = [:]
    /// Pictures by `<width>x<height>`.
    package var sizes: [String: Int] = [:]
    /// By the prompt's column.
    package var prompts: [String: Prompts] = [:]

    package init(name: String) { self.name = name }
  }

  /// Lengths in characters, the scripts that the letters are of, and languages.
  package struct Prompts: Sendable, Equatable, Codable {
    package var count: Int
    package var shortest: Int
    package var median: Int
    package var longest: Int
    package var scripts: [String: Int]
    /// Prompts by ISO 639 code, those of no certain language under `undetermined`; nil in results of programs that did not
    /// look.
    package var languages: [String: Int]?

    package init(
      count: Int, shortest: Int, median: Int, longest: Int, scripts: [String: Int], languages: [String: Int]?
    ) {
      self.count = count
      self.shortest = shortest
      self.median = median
      self.longest = longest
      self.scripts = scripts
      self.languages = languages
    }
  }

  package struct Finding: Sendable, Equatable, Codable {
    package var split: String
    /// The line of `metadata.jsonl`, counted from 1.
    package var row: Int
    package var field: String?
    package var message: String

    package init(split: String, row: Int, field: String?, message: String) {
      self.split = split
      self.row = row
      self.field = field
      self.message = message
    }
  }

  /// Pairs of different files that show the same.
  package struct Duplicates: Sendable, Equatable, Codable {
    /// Pairs of one split, and of two.
    package var within = 0
    package var across = 0
    /// The first pairs: those of two splits first, then the closest.
    package var examples: [Pair] = []

    package init() {}
  }

  package struct Pair: Sendable, Equatable, Codable {
    /// Relative to the data set's folder.
    package var first: String
    package var second: String
    /// Bits in which the hashes differ.
    package var bits: Int

    package init(first: String, second: String, bits: Int) {
      self.first = first
      self.second = second
      self.bits = bits
    }
  }
}
