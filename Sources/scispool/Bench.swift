import ArgumentParser
import Checkpoints
import Evaluation
import FLUX
import Foundation
import Images
import Jobs
import Rewards
import Scenes
import Spooling

struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measures models and machinery.",
    discussion: """
      EXAMPLE
        scispool bench mini --spool Spool --tuples 512
      """,
    subcommands: [
      Mini.self, Detector.self, Models.self, Calibrate.self, Scaling.self, Roofline.self, Training.self,
      Spool.self,
      Storm.self, Soak.self,
      Supervisor.self,
      StandIn.self,
    ])

  struct Mini: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Measures flux-mini and clip-mini on held-out scenes, the pixel oracles judging.",
      discussion: """
        EXAMPLE
          scispool bench mini --spool Spool --tuples 512 --json figures.json --sheet sheet.png
        """)

    @OptionGroup var spool: SpoolOptions
    @Option(help: "Held-out tuples; the 16 tasks take turns.") var tuples = 512
    @Option(help: "Of the held-out scenes; the models were trained with seed 1.") var seed: UInt64 = 424_242
    @Option(help: "Sampling steps.") var steps = 16
    @Option(help: "A LoRA adapter, file or folder, that flux-mini draws with.") var adapter: String?
    @Option(help: "The scorer's name below models/.") var scorer = "clip-mini"
    @Option(help: "Write the figures to this file, too.") var json: String?
    @Option(help: "Write a contact sheet of drawn pictures to this PNG.") var sheet: String?

    private struct Report: Encodable {
      var seed: UInt64
      var tuples: Int
      var steps: Int
      var measures: [String: RateByTask]

      func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        try values.encode(seed, forKey: Key("seed"))
        try values.encode(tuples, forKey: Key("tuples"))
        try values.encode(steps, forKey: Key("steps"))
        for (name, rates) in measures { try values.encode(rates, forKey: Key(name)) }
      }

      private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(_ name: String) { stringValue = name }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
      }
    }

    func run() throws {
      let models = try spool.folders.models
      var world = MiniWorld(tuples: tuples, seed: seed)
      world.steps = steps
      var report = Report(seed: seed, tuples: tuples, steps: steps, measures: [:])
      var cells: [ContactSheet.Cell] = []
      let applied = try adapter.map { AppliedAdapter(try LowRankAdapter(path: $0), strength: 1) }
      let pipeline = try FluxPipeline(folder: models.appending(path: "flux-mini").path, adapter: applied)
      let scorer = try SciScore(folder: models.appending(path: scorer).path)
      for measure in MiniWorld.Measure.allCases {
        var line = Terminal.ProgressLine()
        let began = Date()
        let progress = { (done: Int) in
          let eta = Date().timeIntervalSince(began) / Double(done) * Double(tuples - done)
          line.show(measure.rawValue, JobProgress(stage: "tuple", step: done, total: tuples, eta: eta))
        }
        switch measure {
        case .fluxExplicit, .fluxSuperficial, .fluxImplicit:
          let (rates, pictures) = try world.draw(measure, with: pipeline, progress: progress)
          report.measures[measure.rawValue] = rates
          if measure != .fluxSuperficial { cells += pictures.prefix(32).map(Self.cell) }
        case .vae:
          report.measures[measure.rawValue] = try world.reconstruct(
            with: pipeline.autoencoder, progress: progress)
        case .clipExplicit, .clipImplicit:
          report.measures[measure.rawValue] = try world.choose(measure, with: scorer, progress: progress)
        }
        line.close()
      }
      print(Self.table(report.measures))
      if let json { try FileSystem.system.write(JobJSON.file(report), to: URL(filePath: json)) }
      if let sheet {
        let image = ContactSheet(title: "flux-mini", columns: 8, cellSize: 128).image(of: cells)
        try FileSystem.system.write(image.pngData(), to: URL(filePath: sheet))
      }
    }

    private static func cell(_ picture: (prompt: String, image: RGBImage, verdict: Verdict))
      -> ContactSheet.Cell
    {
      let mark: ContactSheet.Mark =
        switch picture.verdict {
        case .explicit: .right
        case .superficial: .wrong
        case .neither: .unclear
        }
      return ContactSheet.Cell(picture.image, caption: picture.prompt, mark: mark)
    }

    private static func table(_ measures: [String: RateByTask]) -> String {
      let columns = MiniWorld.Measure.allCases
      let percent = { (rate: Rate?) in rate.map { String(format: "%.1f", 100 * $0.rate) } ?? "-" }
      var rows = Task.allCases.map { task in
        [task.rawValue] + columns.map { percent(measures[$0.rawValue]?.tasks[task]) }
      }
      rows.append(
        ["all"]
          + columns.map { measure in
            let total = measures[measure.rawValue]?.total
            return percent(total) + (total.map { String(format: " ± %.1f", 100 * $0.standardError) } ?? "")
          })
      return Terminal.table(["TASK, %"] + columns.map(\.title), rows, rightAligned: Set(1...columns.count))
    }
  }
}
