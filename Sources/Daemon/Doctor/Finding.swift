import Jobs

/// One thing that an examination of a spool or a machine looked at.
package struct Finding: Sendable, Equatable {
  package enum Grade: Sendable, Equatable {
    case fine
    /// It works, but somebody should know.
    case note
    /// It does not work; the code decides the exit code.
    case bad(JobFailure.Code)
  }

  package var grade: Grade
  /// What was looked at, in a word or two.
  package var subject: String
  /// What was found.
  package var text: String
  /// What to do about it.
  package var advice: String?

  package init(_ grade: Grade, _ subject: String, _ text: String, advice: String? = nil) {
    (self.grade, self.subject, self.text, self.advice) = (grade, subject, text, advice)
  }
}
