import Foundation
import Images
import Jobs
import LocalServer
import Synchronization
import Testing

@testable import JobRunners

/// A spool with pictures and tuples for a language model to judge.
final class JudgeSpool {
  let spool: TemporarySpool
  private let logged = Mutex<[String]>([])

  init() throws { spool = try TemporarySpool() }

  var log: String { logged.withLock { $0.joined(separator: "\n") } }

  /// A picture unlike those with other numbers.
  static func picture(_ number: Int) -> Data {
    RGBImage(width: 8, height: 8, pixels: [UInt8](repeating: UInt8(number), count: 192)).pngData()
  }

  /// Rows of pictures: prompt and category by number.
  func writePictures(
    _ rows: [(prompt: String, category: String, picture: Int)], in folder: String = "pictures"
  ) throws {
    var lines = ""
    for (index, row) in rows.enumerated() {
      try spool.write(Self.picture(row.picture), to: "\(folder)/\(index).png")
      lines += """
        {"file_name": "\(index).png", "prompt": ["\(row.prompt)", "another wording"], "scene_scoring": "scene of \(row.prompt)", \
        "real_scoring": "points of \(row.prompt)", "category": "\(row.category)", "law": "law \(row.category)"}\n
        """
    }
    try spool.write(Data(lines.utf8), to: "\(folder)/metadata.jsonl")
  }

  /// Tuples whose right pictures have even numbers.
  func writeTuples(_ count: Int) throws {
    var lines = ""
    for index in 0..<count {
      try spool.write(Self.picture(2 * index), to: "tuples/\(index)-right.png")
      try spool.write(Self.picture(2 * index + 1), to: "tuples/\(index)-wrong.png")
      lines += """
        {"implicit_prompt": "prompt \(index)", "explicit_prompt": "e", "superficial_prompt": "s", \
        "explicit_image": "\(index)-right.png", "superficial_image": "\(index)-wrong.png", \
        "category": "\(index % 2 == 0 ? "even" : "odd")", "law": "law \(index)"}\n
        """
    }
    try spool.write(Data(lines.utf8), to: "tuples/metadata.jsonl")
  }

  static func job(_ suite: String, _ base: String?, _ fields: String...) -> String {
    let inputs = suite == "judge" ? #""folder": "pictures""# : #""dataset": "tuples""#
    let endpoint = base.map { [#""endpoint": "\#($0)""#] } ?? []
    let all =
      [#""kind": "benchmark", "suite": "\#(suite)", "model": "judge-model""#, inputs] + endpoint + fields
    return "{\(all.joined(separator: ", "))}"
  }

  func run(
    _ job: String, output: String = "output", environment: [String: String] = [:],
    isCancelled: @escaping () -> Bool = { false }
  ) throws(JobFailure) -> JobResult {
    let context = JobContext(
      log: { line in self.logged.withLock { $0.append(line.message) } }, isCancelled: isCancelled)
    return try JobRunner(shelf: ModelShelf(budget: 1 << 20), version: "test", environment: environment).run(
      spool.order(job, output: output), context)
  }

  func judged(_ job: String, output: String = "output", environment: [String: String] = [:]) throws
    -> JudgeBenchmarkResult
  {
    guard case .benchmark(.judge(let result)) = try run(job, output: output, environment: environment).outcome
    else { throw CocoaError(.featureUnsupported) }
    return result
  }

  func compared(_ job: String, output: String = "output") throws -> PairwiseBenchmarkResult {
    guard case .benchmark(.pairwise(let result)) = try run(job, output: output).outcome else {
      throw CocoaError(.featureUnsupported)
    }
    return result
  }

  func failure(_ job: String, environment: [String: String] = [:]) throws -> JobFailure {
    try #require(throws: JobFailure.self) { try run(job, environment: environment) }
  }

  /// Every file of the spool, models apart, that holds the text.
  func files(holding text: String) -> [String] {
    let all = FileManager.default.enumerator(atPath: spool.root)?.compactMap { $0 as? String } ?? []
    return all.filter { file in
      !file.hasPrefix("models")
        && (try? Data(contentsOf: URL(filePath: spool.path(file))))?.range(of: Data(text.utf8)) != nil
    }
  }
}

extension LocalServer.Request {
  /// The text parts of the user's message.
  var text: String {
    let object = (try? JSONSerialization.jsonObject(with: body)) as? [String: Any]
    let messages = object?["messages"] as? [[String: Any]]
    let parts = messages?.last?["content"] as? [[String: Any]] ?? []
    return parts.compactMap { $0["text"] as? String }.joined(separator: "\n")
  }

  /// Numbers of the pictures that ``JudgeSpool/picture(_:)`` made, in order.
  var pictures: [Int] {
    let object = (try? JSONSerialization.jsonObject(with: body)) as? [String: Any]
    let messages = object?["messages"] as? [[String: Any]]
    let parts = messages?.last?["content"] as? [[String: Any]] ?? []
    return parts.compactMap { ($0["image_url"] as? [String: String])?["url"] }.compactMap { url in
      let bytes = url.firstIndex(of: ",").flatMap {
        Data(base64Encoded: String(url[url.index(after: $0)...]))
      }
      return (0..<100).first { JudgeSpool.picture($0) == bytes }
    }
  }
}

extension LocalServer.Behaviour {
  static func grades(scene: Double, reality: Double) -> Self {
    .says("Well.\n{\"description\": \"d\", \"scene score\": \(scene), \"reality score\": \(reality)}")
  }
}
