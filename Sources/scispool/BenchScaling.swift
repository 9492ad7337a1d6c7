import ArgumentParser
import Foundation
import Images
import JobRunners
import Jobs
import Pages
import Scenes

extension Bench {
  /// Measures how the cost of jobs grows, beside what is reckoned before they run.
  struct Scaling: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "Measures how the time of jobs grows with what they ask for, beside the time reckoned before.",
      discussion: """
        EXAMPLE
          scispool bench calibrate && scispool bench scaling --models Spool/models --page scaling.html

        AXES
        \(ScalingTrial.Axis.allCases.map { "  \($0.rawValue): \($0.what)" }.joined(separator: "\n"))

        Runs small jobs with flux-mini, each once untimed and then --rounds times, in this process, as a worker does that
        keeps its models. Some minutes.
        """)

    @Option(help: ArgumentHelp("The folder with flux-mini.", valueName: "dir")) var models = "Spool/models"
    @Option(
      name: .customLong("axis"),
      help: ArgumentHelp("What to vary; may be repeated (default: all).", valueName: "axis"))
    var axes: [ScalingTrial.Axis] = []
    @Option(help: "Timed runs of each job; the median counts.") var rounds = 3
    @Option(help: ArgumentHelp("Write a page with the curves to this file.", valueName: "html"))
    var page: String?
    @Option(help: ArgumentHelp("Write the figures to this file, too.", valueName: "json")) var json: String?

    func validate() throws {
      guard rounds > 0 else { throw ValidationError("rounds are at least 1") }
    }

    func run() throws {
      let model = URL(filePath: models).appending(path: "flux-mini").standardizedFileURL.path
      guard access("\(model)/model_index.json", R_OK) == 0 else {
        throw JobFailure(
          .missingInput, "there is no \(model)/model_index.json", hint: "Name the folder with --models.")
      }
      let scratch = FileManager.default.temporaryDirectory.appending(path: "scaling-\(UUID().uuidString)")
      defer { try? FileManager.default.removeItem(at: scratch) }
      try SceneDataset(count: 64, seed: 3).write(to: scratch.appending(path: "scenes")) { $0.pngData() }
      let calibration = Calibrate.kept()
      if calibration == nil {
        Terminal.complain("no time is reckoned: `scispool bench calibrate` measures this machine first")
      }
      let trial = ScalingTrial(
        model: model, scratch: scratch,
        runner: JobRunner(shelf: ModelShelf(budget: Memory.modelBudget), version: Version.text),
        calibration: calibration)
      print("| quantity | value | took, s | reckoned, s | off by |\n|---|---|---|---|---|")
      var points: [ScalingTrial.Point] = []
      for axis in axes.isEmpty ? ScalingTrial.Axis.allCases : axes {
        for value in axis.values {
          let point = try trial.point(axis, value, rounds: rounds)
          points.append(point)
          print(Self.row(point))
          fflush(nil)
        }
      }
      if let off = Self.errors(points) { print("\n\(off)") }
      if let json { try JobJSON.file(points).write(to: URL(filePath: json), options: .atomic) }
      if let page { try Data(Self.html(points).utf8).write(to: URL(filePath: page), options: .atomic) }
    }

    private static func row(_ point: ScalingTrial.Point) -> String {
      let reckoned = point.reckoned.map { String(format: "%.2f", $0) } ?? "–"
      let off = point.reckoned.map { String(format: "%+.0f %%", 100 * ($0 / point.took - 1)) } ?? "–"
      return
        "| \(point.axis) | \(point.value) | \(String(format: "%.2f", point.took)) | \(reckoned) | \(off) |"
    }

    /// How far off the reckoned times were.
    private static func errors(_ points: [ScalingTrial.Point]) -> String? {
      let off = points.compactMap { point in point.reckoned.map { abs($0 / point.took - 1) } }.sorted()
      guard let largest = off.last else { return nil }
      let within = off.filter { $0 <= 0.15 }.count
      return
        "reckoned within 15 % in \(within) of \(off.count), \(Int(100 * off[off.count / 2])) % off in the middle, \(Int(100 * largest)) % at most"
    }

    private static func html(_ points: [ScalingTrial.Point]) -> String {
      let plots = ScalingTrial.Axis.allCases.compactMap { axis -> String? in
        let own = points.filter { $0.axis == axis.rawValue }
        guard !own.isEmpty else { return nil }
        let reckoned = own.compactMap { point in point.reckoned.map { (Double(point.value), $0) } }
        return CurvePlot(
          title: "Seconds by \(axis.rawValue)", xLabel: axis.what,
          curves: [
            .init(label: "took", points: own.map { (Double($0.value), $0.took) }, isMarked: true),
            .init(label: "reckoned", points: reckoned),
          ]
        ).svg
      }
      return Page(
        title: "How the time of jobs grows", kind: "Scaling",
        summary: errors(points)?.escapedForHTML ?? "No time was reckoned.",
        main: plots.joined(separator: "\n")
      ).html
    }
  }
}

extension ScalingTrial.Axis: ExpressibleByArgument {}
