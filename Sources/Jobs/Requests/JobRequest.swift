import Foundation

/// A job as its file asks for it, read strictly: every field known, of the right type and in range.
package struct JobRequest: Sendable, Equatable {
  package var options: JobOptions
  package var work: Work

  package init(options: JobOptions = JobOptions(), work: Work) {
    self.options = options
    self.work = work
  }

  package enum Work: Sendable, Equatable {
    case generate(GenerateRequest)
    case score(ScoreRequest)
    case reward(RewardRequest)
    case sft(SFTRequest)
    case oft(OFTRequest)
    case benchmark(BenchmarkRequest)
    case dataset(DatasetRequest)
  }

  /// Every kind that the job format names.
  package enum Kind: String, Sendable, Codable, CaseIterable {
    case generate, score, reward, sft, oft, benchmark, dataset
  }

  package var kind: Kind {
    switch work {
    case .generate: .generate
    case .score: .score
    case .reward: .reward
    case .sft: .sft
    case .oft: .oft
    case .benchmark: .benchmark
    case .dataset: .dataset
    }
  }

  /// Bytes of a job file. Longer prompt lists belong into a `prompts_file`.
  package static let sizeLimit = 4 << 20
}

extension JobRequest {
  /// Reads a job file's content.
  ///
  /// - Parameter kinds: The kinds to read; others are refused as not available.
  /// - Throws: ``JobFailure`` with every problem found: `not_json`, `truncated` and `empty` with line and column,
  ///   `too_large` beyond `sizeLimit` bytes, else one problem for each field at fault.
  package init(
    reading content: Data, sizeLimit: Int = Self.sizeLimit, kinds: [Kind] = Kind.allCases
  ) throws(JobFailure) {
    try Self.check(size: content.count, limit: sizeLimit)
    let bytes = [UInt8](content)
    try self.init(reading: JSONNode(jobText: bytes), bytes: bytes, kinds: kinds)
  }

  static func check(size: Int, limit: Int) throws(JobFailure) {
    guard size <= limit else {
      throw JobFailure(
        .tooLarge, "the job file has \(size) bytes, more than the limit of \(limit)",
        hint: "Put long prompt lists into a prompts_file next to the job.")
    }
  }

  /// - Parameter bytes: The file that `node` is of.
  init(reading node: JSONNode, bytes: [UInt8], kinds: [Kind]) throws(JobFailure) {
    let problems = ProblemCollector(bytes: bytes)
    let request = Self.read(node, among: kinds, problems: problems)
    try problems.throwIfAny()
    guard let request else {
      throw JobFailure(.internalError, "a job that cannot be read has no problem to name")
    }
    self = request
  }

  static func read(_ node: JSONNode, among kinds: [Kind], problems: ProblemCollector) -> JobRequest? {
    guard case .object(let members) = node.content else {
      problems.report(
        .wrongType, at: node.offset, "found \(node.summary), expected a job: {\"kind\": …}")
      return nil
    }
    guard let kind = kind(of: node, members, among: kinds, problems: problems) else { return nil }

    func job<Request: WorkRequest>(_ work: (Request) -> Work) -> JobRequest? {
      let known = Request.sharedFields + JobOptions.Field.allCases.map(\.rawValue)
      return FieldReader<Request.Field>(node, alsoKnown: known, problems: problems).map { fields in
        JobRequest(
          options: JobOptions(reading: fields.group(JobOptions.Field.self)),
          work: work(Request(reading: fields)))
      }
    }

    return switch kind {
    case .generate: job(Work.generate)
    case .score: job(Work.score)
    case .reward: job(Work.reward)
    case .sft: job(Work.sft)
    case .oft: job(Work.oft)
    case .dataset: job(Work.dataset)
    case .benchmark: job(Work.benchmark)
    }
  }

  /// The kind, when it is one that this version runs; nil after a report.
  private static func kind(
    of node: JSONNode, _ members: [JSONMember], among kinds: [Kind], problems: ProblemCollector
  ) -> Kind? {
    let hint = "Kinds of this version: \(kinds.map(\.rawValue).joined(separator: ", "))."
    guard let value = members.first(where: { $0.name == "kind" })?.value else {
      problems.report(
        .missingField, field: "kind", at: node.offset, "is missing: what sort of job this is", hint: hint)
      return nil
    }
    guard case .string(let name) = value.content else {
      problems.report(
        .wrongType, field: "kind", at: value.offset, "found \(value.summary), expected a text in quotes",
        hint: hint)
      return nil
    }
    guard let kind = Kind(rawValue: name) else {
      let nearest = NearestName.of(name, in: Kind.allCases.map(\.rawValue))
      problems.report(
        .unknownKind, field: "kind", at: value.offset,
        "unknown kind \(name.quotedForMessage())" + (nearest.map { "; did you mean \"\($0)\"?" } ?? ""),
        hint: hint)
      return nil
    }
    guard kinds.contains(kind) else {
      problems.report(
        .notAvailable, field: "kind", at: value.offset,
        "the kind \"\(name)\" is not available in this version",
        hint: hint)
      return nil
    }
    return kind
  }
}

/// What one kind of job asks for, beside what every job may say.
protocol WorkRequest {
  associatedtype Field: FieldNames
  /// Names of the fields that the kind shares with others and reads through ``FieldReader/group(_:)``.
  static var sharedFields: [String] { get }

  init(reading fields: FieldReader<Field>)
}

extension WorkRequest {
  static var sharedFields: [String] { [] }
}

extension JSONNode {
  /// The JSON value in a file that a user wrote.
  ///
  /// - Throws: ``JobFailure`` with line and column: `empty`, `truncated` or `not_json`.
  package init(jobText bytes: [UInt8]) throws(JobFailure) {
    do {
      self = try JSONParser.parse(bytes)
    } catch {
      let position = TextPosition(of: error.offset, in: bytes)
      let (code, start, hint): (JobFailure.Code, String, String) =
        switch error.kind {
        case .empty:
          (.empty, "the file is empty", "Write the file elsewhere and move it here when it is complete.")
        case .truncated:
          (
            .truncated, "the file ends too early",
            "Write the file elsewhere and move it here when it is complete."
          )
        case .malformed:
          (.notJSON, "the file is not JSON", "`python3 -m json.tool FILE` shows the place, too.")
        }
      let problem = JobProblem(
        code: code, message: "\(start): \(error.problem)", hint: hint, line: position.line,
        column: position.column)
      throw JobFailure(problems: [problem])
    }
  }
}
