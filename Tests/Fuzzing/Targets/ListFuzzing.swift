import Foundation
import Jobs

/// The lists that jobs name: prompts as text, JSON lines and JSON, tables for templates, requests to the daemon.
///
/// The first byte chooses the reader.
enum ListFuzzing: FuzzTarget {
  static func run(_ bytes: [UInt8]) {
    guard let first = bytes.first else { return }
    let content = Data(bytes.dropFirst())
    do throws(JobFailure) {
      switch first % 7 {
      case 0: _ = try PromptFile.prompts(in: content, format: .text, name: "list.txt")
      case 1: _ = try PromptFile.prompts(in: content, format: .jsonLines, name: "list.jsonl")
      case 2: _ = try PromptFile.prompts(in: content, format: .json, name: "list.json")
      case 3: _ = try PromptFile.entityPrompts(in: content, format: .jsonLines, name: "list.jsonl")
      case 4: _ = try TemplateTable(content)
      case 5: _ = try PromptList(content)
      default:
        for format in PublishedPrompts.Format.allCases {
          _ = try PublishedPrompts(content, format: format, category: "category")
        }
      }
    } catch {
      require(!error.message.isEmpty && error.code != .internalError, "a refusal says why: \(error)")
    }
  }

  static func mutate(_ bytes: [UInt8], with random: inout Random) -> [UInt8] {
    guard let first = bytes.first else { return [0] }
    let chosen = random.below(8) == 0 ? UInt8(random.below(7)) : first
    return [chosen] + JSONMutation.apply(to: Array(bytes.dropFirst()), words: words, with: &random)
  }

  private static let words = [
    "prompt", "negative_prompt", "seed", "object", "text", "phrase", "boxes", "implicit_prompt",
    "explicit_prompt",
    "superficial_prompt", "category", "law", "task", "id", "a green apple",
  ]
}
