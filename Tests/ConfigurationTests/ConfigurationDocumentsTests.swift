import Configuration
import Foundation
import Jobs
import Testing

/// What is said of the keys elsewhere is said of all of them.
@Suite struct ConfigurationDocumentsTests {
  private static let repository = URL(filePath: #filePath).appending(path: "../../..").standardizedFileURL

  private func text(_ path: String) throws -> String {
    try String(contentsOf: Self.repository.appending(path: path), encoding: .utf8)
  }

  private static let keys = GlobalKey.allCases.map(\.rawValue) + SettingKey.allCases.map(\.rawValue)

  @Test func `every key is documented with its default`() throws {
    let rows = try text("docs/configuration.md").split(separator: "\n")
    for key in Self.keys {
      #expect(rows.contains { $0.hasPrefix("| `\(key)` |") }, "\(key)")
    }
    for key in SettingKey.allCases where key.standard != .none && key.standard != .texts([]) {
      let row = try #require(rows.first { $0.hasPrefix("| `\(key.rawValue)` |") })
      #expect(row.contains("| \(key.standard.description) |"), "\(row)")
    }
  }

  @Test func `the file that is installed has every key, and is right with all of them at work`() throws {
    let installed = try text("Systemd/config.jsonc")
    for key in Self.keys { #expect(installed.contains("\"\(key)\""), "\(key)") }
    let file = try ConfigurationFile(reading: Data(installed.utf8), path: "config.jsonc")
    #expect(file.spools.map(\.name) == ["main"])
    // What is commented out, with `//"key"`, is as right.
    let whole = installed.replacing("//\"", with: "\"")
    let filled = try ConfigurationFile(reading: Data(whole.utf8), path: "config.jsonc")
    #expect(filled.spools.map(\.name) == ["nightly", "main"])
    #expect(Set(filled.defaults.keys).union(filled.spools[0].settings.keys) == Set(SettingKey.allCases))
    #expect(Set(filled.globals.keys) == Set(GlobalKey.allCases))
  }
}
