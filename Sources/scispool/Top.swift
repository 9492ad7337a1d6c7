import ArgumentParser
import Configuration
import Daemon
import Foundation
import Jobs
import Spooling

struct Top: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows what runs, what waits and what was done, again and again.",
    discussion: """
      EXAMPLE
        scispool top                               # all spools of the configuration, until Ctrl-C
        scispool top --once --spool /var/spool/scispool
        scispool top --json | jq -c '.spools[] | [.name, .running.name, .worker.rss_bytes]'

      CPU is per cent of one core since the look before; the first look takes half a second. MEMORY is what the process
      holds (RSS). It reads folders and ledgers and needs no daemon.
      """)

  @OptionGroup var spool: SpoolOptions
  @Flag(help: "Show it once.") var once = false
  @Flag(help: "A JSON object a line instead of tables.") var json = false
  @Option(help: ArgumentHelp("Seconds between two looks.", valueName: "seconds")) var interval: Double = 2

  func run() throws {
    guard interval.isFinite, (0.1...3600).contains(interval) else {
      throw JobFailure(.usage, "--interval is \(interval), expected 0.1…3600 seconds")
    }
    let configuration = try spool.configuration()
    let spools = try configuration.served(spool.spool)
    var sampler = ProcessSampler()
    // The use of the processor is a difference: the first look is not shown.
    _ = try look(spools, &sampler)
    usleep(500_000)
    while true {
      let view = TopView(spools: try look(spools, &sampler), at: Date())
      let text = json ? String(decoding: try JobJSON.line(view), as: UTF8.self) : view.text(Terminal.size)
      let clears = !once && !json && isatty(STDOUT_FILENO) == 1
      try Terminal.output(Data(((clears ? "\u{1b}[H\u{1b}[J" : "") + text).utf8))
      guard !once else { return }
      usleep(UInt32(interval * 1_000_000))
    }
  }

  private func look(_ spools: [SpoolSettings], _ sampler: inout ProcessSampler) throws(JobFailure)
    -> [SpoolGlance]
  {
    let now = Date()
    var glances: [SpoolGlance] = []
    for settings in spools {
      let folders = SpoolFolders(root: URL(filePath: settings.rootPath))
      glances.append(
        try SpoolGlance(
          folders, name: settings.name, isServed: Submit.isServed(folders), waiting: 20, at: now, &sampler))
    }
    return glances
  }
}
