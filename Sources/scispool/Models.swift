import ArgumentParser
import Foundation
import JobRunners
import Jobs
import Spooling

struct Models: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Lists the models that jobs can name; takes promotions of adapters back; makes smaller ones, and ones to measure.",
    discussion: """
      EXAMPLE
        scispool models --spool /var/spool/scispool
        scispool models rollback flux-mini --spool /var/spool/scispool
        scispool models synth /srv/models/random-dev --like flux.1-dev
        scispool models quantize /srv/models/FLUX.1-dev /srv/models/flux-dev-int8
        scispool models import-gguf flux1-dev-Q8_0.gguf /srv/models/flux-dev-q8 --with /srv/models/FLUX.1-dev
      """, subcommands: [List.self, RollBack.self, Synthesize.self, Quantize.self, ImportGGUF.self],
    defaultSubcommand: List.self)
}

/// `models rollback`.
struct RollBack: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollback", abstract: "Makes a model's previous adapter the current one again.",
    discussion: """
      Called twice, it changes nothing: what was current becomes the previous one.

      EXAMPLE
        scispool models rollback flux-mini --spool /var/spool/scispool
      """)

  @Argument(help: "The model's name.") var model: String
  @OptionGroup var spool: SpoolOptions

  func run() throws {
    let version = try AdapterLibrary(spoolRoot: try spool.folders.root.path, model: model).rollBack()
    print("the current adapter of \(model) is \(version)")
  }
}

/// `models list`, which is what `models` alone does.
struct List: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lists the models that jobs can name.",
    discussion: """
      EXAMPLE
        scispool models --spool /var/spool/scispool
      """)

  @OptionGroup var spool: SpoolOptions

  func run() throws {
    let folder = try spool.folders.models
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
    let rows = names.compactMap { name -> [String]? in
      let path = folder.appending(path: name)
      guard let kind = Self.kind(of: path) else { return nil }
      return [name, kind, "\((Self.bytes(below: path) + 500_000) / 1_000_000) MB"]
    }
    guard !rows.isEmpty else {
      throw JobFailure(
        .missingInput, "no model lies in \(folder.path)", hint: "Put diffusers or transformers folders there."
      )
    }
    print(Terminal.table(["NAME", "KIND", "SIZE"], rows, rightAligned: [2]))
  }

  /// What a folder can be used for, by the class that its index or configuration names.
  static func kind(of folder: URL) -> String? {
    struct Index: Decodable {
      var className: String?
      var architectures: [String]?

      enum CodingKeys: String, CodingKey {
        case className = "_class_name"
        case architectures
      }
    }
    for file in ["model_index.json", "config.json"] {
      guard let data = try? Data(contentsOf: folder.appending(path: file)),
        let index = try? JSONDecoder().decode(Index.self, from: data),
        let name = index.className ?? index.architectures?.first
      else { continue }
      switch name {
      case "FluxPipeline": return "generate, sft, oft (FLUX)"
      case "CLIPModel": return "score, reward (CLIP)"
      case "GroundingDinoForObjectDetection": return "detector (GroundingDINO)"
      default: return "\(name), not supported"
      }
    }
    return nil
  }

  private static func bytes(below folder: URL) -> Int {
    let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: [.fileSizeKey])
    var sum = 0
    while let file = files?.nextObject() as? URL {
      sum += (try? file.resourceValues(forKeys: [.fileSizeKey]).fileSize) ?? 0
    }
    return sum
  }
}
