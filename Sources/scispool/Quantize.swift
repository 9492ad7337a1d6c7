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
        scispool models quantize FLUX.1-dev flux-dev-int8 --keep attn --keep transformer_blocks.0

      Symmetric, one scale for each output channel, or for each group of inputs with --group-size. Norms, modulation,
      embeddings, first and last layers and the autoencoder stay as they are, and so does what --keep names. What is
      printed at the end tells how far rounding changed each kind of matrix. docs/int8.md describes the files.
      """)

  @Argument(help: ArgumentHelp("The model's folder.", valueName: "from")) var source: String
  @Argument(help: ArgumentHelp("The folder to make.", valueName: "to")) var folder: String
  @Option(help: ArgumentHelp("Inputs that share a scale (default: all of a channel).", valueName: "count"))
  var groupSize: Int?
  @Option(
    help: ArgumentHelp(
      "A module that keeps its precision, by a part of its name: attn, ff.net.2, transformer_blocks.0, text_encoder_2; may be repeated.",
      valueName: "module"))
  var keep: [String] = []

  func validate() throws {
    if let groupSize, groupSize < 1 {
      throw ValidationError("--group-size is at least 1, found \(groupSize).")
    }
  }

  func run() throws {
    let target = try NewModelFolder(folder)
    var quantizer = try ModelQuantizer(folder: URL(filePath: source).path)
    quantizer.groupSize = groupSize
    quantizer.keptModules = keep
    let bytes = quantizer.bytes
    try target.requireRoom(for: bytes, of: source)
    let kinds = try target.withProgress("read", of: bytes) { progress in
      try quantizer.write(to: target.path, progress: progress)
    }
    let written = try ModelQuantizer(folder: target.path).bytes
    let rows = kinds.map { kind in
      [
        kind.name, "\(kind.matrices)",
        (Double(kind.elementCount) / 1e6).formatted(.number.precision(.fractionLength(1)).grouping(.never)),
        (kind.error * 100).formatted(.number.precision(.fractionLength(2))),
      ]
    }
    if !rows.isEmpty {
      print(
        Terminal.table(
          ["MODULE", "MATRICES", "MILLION WEIGHTS", "ERROR %"], rows, rightAligned: [1, 2, 3]))
    }
    let count = kinds.reduce(0) { $0 + $1.matrices }
    print(
      "\(target.path): \(count) matrices as bytes, \(written / 1_000_000) MB of weights in place of \(bytes / 1_000_000)"
    )
  }
}
