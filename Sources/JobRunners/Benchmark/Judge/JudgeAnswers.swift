import Foundation
import Jobs
import Judging

/// Answers and failures by question, and their count.
struct JudgeAnswers {
  private(set) var outcomes: [String: Result<JudgeAnswer, ChatFault>] = [:]
  var usage = JudgeUsage()

  subscript(key: String) -> Result<JudgeAnswer, ChatFault>? {
    get { outcomes[key] }
    set { outcomes[key] = newValue }
  }

  /// Sums tokens and costs, and what stays without an answer.
  mutating func finish(_ questions: [JudgeQuestion], _ request: JudgeEndpointRequest) {
    usage.questions = questions.count
    usage.unanswered = 0
    (usage.promptTokens, usage.completionTokens) = (0, 0)
    for question in questions {
      guard case .success(let answer) = outcomes[question.key] else {
        usage.unanswered += 1
        continue
      }
      usage.promptTokens += answer.reply.promptTokens
      usage.completionTokens += answer.reply.completionTokens
    }
    if let input = request.pricePerMillionInputTokens, let output = request.pricePerMillionOutputTokens {
      usage.cost = (Double(usage.promptTokens) * input + Double(usage.completionTokens) * output) / 1e6
    }
  }

  /// What a parser makes of each answer; answers that it refuses are counted.
  mutating func read<Value>(
    _ questions: [JudgeQuestion], _ parse: (ChatReply) throws(Unparsable) -> Value
  ) -> [String: Reading<Value>] {
    var readings: [String: Reading<Value>] = [:]
    for question in questions {
      switch outcomes[question.key] {
      case .success(let answer):
        do throws(Unparsable) { readings[question.key] = .value(try parse(answer.reply)) } catch {
          readings[question.key] = .problem(error.reason)
          usage.unparsable += 1
        }
      case .failure(let fault): readings[question.key] = .problem(fault.message)
      case nil: readings[question.key] = .problem("there is no answer yet")
      }
    }
    return readings
  }

  enum Reading<Value> {
    case value(Value)
    /// Why there is none.
    case problem(String)
  }

  /// The lines of `replies.jsonl`: the form of a batch service's answers, which the mode `read_batch` reads again.
  func lines(_ questions: [JudgeQuestion]) throws(JobFailure) -> Data {
    var lines = Data()
    for question in questions {
      guard let outcome = outcomes[question.key] else { continue }
      var line: [String: Any] = ["custom_id": question.key]
      switch outcome {
      case .success(let answer):
        let body = (try? JSONSerialization.jsonObject(with: answer.body)) ?? NSNull()
        line["response"] = ["status_code": 200, "body": body]
        line["error"] = NSNull()
      case .failure(let fault):
        line["response"] = NSNull()
        var error: [String: Any] = ["message": fault.message, "code": fault.kind.rawValue]
        error["status_code"] = fault.status
        error["reply"] = fault.reply
        line["error"] = error
      }
      guard
        let bytes = try? JSONSerialization.data(
          withJSONObject: line, options: [.sortedKeys, .withoutEscapingSlashes])
      else { throw JobFailure(.internalError, "cannot write a reply as JSON") }
      lines += bytes + Data("\n".utf8)
    }
    return lines
  }
}
