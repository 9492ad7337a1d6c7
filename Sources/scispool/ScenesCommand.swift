import ArgumentParser
import Foundation
import Images
import Jobs
import Scenes
import Spooling

struct ScenesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scenes",
    abstract: "Makes procedural science scenes: prompts, pictures and boxes of the 16 tasks.",
    discussion: """
      EXAMPLE
        scispool scenes write --out /tmp/scenes --count 20000 --seed 1
        scispool scenes sheet --out rust.png --task rust --size 192
        scispool scenes oracle --count 960
      """, subcommands: [Write.self, Sheet.self, OracleRates.self])

  struct Write: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Writes tuples as an image folder with metadata.jsonl.",
      discussion: "EXAMPLE\n  scispool scenes write --out /tmp/scenes --count 20000 --seed 1")

    @Option(help: "The folder to make.") var out: String
    @Option(help: "How many tuples; the 16 tasks take turns.") var count = 1600
    @Option(help: "Sets with different seeds share no tuples.") var seed: UInt64 = 1
    @Option(help: "Side length of the pictures in pixels, 8 to 4096.") var size = 64
    @Option(help: "simple or complex only (default: by turns).") var difficulty: String?

    func validate() throws {
      guard count > 0, (8...4096).contains(size) else {
        throw ValidationError("--count must be positive and --size in 8...4096.")
      }
      guard difficulty.map({ Difficulty(rawValue: $0) != nil }) ?? true else {
        throw ValidationError("--difficulty is simple or complex.")
      }
    }

    func run() throws {
      let set = SceneDataset(
        count: count, seed: seed, size: size, difficulty: difficulty.flatMap(Difficulty.init(rawValue:)))
      do { try set.write(to: URL(filePath: out)) { $0.pngData() } } catch {
        throw JobFailure(.cannotWrite, "\(error)")
      }
      print("\(out): \(count) tuples")
    }
  }

  struct Sheet: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Draws a contact sheet of a task: every subject with both outcomes.",
      discussion: "EXAMPLE\n  scispool scenes sheet --out rust.png --task rust --size 192")

    @Option(help: "The PNG to write.") var out: String
    @Option(help: "A task, such as gravity or flame_reaction.") var task: String
    @Option(help: "Side length of the pictures in pixels.") var size = 192
    @Option(help: "Another seed shows other places and positions.") var seed: UInt64 = 1

    func validate() throws {
      guard Task(rawValue: task) != nil else {
        throw ValidationError("--task is one of \(Task.allCases.map(\.rawValue).joined(separator: ", ")).")
      }
      guard (8...1024).contains(size) else { throw ValidationError("--size must be in 8...1024.") }
    }

    func run() throws {
      let task = Task(rawValue: task)!
      var cells: [ContactSheet.Cell] = []
      for subject in SceneGenerator.subjects(of: task) {
        var number = seed
        var tuple = SceneGenerator.tuple(task: task, seed: number, difficulty: .complex, size: size)
        while tuple.subject != subject {
          number += 1
          tuple = SceneGenerator.tuple(task: task, seed: number, difficulty: .complex, size: size)
        }
        cells.append(.init(tuple.explicitImage, caption: tuple.wording.explicit[0], mark: .right))
        cells.append(.init(tuple.superficialImage, caption: tuple.wording.superficial[0], mark: .wrong))
      }
      let sheet = ContactSheet(title: self.task, columns: 4, cellSize: size).image(of: cells)
      try FileSystem.system.write(sheet.pngData(), to: URL(filePath: out))
      print(out)
    }
  }

  struct OracleRates: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "oracle", abstract: "Measures the pixel oracles on rendered pictures.",
      discussion: "EXAMPLE\n  scispool scenes oracle --count 150")

    @Option(help: "Tuples a task.") var count = 60
    @Option(help: "Seed of the first tuple.") var seed: UInt64 = 50_000_000

    func run() throws {
      print(OracleReport.measure(tuples: count, firstSeed: seed).table)
    }
  }
}
