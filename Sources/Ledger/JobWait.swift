/// Why a job is not running though it is queued.
package struct JobWait: Sendable, Equatable, Codable {
  package enum Cause: String, Sendable, Codable, CaseIterable {
    /// Somebody holds it.
    case held
    /// An attempt failed for a reason that may pass.
    case pause
    case notBefore = "not_before"
    /// Other jobs must be done first.
    case after
    /// It needs more memory than is available now.
    case memory
    /// It is a matrix, whose jobs have not all ended.
    case children
  }

  package var cause: Cause
  /// One sentence for people.
  package var detail: String

  package init(_ cause: Cause, _ detail: String) { (self.cause, self.detail) = (cause, detail) }
}
