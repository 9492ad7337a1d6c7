import ArgumentParser
import Daemon
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
    let target = URL(filePath: folder)
    guard access(target.path, F_OK) != 0 else {
      throw JobFailure(
        .cannotWrite, "\(target.path) exists", hint: "Name another folder, or remove that one.")
    }
    var model = try SyntheticModel(like: like)
    model.seed = seed
    if float32 { model.type = .float32 }
    let (parent, bytes) = (target.deletingLastPathComponent(), model.bytes)
    if let free = Machine.freeBytes(of: parent), free < bytes + bytes / 50 {
      throw JobFailure(
        .diskFull,
        "\(like.rawValue) has \(bytes / 1_000_000) MB, and \(free / 1_000_000) MB are free in \(parent.path)",
        hint: "Make room, or name a folder on another disk.")
    }
    var line = Terminal.ProgressLine()
    defer { line.close() }
    let began = Date()
    try model.write(to: target.path) { done in
      let seconds = Date().timeIntervalSince(began) / Double(max(1, done)) * Double(bytes - done)
      line.show(
        like.rawValue,
        JobProgress(stage: "write MB", step: done / 1_000_000, total: bytes / 1_000_000, eta: seconds)
      )
    }
    line.close()
    print("\(target.path): \(model.parameters) parameters, \(bytes / 1_000_000) MB of weights")
  }
}

extension PublishedShape: ExpressibleByArgument {}
