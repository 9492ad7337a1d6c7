/// What a benchmark asked a language model, and what came back.
package struct JudgeUsage: Sendable, Equatable, Codable {
  /// Distinct ones; equal questions are asked once.
  package var questions = 0
  /// Answers that this job got from the endpoint.
  package var asked = 0
  /// Answers that earlier jobs, or earlier attempts at this one, got.
  package var cached = 0
  /// Answers from batch files.
  package var batch = 0
  /// Requests beyond the first one of a question.
  package var retries = 0
  /// Answers without anything that can be scored; they are in no mean.
  package var unparsable = 0
  /// Questions without an answer; they are in no mean.
  package var unanswered = 0
  /// Questions written for a batch service.
  package var written = 0
  /// Of all answers, also of those that an earlier job paid for.
  package var promptTokens = 0
  package var completionTokens = 0
  /// By the job's prices; nil without.
  package var cost: Double?

  package init() {}

  enum CodingKeys: String, CodingKey {
    case questions, asked, cached, batch, retries, unparsable, unanswered, written
    case promptTokens = "prompt_tokens"
    case completionTokens = "completion_tokens"
    case cost
  }
}
