import ArgumentParser
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
    let target = try NewModelFolder(folder)
    let source = try GGUFImport(file: URL(filePath: file).path, parts: URL(filePath: parts).path)
    try target.requireRoom(for: source.bytes + source.bytes / 8, of: file)
    try target.withProgress("read", of: source.bytes) { try source.write(to: target.path, progress: $0) }
    print(target.path)
  }
}
