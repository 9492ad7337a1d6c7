import ArgumentParser
import Evaluation
import Foundation
import GroundingDINO
import Jobs
import Scenes
import Spooling

extension Bench {
  struct Detector: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Measures grounding-dino-mini on held-out scenes.",
      discussion: """
        EXAMPLE
          scispool bench detector --spool Spool --tuples 512 --json figures.json
        """)

    @OptionGroup var spool: SpoolOptions
    @Option(help: "The detector's name or folder.") var model = "grounding-dino-mini"
    @Option(help: "Held-out tuples, of which both pictures are looked at.") var tuples = 512
    @Option(help: "Of the held-out scenes; the detector was trained with seed 1.") var seed: UInt64 = 424_242
    @Option(help: "Boxes below are not counted.") var boxThreshold: Float = 0.35
    @Option(help: "Write the figures to this file, too.") var json: String?

    private struct Report: Encodable {
      var seed: UInt64
      var tuples: Int
      var tasks: [String: DetectorWorld.Figures]
      var total: DetectorWorld.Figures
    }

    func run() throws {
      let named = try spool.folders.models.appending(path: model).path
      let folder = FileManager.default.fileExists(atPath: named) ? named : model
      let detector = try ObjectDetector(folder: folder)
      var line = Terminal.ProgressLine()
      let began = Date()
      let (tasks, total) = try DetectorWorld(tuples: tuples, seed: seed, boxThreshold: boxThreshold).measure(
        detector
      ) { done in
        let eta = Date().timeIntervalSince(began) / Double(done) * Double(tuples - done)
        line.show("detector", JobProgress(stage: "tuple", step: done, total: tuples, eta: eta))
      }
      line.close()
      func cells(_ figures: DetectorWorld.Figures) -> [String] {
        [
          String(format: "%.1f ± %.1f", 100 * figures.present.rate, 100 * figures.present.standardError),
          String(format: "%.1f ± %.1f", 100 * figures.absent.rate, 100 * figures.absent.standardError),
          String(format: "%.2f", figures.meanIoU),
        ]
      }
      var rows = Task.allCases.compactMap { task in tasks[task].map { [task.rawValue] + cells($0) } }
      rows.append(["all"] + cells(total))
      print(Terminal.table(["TASK", "FOUND %", "FOUND, ABSENT %", "IOU"], rows, rightAligned: [1, 2, 3]))
      guard let json else { return }
      let byName = Dictionary(uniqueKeysWithValues: tasks.map { ($0.key.rawValue, $0.value) })
      let report = Report(seed: seed, tuples: tuples, tasks: byName, total: total)
      try FileSystem.system.write(JobJSON.file(report), to: URL(filePath: json))
    }
  }
}
