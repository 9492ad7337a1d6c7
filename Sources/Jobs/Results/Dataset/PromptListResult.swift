/// A prompt list that was checked and kept.
package struct PromptListResult: Sendable, Equatable, Codable {
  /// The `prompts_file` for an `oft` job, relative to the spool root.
  package var file: String
  /// Entries read, and entries kept.
  package var rows: Int
  package var kept: Int
  /// Different objects among the kept entries.
  package var objects: Int
  package var faults: [Fault]
  package var duplicates: [Duplicate]
  /// Columns beside `prompt` and `object`, and in how many entries; they are not kept.
  package var otherColumns: [String: Int]
  /// Lengths, scripts and languages of the kept prompts.
  package var prompts: FolderDatasetResult.Prompts
  /// Of the file.
  package var sha256: String
  package var existed: Bool

  package init(
    file: String, rows: Int, kept: Int, objects: Int, faults: [Fault], duplicates: [Duplicate],
    otherColumns: [String: Int], prompts: FolderDatasetResult.Prompts, sha256: String, existed: Bool = false
  ) {
    self.file = file
    self.rows = rows
    self.kept = kept
    self.objects = objects
    self.faults = faults
    self.duplicates = duplicates
    self.otherColumns = otherColumns
    self.prompts = prompts
    self.sha256 = sha256
    self.existed = existed
  }

  enum CodingKeys: String, CodingKey {
    case file, rows, kept, objects, faults, duplicates
    case otherColumns = "other_columns"
    case prompts, sha256, existed
  }

  /// An entry that is left out.
  package struct Fault: Sendable, Equatable, Codable {
    /// Counted from 0, as the array does.
    package var row: Int
    package var field: String?
    package var message: String

    package init(row: Int, field: String?, message: String) {
      self.row = row
      self.field = field
      self.message = message
    }
  }

  /// An entry whose prompt another one had before, white space and case apart.
  package struct Duplicate: Sendable, Equatable, Codable {
    package var row: Int
    package var of: Int
    package var prompt: String

    package init(row: Int, of: Int, prompt: String) {
      self.row = row
      self.of = of
      self.prompt = prompt
    }
  }
}
