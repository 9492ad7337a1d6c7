import Foundation
import Jobs

/// The file that a job's `prompts_file` names.
struct PromptFileContent {
  let content: Data
  let format: PromptFile.Format

  /// - Throws: ``JobFailure`` of the field `prompts_file`.
  init(_ name: String, _ resolver: PathResolver) throws(JobFailure) {
    let field = "prompts_file"
    let path = try resolver.resolve(name, as: .file, field: field)
    guard let format = PromptFile.Format(path: name) else {
      throw JobFailure(.outOfRange, "\(name.quotedForMessage()) has no known ending", field: field)
    }
    self.format = format
    do { content = try Data(contentsOf: URL(filePath: path), options: .mappedIfSafe) } catch {
      throw JobFailure(
        .badInput, "cannot read \(name.quotedForMessage()): \(error.localizedDescription)", field: field)
    }
  }
}
