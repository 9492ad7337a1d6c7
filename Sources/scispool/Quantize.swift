import ArgumentParser
import Daemon
import Foundation
import JobRunners
import Jobs

/// `models quantize`.
struct Quantize: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Copies a model with the matrices of its blocks as signed bytes, at half the size or less.",
    discussion: """
      EXAMPLE
        scispool models quantize /srv/models/FLUX.1-dev /srv/models/flux-dev-int8

      Symmetric, one scale for each output channel, or for each group of inputs with --group-size. Norms, modulation,
      embeddings, first and last layers and the autoencoder stay as they are. docs/int8.md describes the files.
      """)

  @Argument(help: ArgumentHelp("The model's folder.", valueName: "from")) var source: String
  @Argument(help: ArgumentHelp("The folder to make.", valueName: "to")) var folder: String
  @Option(help: ArgumentHelp("Inputs that share a scale (default: all of a channel).", valueName: "count"))
  var groupSize: Int?

  func validate() throws {
    if let groupSize, groupSize < 1 {
      throw ValidationError("--group-size is at least 1, found \(groupSize).")
    }
  }

  func run() throws {
    let target = URL(filePath: folder)
    guard access(target.path, F_OK) != 0 else {
      throw JobFailure(
        .cannotWrite, "\(target.path) exists", hint: "Name another folder, or remove that one.")
    }
    var quantizer = try ModelQuantizer(folder: URL(filePath: source).path)
    quantizer.groupSize = groupSize
    let (parent, bytes) = (target.deletingLastPathComponent(), quantizer.bytes)
    if let free = Machine.freeBytes(of: parent), free < bytes {
      throw JobFailure(
        .diskFull,
        "\(source) has \(bytes / 1_000_000) MB, and \(free / 1_000_000) MB are free in \(parent.path)",
        hint: "Make room, or name a folder on another disk.")
    }
    var line = Terminal.ProgressLine()
    defer { line.close() }
    let began = Date()
    let count = try quantizer.write(to: target.path) { done in
      let seconds = Date().timeIntervalSince(began) / Double(max(1, done)) * Double(bytes - done)
      line.show(
        target.lastPathComponent,
        JobProgress(stage: "read MB", step: done / 1_000_000, total: bytes / 1_000_000, eta: seconds))
    }
    line.close()
    let written = try ModelQuantizer(folder: target.path).bytes
    print(
      "\(target.path): \(count) matrices as bytes, \(written / 1_000_000) MB of weights in place of \(bytes / 1_000_000)"
    )
  }
}
