import ArgumentParser
import Foundation
import Jobs
import Synthesis

/// `models synth`.
struct Synthesize: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "synth", abstract: "Writes a model of a published shape with random weights.",
    discussion: """
      EXAMPLE
        scispool models synth /srv/models/random-dev --like flux.1-dev

      What jobs with the published model will take of time and memory can be measured with it, without a licence and a
      download: the same files, names, shards and sizes. What it draws is noise. Tokenizers have the published sizes, too.
      """)

  @Argument(help: ArgumentHelp("The folder to make.", valueName: "dir")) var folder: String
  @Option(help: "\(PublishedShape.allCases.map(\.rawValue).joined(separator: ", ")).") var like:
    PublishedShape
  @Option(help: "Of the random values.") var seed: UInt64 = 0
  @Flag(help: "Write float32 in place of bfloat16.") var float32 = false

  func run() throws {
    let target = try NewModelFolder(folder)
    var model = try SyntheticModel(like: like)
    model.seed = seed
    if float32 { model.type = .float32 }
    try target.requireRoom(for: model.bytes + model.bytes / 50, of: like.rawValue)
    try target.withProgress("write", of: model.bytes) { try model.write(to: target.path, progress: $0) }
    print("\(target.path): \(model.parameters) parameters, \(model.bytes / 1_000_000) MB of weights")
  }
}

extension PublishedShape: ExpressibleByArgument {}
