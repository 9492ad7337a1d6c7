import Foundation

/// OpenAI's batch files: a request, later an answer, a line, told by `custom_id`.
package enum BatchFormat {
  /// Limits of a file: 50,000 requests and 200 MB at OpenAI; half of the bytes, since memory holds a file.
  package static let (requestLimit, byteLimit) = (50_000, 100 << 20)

  /// A line of a request file, with its line break.
  package static func line(_ question: JudgeQuestion) throws -> Data {
    var line = Data(
      #"{"custom_id":"\#(question.key)","method":"POST","url":"/v1/chat/completions","body":"#.utf8)
    line += try question.body()
    line += Data("}\n".utf8)
    return line
  }

  package struct Answer: Sendable {
    package var id: String
    package var outcome: Result<Data, ChatFault>
  }

  package struct BadLine: Error { package var problem: String }

  /// Reads a line of an answer file; `replies.jsonl` of earlier jobs has the same form.
  ///
  /// The body comes out as JSON again, its members in another order perhaps.
  package static func answer(_ line: Data) throws(BadLine) -> Answer {
    guard let object = (try? JSONSerialization.jsonObject(with: line)) as? [String: Any] else {
      throw BadLine(problem: "it is not a JSON object")
    }
    guard let id = object["custom_id"] as? String else { throw BadLine(problem: "it has no custom_id") }
    guard let response = object["response"] as? [String: Any] else {
      let error = object["error"] as? [String: Any]
      let words = error?["message"] as? String ?? "there is no response"
      return Answer(
        id: id, outcome: .failure(ChatFault(.question, "the batch has no answer: \(words.prefix(300))")))
    }
    let status = (response["status_code"] as? NSNumber)?.intValue ?? 0
    guard status == 200, let body = response["body"] as? [String: Any],
      let bytes = try? JSONSerialization.data(
        withJSONObject: body, options: [.sortedKeys, .withoutEscapingSlashes])
    else {
      return Answer(
        id: id,
        outcome: .failure(
          ChatFault(.question, status: status, "the batch has an answer with status \(status)")))
    }
    return Answer(id: id, outcome: .success(bytes))
  }
}
