import ArgumentParser
import Foundation
import Jobs
import Kernels
import ModelTrials
import Pages
import Tensors

extension Bench {
  /// What each kind of layer takes, and what it could take.
  struct Roofline: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Times each kind of layer of FLUX.1-dev beside what arithmetic and memory allow.",
      discussion: """
        EXAMPLE
          scispool bench roofline --page roofline.html
          scispool bench roofline --weights int8

        One layer of each kind at its shape for 512×512 pictures and 512 tokens, with random weights. What it could take at
        the least is its arithmetic at the speed of the processor's units for float32 or whole numbers, or its bytes at the speed
        of the memory, whichever is more; these speeds are measured first. Needs 2 GB and a few minutes.
        """)

    enum Format: String, CaseIterable, ExpressibleByArgument {
      case bfloat16, int8, float32

      var format: Weight.Format {
        switch self {
        case .bfloat16: .bfloat16
        case .int8: .int8
        case .float32: .float32
        }
      }
    }

    @Option(help: "The format of matrices: \(Format.allCases.map(\.rawValue).joined(separator: ", ")).")
    var weights = Format.bfloat16
    @Option(
      name: .customLong("layer"),
      help: ArgumentHelp(
        "Only kinds with this in their name; may be repeated (default: all).", valueName: "text"))
    var layers: [String] = []
    @Option(help: ArgumentHelp("Write a page with the drawing to this file.", valueName: "html"))
    var page: String?
    @Option(help: "Threads (default: all processors).") var threads: Int?

    func validate() throws {
      guard threads ?? 1 > 0 else { throw ValidationError("threads are at least 1") }
    }

    /// A kind with its time.
    private struct Row {
      let kind: LayerKind
      let seconds: Double
      let bound: Double
      let isBoundByMemory: Bool

      var total: Double { seconds * Double(kind.count) }
      /// Seconds of the stage that better code could save at most.
      var remains: Double { max(0, total - bound * Double(kind.count)) }
    }

    private var kinds: [LayerKind] {
      LayerKind.all(weights: weights.format).filter { kind in
        layers.isEmpty || layers.contains { kind.name.contains($0) }
      }
    }

    func run() throws {
      guard !kinds.isEmpty else {
        let names = LayerKind.all(weights: weights.format).map(\.name).joined(separator: "; ")
        throw ValidationError(
          "No layer has \(layers.joined(separator: " or ")) in its name. There are: \(names).")
      }
      if let threads { Parallelism.threads = threads }
      let peak = MachinePeak.measured()
      let machine =
        "\(Parallelism.threads) threads, \(String(cString: elementwise().pointee.name)), \(weights.rawValue) matrices, "
        + "at most \(Int(peak.floatOperations / 1e9)) GFLOP/s"
        + (weights == .int8 ? ", \(Int(peak.integerOperations / 1e9)) with whole numbers," : "")
        + " and \(Self.text(peak.bytes / 1e9)) GB/s"
      print(
        """
        \(machine)

        | of | layer | how many | s each | GFLOP | MB | bound by | GFLOP/s | of the bound | s in all | s to save |
        |---|---|---|---|---|---|---|---|---|---|---|
        """)
      var rows: [Row] = []
      for kind in kinds {
        let row = Row(
          kind: kind, seconds: kind.seconds(), bound: kind.bound(peak),
          isBoundByMemory: kind.isBoundByMemory(peak))
        rows.append(row)
        print("| \(kind.stage.rawValue) | \(kind.name) | \(Self.cells(row).joined(separator: " | ")) |")
        fflush(nil)
      }
      for stage in LayerKind.Stage.allCases where layers.isEmpty {
        let own = rows.filter { $0.kind.stage == stage }
        let (took, least) = (
          own.reduce(0) { $0 + $1.total }, own.reduce(0) { $0 + $1.bound * Double($1.kind.count) }
        )
        print("\n\(stage.rawValue): \(Self.text(took)) s, \(Self.text(least)) s at the least", terminator: "")
      }
      print()
      if let page {
        let html = Self.html(rows, machine, peak)
        try Data(html.utf8).write(to: URL(filePath: page), options: .atomic)
      }
    }

    private static func cells(_ row: Row) -> [String] {
      [
        "\(row.kind.count)", text(row.seconds), text(row.kind.operations / 1e9), text(row.kind.bytes / 1e6),
        row.isBoundByMemory ? "memory" : "arithmetic", "\(Int(row.kind.operations / row.seconds / 1e9))",
        "\(Int((100 * row.bound / row.seconds).rounded())) %", text(row.total), text(row.remains),
      ]
    }

    private static func text(_ value: Double) -> String { String(format: "%.3g", value) }

    private static func html(_ rows: [Row], _ machine: String, _ peak: MachinePeak) -> String {
      let stages = LayerKind.Stage.allCases
      let plot = RooflinePlot(
        title: "Operations a second by operations for each byte",
        peaks: [peak.floatOperations]
          + (rows.contains(where: \.kind.isInteger) ? [peak.integerOperations] : []),
        bandwidth: peak.bytes,
        points: rows.map { row in
          RooflinePlot.Point(
            label: "\(row.kind.name): \(Int((100 * row.bound / row.seconds).rounded())) % of the bound",
            intensity: row.kind.operations / row.kind.bytes, rate: row.kind.operations / row.seconds,
            group: stages.firstIndex(of: row.kind.stage) ?? 0)
        }, groups: stages.map(\.rawValue))
      let heads = [
        "of", "layer", "how many", "s each", "GFLOP", "MB", "bound by", "GFLOP/s", "of the bound", "s in all",
        "s to save",
      ]
      let table = SortableTable(
        caption: "Kinds of layers",
        heads: heads.enumerated().map { index, name in
          SortableTable.Head(name, isNumber: index > 1 && index != 6)
        },
        rows: rows.map { row in
          let values = [
            Double(row.kind.count), row.seconds, row.kind.operations / 1e9, row.kind.bytes / 1e6, nil,
            row.kind.operations / row.seconds / 1e9, row.bound / row.seconds, row.total, row.remains,
          ]
          return [.text(row.kind.stage.rawValue), .text(row.kind.name)]
            + zip(values, cells(row)).map { value, text in value.map { .number($0, text) } ?? .text(text) }
        })
      let bars = stages.map { stage in
        BarPlot(
          title: "Seconds of \(stage.rawValue)",
          bars: rows.filter { $0.kind.stage == stage }.map { row in
            .init(
              label: row.kind.name, value: row.total, low: row.bound * Double(row.kind.count), high: row.total
            )
          }
        ).svg
      }
      return Page(
        title: "Roofline", kind: "Bench", summary: machine.escapedForHTML,
        main: plot.svg + table.html + bars.joined(),
        footer:
          "<p>Bars are what the layers take; the line within begins where the bound is, and spans what remains.</p>",
        script: PageScript.sortableTables
      ).html
    }
  }
}
