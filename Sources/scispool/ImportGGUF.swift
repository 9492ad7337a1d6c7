import ArgumentParser
import Daemon
import Foundation
import JobRunners
import Jobs

/// `models import-gguf`.
struct ImportGGUF: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import-gguf", abstract: "Makes a pipeline of a FLUX transformer in a GGUF file.",
    discussion: """
      EXAMPLE
        scispool models import-gguf flux1-dev-Q8_0.gguf /srv/models/flux-dev-q8 --with /srv/models/FLUX.1-dev

      Tensors in F32, F16, BF16 and Q8_0 are taken, with the numbers that they stand for; Q8_0 stays bytes. Text encoders,
      autoencoder, tokenizers and configurations are copied from the other folder, which must be of the same model.
      """)

  @Argument(help: ArgumentHelp("The transformer's file.", valueName: "file.gguf")) var file: String
  @Argument(help: ArgumentHelp("The folder to make.", valueName: "to")) var folder: String
  @Option(name: .customLong("with"), help: ArgumentHelp("A pipeline of the same model.", valueName: "dir"))
  var parts: String

  func run() throws {
    let target = URL(filePath: folder)
    guard access(target.path, F_OK) != 0 else {
      throw JobFailure(
        .cannotWrite, "\(target.path) exists", hint: "Name another folder, or remove that one.")
    }
    let source = try GGUFImport(file: URL(filePath: file).path, parts: URL(filePath: parts).path)
    let (parent, bytes) = (target.deletingLastPathComponent(), source.bytes)
    if let free = Machine.freeBytes(of: parent), free < bytes + bytes / 8 {
      throw JobFailure(
        .diskFull,
        "\(file) has \(bytes / 1_000_000) MB, and \(free / 1_000_000) MB are free in \(parent.path)",
        hint: "Make room, or name a folder on another disk.")
    }
    var line = Terminal.ProgressLine()
    defer { line.close() }
    try source.write(to: target.path) { done in
      line.show(
        target.lastPathComponent,
        JobProgress(stage: "read MB", step: done / 1_000_000, total: bytes / 1_000_000))
    }
    line.close()
    print(target.path)
  }
}
