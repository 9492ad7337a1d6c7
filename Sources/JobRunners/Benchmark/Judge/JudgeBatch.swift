import Foundation
import Jobs
import Judging

/// Writes questions as files for a batch service: `batch/requests-0001.jsonl` and so on.
struct JudgeBatchFiles {
  private let output: OutputFolder
  private let context: JobContext

  init(_ output: OutputFolder, _ context: JobContext) { (self.output, self.context) = (output, context) }

  /// - Returns: The number of questions.
  func write(_ questions: [JudgeQuestion]) throws(JobFailure) -> Int {
    guard !questions.isEmpty else { return 0 }
    try output.makeFolder("batch")
    var (part, lines, number) = (Data(), 0, 1)
    for question in questions {
      try context.checkCancellation()
      let line: Data
      do { line = try BatchFormat.line(question) } catch {
        let problem = (error as? JudgedImage.Fault)?.problem ?? "a question cannot be written: \(error)"
        throw JobFailure(.badInput, problem)
      }
      if lines == BatchFormat.requestLimit || (lines > 0 && part.count + line.count > BatchFormat.byteLimit) {
        try write(part, number)
        (part, lines, number) = (Data(), 0, number + 1)
      }
      part += line
      lines += 1
    }
    try write(part, number)
    return questions.count
  }

  private func write(_ part: Data, _ number: Int) throws(JobFailure) {
    let digits = String(repeating: "0", count: max(0, 4 - "\(number)".count)) + "\(number)"
    context.artifact(try output.write(part, to: "batch/requests-\(digits).jsonl"))
  }
}

/// The answers in a batch service's files, or in the `replies.jsonl` of earlier jobs.
struct JudgeBatchAnswers {
  private var outcomes: [String: Result<JudgeAnswer, ChatFault>] = [:]
  var count: Int { outcomes.count }

  private static let field = BenchmarkRequest.Field.batchAnswers.rawValue
  private static let sizeLimit = 1 << 30

  func outcome(of key: String) -> Result<JudgeAnswer, ChatFault>? { outcomes[key] }

  /// - Parameter name: A file, or a folder whose `.jsonl` files are read in the order of their names.
  /// - Throws: ``JobFailure`` naming file and line.
  init(_ name: String, _ resolver: PathResolver) throws(JobFailure) {
    var files: [String] = []
    do throws(JobFailure) { files = [try resolver.resolve(name, as: .file, field: Self.field)] } catch {
      guard error.code == .badInput else { throw error }
      let folder = try resolver.resolve(name, as: .folder, field: Self.field)
      for entry in FileLookup.system.entries(folder).sorted() where entry.hasSuffix(".jsonl") {
        files.append(try resolver.resolve("\(folder)/\(entry)", as: .file, field: Self.field))
      }
      guard !files.isEmpty else {
        throw JobFailure(
          .empty, "\(name.quotedForMessage()) has no .jsonl files",
          hint: "Put the service's answer files there.",
          field: Self.field)
      }
    }
    for file in files { try read(file) }
    guard !outcomes.isEmpty else {
      throw JobFailure(.empty, "\(name.quotedForMessage()) has no answers", field: Self.field)
    }
  }

  private mutating func read(_ path: String) throws(JobFailure) {
    let file = (path as NSString).lastPathComponent
    guard let content = try? Data(contentsOf: URL(filePath: path), options: .mappedIfSafe),
      content.count <= Self.sizeLimit
    else {
      throw JobFailure(
        .badInput, "cannot read \(file), or it exceeds \(Self.sizeLimit) bytes", field: Self.field)
    }
    let lines = content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() where line.contains(where: { ![0x20, 0x09, 0x0D].contains($0) }) {
      do throws(BatchFormat.BadLine) {
        let answer = try BatchFormat.answer(Data(line))
        let outcome = answer.outcome.flatMap { body -> Result<JudgeAnswer, ChatFault> in
          JudgeAnswer(body: body).map(Result.success)
            ?? .failure(ChatFault(.question, "the batch has an answer that is no chat completion"))
        }
        // An answer is worth more than a failure, in whatever order they come.
        if case .success = outcomes[answer.id] { continue }
        outcomes[answer.id] = outcome
      } catch {
        throw JobFailure(
          .badInput, "\(file), line \(index + 1): \(error.problem)",
          hint:
            "Each line is an answer: {\"custom_id\": …, \"response\": {\"status_code\": 200, \"body\": {…}}}.",
          field: Self.field)
      }
    }
  }
}
