import Foundation
import Jobs

@testable import JobRunners

/// A spool with a table of three subjects that the miniature model draws in a moment.
final class TemplateSpool {
  let spool: TemporarySpool

  init() throws {
    spool = try TemporarySpool()
    try spool.write(Data(Self.table.utf8), to: "table.json")
  }

  static let table = #"""
    {"sources": {"book": "A book, 2014"}, "tasks": [
      {"law": "ripeness", "category": "biology", "conditions": ["long before it is ripe"], "implicit": ["{phrase} {condition}"],
       "explicit": ["a green {name}"], "superficial": ["a {wrong} {name}"], "subjects": [
        {"name": "apple", "phrase": "an apple", "values": {"wrong": "red"}, "science": "Chlorophyll </script> & \"more\".", "source": "book"},
        {"name": "banana", "phrase": "a banana", "values": {"wrong": "yellow"}, "science": "Chlorophyll.", "source": "book"}]},
      {"law": "rust", "category": "chemistry", "implicit": ["an old iron gear"], "explicit": ["a rusty brown iron gear"],
       "superficial": ["a shiny iron gear"], "subjects": [
        {"name": "iron gear", "object": "gear", "science": "Oxide.", "source": "book"}]}]}
    """#

  /// The job with some fields changed; null takes a field away.
  static func job(_ changes: [String: Any] = [:]) throws -> String {
    let fields: [String: Any] = [
      "kind": "dataset", "source": "template", "templates": "table.json", "model": "flux-mini",
      "output": "reviewed",
      "num_candidates": 3, "num_kept": 2, "height": 32, "width": 32, "num_inference_steps": 2, "seed": 5,
      "reward": ["model": "clip-mini"],
    ]
    let changed = fields.merging(changes) { $1 }.filter { !($0.value is NSNull) }
    return String(decoding: try JSONSerialization.data(withJSONObject: changed), as: UTF8.self)
  }

  /// Runs the job as the daemon does: its folder is in the outbox.
  func draw(
    _ changes: [String: Any] = [:], output: String = "outbox/night & day",
    _ context: JobContext = JobContext()
  ) throws -> TemplateResult {
    guard
      case .dataset(.template(let result)) = try spool.run(Self.job(changes), output: output, context).outcome
    else { throw JobFailure(.internalError, "not the result of a template job") }
    return result
  }

  func rows(_ folder: String = "outbox/night & day/candidates") throws -> [CandidateRow] {
    let text = String(decoding: try spool.read("\(folder)/metadata.jsonl"), as: UTF8.self)
    return try text.split(separator: "\n").map {
      try JSONDecoder().decode(CandidateRow.self, from: Data($0.utf8))
    }
  }
}
