import Foundation
import Jobs

/// What a running job may ask of whoever runs it, be that the worker process or the foreground command.
package struct JobContext {
  package var progress: (JobProgress) -> Void
  /// A file of the output folder is complete.
  package var artifact: (JobArtifact) -> Void
  package var log: (LogLine) -> Void
  /// Asked between steps.
  package var isCancelled: () -> Bool

  package init(
    progress: @escaping (JobProgress) -> Void = { _ in },
    artifact: @escaping (JobArtifact) -> Void = { _ in },
    log: @escaping (LogLine) -> Void = { _ in }, isCancelled: @escaping () -> Bool = { false }
  ) {
    self.progress = progress
    self.artifact = artifact
    self.log = log
    self.isCancelled = isCancelled
  }

  func checkCancellation() throws(JobFailure) {
    if isCancelled() { throw JobFailure(.cancelled, "the job was cancelled while it ran") }
  }
}
