/// A published file of prompts that became a data set.
package struct ImportResult: Sendable, Equatable, Codable {
  /// The data set's folder, relative to the spool root.
  package var path: String
  package var format: PublishedPrompts.Format
  /// Entries of the file, and tuples that came of them.
  package var entries: Int
  package var tuples: Int
  package var faults: [PromptListResult.Fault]
  package var categories: [String: Int]
  package var laws: [String: Int]
  /// Lengths, scripts and languages of the tuples' prompts, by the column of `metadata.jsonl`.
  package var prompts: [String: FolderDatasetResult.Prompts]
  /// Of the `metadata.jsonl`.
  package var sha256: String
  package var existed: Bool

  package init(
    path: String, format: PublishedPrompts.Format, entries: Int, tuples: Int,
    faults: [PromptListResult.Fault],
    categories: [String: Int], laws: [String: Int], prompts: [String: FolderDatasetResult.Prompts],
    sha256: String, existed: Bool = false
  ) {
    (self.path, self.format, self.entries, self.tuples) = (path, format, entries, tuples)
    (self.faults, self.categories, self.laws) = (faults, categories, laws)
    self.prompts = prompts
    (self.sha256, self.existed) = (sha256, existed)
  }
}
