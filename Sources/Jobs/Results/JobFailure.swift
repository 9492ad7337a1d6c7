import Foundation

/// Why a job did not end in the outbox: what `error.json` says, and what the daemon does next.
package struct JobFailure: Error, Sendable, Equatable {
  package var code: Code
  /// One sentence: what was found, what was expected.
  package var message: String
  /// What the person who dropped the job can do.
  package var hint: String?
  /// The field to blame, as a path: `prompts[2].seed`.
  package var field: String?
  package var disposition: Disposition
  /// Everything wrong with a job file, the first of them being this failure; empty for failures of another kind.
  package var problems: [JobProblem]

  package init(
    _ code: Code, _ message: String, hint: String? = nil, field: String? = nil,
    disposition: Disposition? = nil, problems: [JobProblem] = []
  ) {
    self.code = code
    self.message = message
    self.hint = hint
    self.field = field
    self.disposition = disposition ?? code.disposition
    self.problems = problems
  }

  /// The failure that reports all problems found in one file.
  ///
  /// - Precondition: There is at least one.
  package init(problems: [JobProblem]) {
    precondition(!problems.isEmpty, "a failure needs a problem")
    let first = problems[0]
    let others = problems.count == 1 ? "" : " (and \(problems.count - 1) more; see problems)"
    self.init(
      first.code, first.description + others, hint: first.hint, field: first.field, problems: problems)
  }

  /// What the daemon does with the job.
  package enum Disposition: String, Sendable, Codable {
    /// Try again later: the machine was to blame.
    case retry
    /// Try again for as long as it takes: what has been done is worth keeping, and a person has to make room.
    case hold
    /// Nothing has been done yet: wait until the machine has room, which counts as no attempt.
    case wait
    /// Move to `failed/`: the job as written can never succeed.
    case reject
    /// Move to `failed/` and keep everything for a person to look at: it may harm the daemon if tried again.
    case quarantine
  }
}

/// One thing wrong with a job file.
package struct JobProblem: Sendable, Equatable, Codable {
  package var code: JobFailure.Code
  /// What was found and what was expected, without field and place.
  package var message: String
  package var hint: String?
  package var field: String?
  package var line: Int?
  package var column: Int?
}

extension JobProblem: CustomStringConvertible {
  package var description: String {
    var text = field.map { "\($0): " } ?? ""
    text += message
    if let line, let column { text += " (line \(line), column \(column))" }
    return text
  }
}

extension JobFailure: CustomStringConvertible {
  package var description: String {
    let all = problems.isEmpty ? [message] : problems.map(\.description)
    return all.joined(separator: "\n") + (hint.map { "\nhint: \($0)" } ?? "")
  }
}

extension JobFailure: Codable {
  enum CodingKeys: String, CodingKey { case code, message, hint, field, disposition, problems }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      try values.decode(Code.self, forKey: .code), try values.decode(String.self, forKey: .message),
      hint: try values.decodeIfPresent(String.self, forKey: .hint),
      field: try values.decodeIfPresent(String.self, forKey: .field),
      disposition: try values.decodeIfPresent(Disposition.self, forKey: .disposition),
      problems: try values.decodeIfPresent([JobProblem].self, forKey: .problems) ?? [])
  }

  /// `hint` and `field` are always there, as null when they have nothing to say: scripts may rely on the four names.
  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(code, forKey: .code)
    try values.encode(message, forKey: .message)
    try values.encode(hint, forKey: .hint)
    try values.encode(field, forKey: .field)
    try values.encode(disposition, forKey: .disposition)
    if !problems.isEmpty { try values.encode(problems, forKey: .problems) }
  }
}
