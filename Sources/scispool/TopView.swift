import Daemon
import Foundation
import Jobs
import Ledger
import Spooling

/// The tables of `top`.
struct TopView: Encodable {
  let spools: [SpoolGlance]
  let at: Date

  /// - Parameter size: Of the terminal; longer lines and further rows are cut. Nil for no terminal.
  func text(_ size: (columns: Int, rows: Int)?) -> String {
    var lines = ["scispool top, \(at.formatted(.iso8601))"] + processes
    lines += ["", Terminal.table(Self.heading, spools.map(row), rightAligned: [4, 5, 6, 7])]
    let waiting = spools.flatMap { spool in spool.waiting.map { (spool, $0) } }
    if !waiting.isEmpty {
      lines += [
        "",
        Terminal.table(
          ["SPOOL", "WAITS", "KIND", "CLAIMED", "FOR"],
          waiting.map { spool, job in
            [
              label(spool), job.name.oneLine(40), job.kind ?? "-", String(job.claimedAt.prefix(19)),
              (job.wait?.detail ?? "its turn").oneLine(),
            ]
          }),
      ]
    }
    let all = lines.joined(separator: "\n").split(separator: "\n", omittingEmptySubsequences: false)
    guard let size else { return all.joined(separator: "\n") + "\n" }
    // The last row is the prompt's.
    return all.prefix(max(1, size.rows - 1)).map { String($0.prefix(size.columns)) }.joined(separator: "\n")
      + "\n"
  }

  private static let heading = [
    "SPOOL", "STATE", "RUNS", "STEP", "LEFT", "WAITING", "CPU", "MEMORY", "LAST HOUR",
  ]

  /// A process that serves several spools is named once.
  private var processes: [String] {
    var seen: Set<Int> = []
    return spools.compactMap(\.supervisor).filter { seen.insert($0.processID).inserted }.map {
      "supervisor \($0.processID): CPU \(Self.cpu($0)), memory \(Retention.size($0.residentBytes))"
    }
  }

  private func row(_ spool: SpoolGlance) -> [String] {
    let running = spool.running
    let progress = running?.progress
    let state = spool.isServed ? (spool.paused == nil ? "served" : "paused") : "no daemon"
    let hour = spool.lastHour
    return [
      label(spool), state, (running?.name ?? "-").oneLine(40),
      progress.map { "\($0.stage) \($0.step)/\($0.total)" } ?? "-",
      progress?.eta.map(Terminal.ProgressLine.duration) ?? "-",
      "\(spool.waitingCount)" + (spool.inbox > 0 ? "+\(spool.inbox)" : ""),
      spool.worker.map(Self.cpu) ?? "-", spool.worker.map { Retention.size($0.residentBytes) } ?? "-",
      "\(hour.done) done, \(hour.failed) failed, \(hour.images) pictures",
    ]
  }

  private func label(_ spool: SpoolGlance) -> String { (spool.name ?? spool.root).oneLine(30) }

  private static func cpu(_ figures: ProcessFigures) -> String {
    figures.cpu.map { String(format: "%.0f %%", $0) } ?? "-"
  }
}
