import Foundation
import Jobs
import Judging

/// Gets the answers to a job's questions: from the cache, and else from the endpoint or from batch files.
struct JudgeAsking {
  let request: JudgeEndpointRequest
  let resolver: PathResolver
  let output: OutputFolder
  let context: JobContext
  let clock: StageClock
  let cache: JudgeCache
  let environment: [String: String]

  /// So many questions without an answer in a row, and none with, mean that the endpoint is out of order.
  private static let patience = 8

  /// What is needed before the first question; checked before anything is asked.
  enum Source {
    case endpoint(ChatClient)
    case batchFiles
    case answers(JudgeBatchAnswers)
  }

  func source() throws(JobFailure) -> Source {
    switch request.mode {
    case .online:
      let connection = try JudgeConnection(
        request, environment: environment, resolver: resolver, log: context.log)
      return .endpoint(connection.client)
    case .writeBatch: return .batchFiles
    case .readBatch: return .answers(try JudgeBatchAnswers(request.batchAnswers ?? "", resolver))
    }
  }

  /// Answers by the questions' keys; `replies.jsonl` has them all as they came.
  ///
  /// - Parameter questions: Each key once.
  /// - Throws: ``JobFailure``; the answers that there are by then are kept for the next attempt.
  func answers(_ questions: [JudgeQuestion], from source: Source) throws(JobFailure) -> JudgeAnswers {
    var answers = JudgeAnswers()
    var open: [JudgeQuestion] = []
    for question in questions {
      if let known = cache.answer(question.key) {
        answers[question.key] = .success(known)
        answers.usage.cached += 1
      } else {
        open.append(question)
      }
    }
    context.log(LogLine(.info, "\(questions.count) questions, \(answers.usage.cached) answered by the cache"))
    switch source {
    case .endpoint(let client): try ask(open, client, &answers)
    case .batchFiles: answers.usage.written = try JudgeBatchFiles(output, context).write(open)
    case .answers(let batch): try take(open, from: batch, &answers)
    }
    answers.finish(questions, request)
    context.artifact(try output.write(try answers.lines(questions), to: "replies.jsonl"))
    return answers
  }

  private func take(
    _ open: [JudgeQuestion], from batch: JudgeBatchAnswers, _ answers: inout JudgeAnswers
  ) throws(JobFailure) {
    for question in open {
      try context.checkCancellation()
      guard let outcome = batch.outcome(of: question.key) else { continue }
      answers[question.key] = outcome
      if case .success(let answer) = outcome {
        try cache.keep(answer, as: question.key)
        answers.usage.batch += 1
      }
    }
    let unknown = batch.count - open.count { answers[$0.key] != nil }
    context.log(
      LogLine(
        .info, "\(answers.usage.batch) answers from the batch; \(unknown) answer other or known questions"))
  }

  private func ask(
    _ open: [JudgeQuestion], _ client: ChatClient, _ answers: inout JudgeAnswers
  ) throws(JobFailure) {
    var meter = ProgressMeter(total: open.count, done: 0, clock: clock)
    var failure: JobFailure?
    var (failedInARow, hasAnswer) = (0, answers.usage.cached > 0)
    var last: ChatFault?
    clock.measure(.judge) {
      ParallelQuestions.run(
        count: open.count, width: request.maxConcurrency, isCancelled: context.isCancelled
      ) {
        number, isStopped in
        Self.outcome(of: open[number], client, isStopped)
      } receive: { number, outcome in
        let question = open[number]
        switch outcome {
        case .success(let answer):
          (failedInARow, hasAnswer) = (0, true)
          answers.usage.asked += 1
          answers.usage.retries += answer.retries
          do throws(JobFailure) {
            guard let kept = JudgeAnswer(body: answer.body) else { break }
            answers[question.key] = .success(kept)
            try cache.keep(kept, as: question.key)
          } catch { failure = failure ?? error }
        case .failure(let fault):
          guard fault.kind != .cancelled else { return false }
          answers[question.key] = .failure(fault)
          context.log(LogLine(.warning, "no answer to \(question.key.prefix(12)): \(fault.message)"))
          (failedInARow, last) = (failedInARow + 1, fault)
          if fault.kind == .refused || failedInARow >= Self.patience {
            failure = failure ?? Self.failure(fault)
          }
        }
        context.progress(meter.advance(.judge))
        return failure == nil
      }
    }
    if let failure { throw failure }
    try context.checkCancellation()
    if let last, !hasAnswer { throw Self.failure(last) }
  }

  private static func outcome(
    of question: JudgeQuestion, _ client: ChatClient, _ isStopped: () -> Bool
  ) -> ParallelQuestions.Outcome {
    let body: Data
    do { body = try question.body() } catch {
      let problem = (error as? JudgedImage.Fault)?.problem ?? "the question cannot be written: \(error)"
      return .failure(ChatFault(.question, problem))
    }
    do throws(ChatFault) { return .success(try client.ask(body, isCancelled: isStopped)) } catch {
      return .failure(error)
    }
  }

  private static func failure(_ fault: ChatFault) -> JobFailure {
    let field = fault.status == 401 || fault.status == 403 ? BenchmarkRequest.Field.keyVariable : .endpoint
    return JobFailure(
      fault.kind == .unavailable ? .busy : .badInput, fault.message, hint: fault.hint, field: field.rawValue)
  }
}
