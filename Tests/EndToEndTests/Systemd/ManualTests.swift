import Foundation
import Testing

/// The manual pages and completions, which come from what `--help` says.
@Suite(.timeLimit(.minutes(20)))
struct ManualTests {
  @Test func `every command that --help lists has a page with every option`() throws {
    let folder = try Shell.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(try Program.run("manual", "--out", folder.path).status == 0)
    let pages = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    let help = try Program.run("--help").output
    let list = try #require(help.components(separatedBy: "SUBCOMMANDS:").last)
    let commands = list.split(separator: "\n").filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") }
      .compactMap { $0.split(separator: " ").first }.filter { $0 != "See" }
    #expect(commands.count > 15)
    for command in commands {
      #expect(pages.contains("scispool-\(command).1"))
      let page = try String(contentsOf: folder.appending(path: "scispool-\(command).1"), encoding: .utf8)
      let options = try Program.run(String(command), "--help").output.matches(
        of: /\n  (?:-. *, )?(--[a-z-]+)/)
      for option in options {
        #expect(
          page.contains(String(option.output.1).replacing("-", with: "\\-")), "\(command) \(option.output.1)")
      }
    }
    // The worker's command is nobody's business.
    #expect(!pages.contains("scispool-worker.1") && !pages.contains("scispool-manual.1"))
    #expect(try Program.run("manual", "--out", "/nowhere").status == 73)
  }

  @Test(.enabled(if: Shell.find("groff") != nil, "groff is missing: apt-get install groff-base"))
  func `groff sets the pages without a warning`() throws {
    let folder = try Shell.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(try Program.run("manual", "--out", folder.path).status == 0)
    let outcome = try Shell.run(
      "for page in *.1; do groff -k -man -Tutf8 -ww -z $page || exit; done", in: folder)
    #expect(outcome.status == 0 && outcome.errors == "", "\(outcome.errors)")
    let serve = try Shell.run("groff -k -man -Tascii -P-cbou scispool-serve.1", in: folder).output
    #expect(serve.contains("--heartbeat-timeout seconds"))
    // An example is not filled: the line stands as it was written.
    #expect(serve.contains("\n       scispool serve --spool /var/spool/scispool\n"), "\(serve)")
  }

  @Test(.enabled(if: Shell.find("bash") != nil, "bash is missing"))
  func `bash completes commands and options`() throws {
    let folder = try Shell.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let script = try Program.run("--generate-completion-script", "bash").output
    try Data(
      """
      \(script)
      COMP_WORDS=(scispool ser); COMP_CWORD=1; COMP_LINE="scispool ser"; COMP_POINT=12
      _scispool scispool ser scispool; echo "${COMPREPLY[@]}"
      COMP_WORDS=(scispool serve --dr); COMP_CWORD=2; COMP_LINE="scispool serve --dr"; COMP_POINT=19
      _scispool scispool --dr serve; echo "${COMPREPLY[@]}"
      """.utf8
    ).write(to: folder.appending(path: "script"))
    let outcome = try Shell.run("bash script", in: folder)
    #expect(outcome.output == "serve\nserve --drain\n" || outcome.output == "serve\n--drain\n", "\(outcome)")
  }
}
