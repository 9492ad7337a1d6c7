import ArgumentParser
import Configuration
import Foundation
import Jobs

struct Config: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows what is set for each spool and where that comes from, or checks a configuration.",
    discussion: """
      EXAMPLE
        scispool config
        scispool config --check /etc/scispool/config.jsonc && systemctl reload scispool
        scispool config --json | jq '.spools[] | {name, root: .settings.root.value}'

      The command line goes before the environment, the environment before the file, the file before the defaults. Every key
      is in docs/configuration.md. Exit codes: 0 done, 65 the file has problems, 66 it cannot be read.
      """)

  @OptionGroup var spool: SpoolOptions
  @Option(help: ArgumentHelp("Only look for problems in this file.", valueName: "file")) var check: String?
  @Flag(help: "JSON instead of a table.") var json = false

  func run() throws {
    if let check {
      let file = try ConfigurationFile(path: check)
      print("\(check): \(file.spools.map(\.name).joined(separator: ", ")), fine")
      return
    }
    let configuration = try spool.configuration()
    let shown = try spool.spool.map { [try configuration.spool($0)] } ?? configuration.spools
    let listing = Listing(configuration, shown)
    print(
      json ? String(decoding: try JobJSON.file(listing), as: UTF8.self) : listing.text, terminator: "")
  }

  private struct Entry: Encodable {
    let setting: Setting

    init(_ setting: Setting) { self.setting = setting }

    private enum CodingKeys: String, CodingKey { case value, source }

    func encode(to encoder: any Encoder) throws {
      var values = encoder.container(keyedBy: CodingKeys.self)
      try values.encode(setting.value, forKey: .value)
      try values.encode(setting.source.description, forKey: .source)
    }
  }

  private struct Listing: Encodable {
    let file: String?
    let settings: [String: Entry]
    let spools: [Spool]

    struct Spool: Encodable {
      let name: String?
      let settings: [String: Entry]

      init(_ spool: SpoolSettings) {
        name = spool.name
        var entries = ["root": Entry(spool.root)]
        for (key, setting) in spool.settings { entries[key.rawValue] = Entry(setting) }
        settings = entries
      }
    }

    init(_ configuration: Configuration, _ shown: [SpoolSettings]) {
      file = configuration.file
      settings = [
        GlobalKey.defaultSpool.rawValue: Entry(configuration.defaultSpool),
        GlobalKey.maxRunningJobs.rawValue: Entry(configuration.maxRunningJobs),
        GlobalKey.logLevel.rawValue: Entry(configuration.logLevel),
      ]
      spools = shown.map(Spool.init)
    }

    var text: String {
      var rows = GlobalKey.allCases.compactMap { row("", $0.rawValue, settings[$0.rawValue]) }
      for spool in spools {
        for key in ["root"] + SettingKey.allCases.map(\.rawValue) {
          if let row = row(spool.name ?? "-", key, spool.settings[key]) { rows.append(row) }
        }
      }
      return "configuration: \(file ?? "none")\n"
        + Terminal.table(["SPOOL", "KEY", "VALUE", "FROM"], rows) + "\n"
    }

    private func row(_ spool: String, _ key: String, _ entry: Entry?) -> [String]? {
      entry.map {
        [spool, key, $0.setting.value.description.oneLine(100), $0.setting.source.description.oneLine(100)]
      }
    }
  }
}
