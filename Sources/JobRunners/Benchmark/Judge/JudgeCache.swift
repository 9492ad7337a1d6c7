import Foundation
import Jobs
import Judging

/// The answers that language models gave, by the question's key: nothing is asked twice.
///
/// The files are small, cost money and are never removed by the program.
struct JudgeCache {
  private let folder: OutputFolder

  /// - Parameter path: Made when the first answer is kept.
  init(path: String) { folder = OutputFolder(path: path) }

  /// The answer to a question; nil when there is none, or none that is a chat completion.
  func answer(_ key: String) -> JudgeAnswer? {
    guard let body = try? Data(contentsOf: folder.url(Self.file(key))) else { return nil }
    return JudgeAnswer(body: body)
  }

  /// - Throws: ``JobFailure`` when the answer cannot be kept: it would have to be paid again.
  func keep(_ answer: JudgeAnswer, as key: String) throws(JobFailure) {
    try folder.makeFolder(String(key.prefix(2)))
    try folder.write(answer.body, to: Self.file(key))
  }

  /// In folders by the first two digits.
  private static func file(_ key: String) -> String { "\(key.prefix(2))/\(key).json" }
}

/// What a model answered, as the server sent it.
struct JudgeAnswer {
  let body: Data
  let reply: ChatReply

  /// Nil unless the body is a chat completion.
  init?(body: Data) {
    guard let reply = try? ChatReply(body) else { return nil }
    (self.body, self.reply) = (body, reply)
  }
}
