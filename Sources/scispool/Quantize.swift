import ArgumentParser
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
    let target = try NewModelFolder(folder)
    var quantizer = try ModelQuantizer(folder: URL(filePath: source).path)
    quantizer.groupSize = groupSize
    let bytes = quantizer.bytes
    try target.requireRoom(for: bytes, of: source)
    let count = try target.withProgress("read", of: bytes) { progress in
      try quantizer.write(to: target.path, progress: progress)
    }
    let written = try ModelQuantizer(folder: target.path).bytes
    print(
      "\(target.path): \(count) matrices as bytes, \(written / 1_000_000) MB of weights in place of \(bytes / 1_000_000)"
    )
  }
}
