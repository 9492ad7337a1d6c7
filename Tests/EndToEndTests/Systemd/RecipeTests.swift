import ChildProcesses
import Foundation
import Glibc
import Testing

/// Runs the blocks of `docs/recipes.md` in order.
@Suite(.timeLimit(.minutes(20)))
struct RecipeTests {
  struct Block {
    var language: String
    var text: String
    /// What stands in the `text` block below it.
    var output: String?
  }

  static func blocks(of page: String) -> [Block] {
    var blocks: [Block] = []
    for match in page.matches(of: /\n```([a-z]+)\n((?:.|\n)*?)```\n/) {
      let (language, text) = (String(match.output.1), String(match.output.2))
      if language == "text" {
        blocks[blocks.count - 1].output = text
      } else {
        blocks.append(Block(language: language, text: text))
      }
    }
    return blocks
  }

  /// The commands of a crontab as cron runs them.
  static func commands(of crontab: String) throws -> [String] {
    try crontab.split(separator: "\n").compactMap { line -> String? in
      if line.hasPrefix("#") || line.hasPrefix("SCISPOOL_SPOOL=") { return nil }
      let field = /(?:\*|[0-9]+(?:-[0-9]+)?) +/
      var rest = line[...]
      for _ in 0..<5 {
        let match = try #require(rest.prefixMatch(of: field), "not a line of a crontab: \(line)")
        rest = rest[match.range.upperBound...]
      }
      #expect(rest.firstMatch(of: /[^\\]%/) == nil, "cron takes % for a line break: \(line)")
      return String(rest.replacing("\\%", with: "%"))
    }
  }

  @Test(.enabled(if: Shell.find("jq") != nil, "jq is missing: apt-get install jq"))
  func `the recipes do what they say`() throws {
    let page = try String(contentsOf: Shell.repository.appending(path: "docs/recipes.md"), encoding: .utf8)
    let blocks = Self.blocks(of: page)
    #expect(blocks.filter { $0.language == "sh" }.count >= 7)
    #expect(blocks.filter { $0.language == "crontab" }.count == 2)
    #expect(blocks.allSatisfy { ["sh", "crontab"].contains($0.language) })

    let (spool, home) = (try Program.spool(), try Shell.temporaryFolder())
    defer { for folder in [spool, home] { try? FileManager.default.removeItem(at: folder) } }
    try prepare(home)
    let daemon = try Program.serve(spool)
    defer {
      daemon.send(signal: SIGKILL)
      daemon.wait()
    }
    try Program.wait("the daemon") { access(spool.path + "/control", F_OK) == 0 }
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    let environment = ["SCISPOOL_SPOOL": spool.path, "HOME": home.path, "PATH": "\(home.path)/bin:\(path)"]
    for block in blocks where block.language == "sh" {
      let outcome = try Shell.run("set -eu\n" + block.text, in: home, environment: environment)
      #expect(outcome.status == 0, "\(block.text)\(outcome)")
      if let output = block.output { #expect(outcome.output == output, "\(block.text)\(outcome.errors)") }
    }
    for command in try blocks.filter({ $0.language == "crontab" }).flatMap({ try Self.commands(of: $0.text) })
    {
      let installed =
        command
        .replacing("/usr/local/libexec/scispool", with: Shell.repository.path + "/Systemd/retrain")
        .replacing("/etc/scispool", with: Shell.repository.path + "/Systemd")
      let outcome = try Shell.run(installed, in: home, environment: environment)
      #expect(outcome.status == 0 && outcome.errors == "", "\(command)\n\(outcome)")
      #expect(outcome.output == "" || command.hasPrefix("find "), "\(command)\n\(outcome.output)")
    }
    // It was another daemon that served the spool all the time.
    #expect(try String(contentsOf: home.appending(path: "drain.log"), encoding: .utf8).contains("serve"))
  }

  private func prepare(_ home: URL) throws {
    let night = """
      {"kind": "generate", "model": "flux-mini", "prompts": ["a green apple"], "height": 64, "width": 64,
       "num_inference_steps": 2, "seed": 7
      """
    let files = [
      "night.json": night + "}", "daily.json": night + #", "unique_key": "daily"}"#,
      "hopeless.json": night.replacing("flux-mini", with: "not-there") + "}",
      "prompts.txt": "an unripe apple\na \"quoted\" banana\n",
    ]
    for (name, text) in files { try Data(text.utf8).write(to: home.appending(path: name)) }
    try FileManager.default.createDirectory(
      at: home.appending(path: "bin"), withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: home.path + "/bin/scispool", withDestinationPath: Program.path)
  }
}
