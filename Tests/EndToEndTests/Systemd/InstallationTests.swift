import Foundation
import Glibc
import Testing

/// `Systemd/install.sh` into a root of its own, and what systemd says of the units that come out.
@Suite(.timeLimit(.minutes(20)))
struct InstallationTests {
  static let analyze = Shell.find("systemd-analyze")
  let root: URL

  init() throws { root = try Shell.temporaryFolder() }

  private func remove() { try? FileManager.default.removeItem(at: root) }

  private func install(_ options: String, environment: [String: String] = [:]) throws -> Program.Outcome {
    try Shell.run(
      "'\(Shell.repository.path)/Systemd/install.sh' --binary '\(Program.path)' \(options)", in: root,
      environment: environment)
  }

  /// Everything below the root: kind, mode, content.
  private func everything() throws -> String {
    try Shell.run(
      "find . -mindepth 1 -printf '%y %m %l %p\\n' | sort; find . -type f | sort | xargs -d '\\n' -r sha256sum",
      in: root
    ).output
  }

  private func write(_ text: String, to path: String) throws {
    let file = root.appending(path: path)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }

  private func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  @Test func `a dry run writes nothing`() throws {
    defer { remove() }
    let outcome = try install("--root '\(root.path)' --dry-run")
    #expect(outcome.status == 0, "\(outcome.errors)")
    for path in ["/usr/local/bin/scispool", "/etc/systemd/system/scispool.service"] {
      #expect(outcome.output.contains("would install \(path)\n"))
    }
    #expect(try everything() == "")
    #expect(try install("--root '\(root.path)'").status == 0)
    let before = try everything()
    let removal = try install("--root '\(root.path)' --dry-run --uninstall")
    #expect(
      removal.status == 0 && removal.output.contains("would remove /etc/systemd/system/scispool.service\n"))
    #expect(try everything() == before)
  }

  @Test func `what is removed is what was installed`() throws {
    defer { remove() }
    try write("theirs", to: "usr/local/bin/other")
    try write("theirs", to: "usr/local/share/man/man1/other.1")
    try write("theirs", to: "etc/systemd/system/other.service")
    let before = try everything()
    #expect(try install("--root '\(root.path)'").status == 0)
    let once = try everything()
    #expect(once.components(separatedBy: "\n").count > 100)
    let version = try Shell.run("usr/local/bin/scispool --version", in: root)
    let built = try Program.run("--version")
    #expect(version.status == 0 && version.output == built.output)
    // Again: nothing changes.
    #expect(try install("--root '\(root.path)'").status == 0)
    #expect(try everything() == once)
    #expect(try install("--root '\(root.path)' --uninstall").status == 0)
    #expect(try everything() == before)
    #expect(try install("--root '\(root.path)' --uninstall").status == 66)
  }

  @Test func `settings that were changed stay, and strangers' files are not overwritten`() throws {
    defer { remove() }
    #expect(try install("--root '\(root.path)'").status == 0)
    try write("SCISPOOL_OPTIONS=--verbose\n", to: "etc/default/scispool")
    let again = try install("--root '\(root.path)'")
    #expect(again.status == 0 && again.output.contains("kept: /etc/default/scispool was changed"))
    #expect(try text("etc/default/scispool") == "SCISPOOL_OPTIONS=--verbose\n")
    let removal = try install("--root '\(root.path)' --uninstall")
    #expect(removal.output.contains("kept: /etc/default/scispool was changed"))
    #expect(try Shell.run("find . -type f", in: root).output == "./etc/default/scispool\n")

    try write("theirs", to: "etc/systemd/system/scispool.service")
    let refused = try install("--root '\(root.path)'")
    #expect(refused.status == 73 && refused.errors.contains("scispool.service is there and not from here"))
    #expect(try text("etc/systemd/system/scispool.service") == "theirs")
    // What had been installed until then is known, and can be removed.
    #expect(try install("--root '\(root.path)' --uninstall").status == 0)
    #expect(
      try Shell.run("find . -type f | sort", in: root).output
        == "./etc/default/scispool\n./etc/systemd/system/scispool.service\n")
  }

  @Test func `says what it cannot do`() throws {
    defer { remove() }
    #expect(try install("--root '\(root.path)' --binary /nowhere/scispool").status == 66)
    #expect(try install("--root '\(root.path)' --prefix 'relative'").status == 64)
    #expect(try install("--root '\(root.path)' --prefix '/with space'").status == 64)
    #expect(try install("--frobnicate").status == 64)
    #expect(try everything() == "")
  }

  @Test(.enabled(if: analyze != nil, "systemd-analyze is missing: apt-get install systemd"))
  func `systemd finds nothing to say about the units, and little exposure`() throws {
    defer { remove() }
    #expect(try install("--root '\(root.path)'").status == 0)
    // The programs are below the root; an instance makes a unit of a template.
    let prepared = try Shell.run(
      """
      mkdir units && cp etc/systemd/system/* units/ && cd units
      sed -i "s|/usr/local/|$OLDPWD/usr/local/|" *
      for kind in service timer; do mv scispool-retrain@.$kind scispool-retrain@mini.$kind; done
      """, in: root)
    #expect(prepared.status == 0, "\(prepared.errors)")
    let units = root.appending(path: "units")
    let verdict = try Shell.run("systemd-analyze verify --man=no ./*.service ./*.timer", in: units)
    #expect(verdict.status == 0 && verdict.errors == "", "\(verdict.errors)")
    for name in try FileManager.default.contentsOfDirectory(atPath: units.path)
    where name.hasSuffix("service") {
      let verdict = try Shell.run(
        "systemd-analyze security --no-pager --offline=true --threshold=20 ./\(name)", in: units)
      #expect(verdict.status == 0, "\(name): \(verdict.output.suffix(200))")
    }
    // It would have something to say.
    let broken = try Shell.run(
      "sed -i 's/^WatchdogSec/WatchdogSecs/; /^Protect/d; /^SystemCall/d' scispool.service; systemd-analyze verify --man=no ./scispool.service; ! systemd-analyze security --no-pager --offline=true --threshold=20 ./scispool.service",
      in: units)
    #expect(broken.status == 0 && broken.errors.contains("WatchdogSecs"))
  }

  @Test func `for one user: below the home, without what only the machine's manager may do`() throws {
    defer { remove() }
    let home = ["HOME": root.path, "XDG_CONFIG_HOME": "", "XDG_DATA_HOME": ""]
    let outcome = try install("--user", environment: home)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let unit = try text(".config/systemd/user/scispool.service")
    #expect(unit.contains("\nType=notify\n") && unit.contains("\nWantedBy=default.target\n"))
    let configuration = root.appending(path: ".config/scispool/config.jsonc")
    #expect(
      unit.contains("ExecStart=\(root.path)/.local/bin/scispool serve --config \(configuration.path) "))
    #expect(unit.contains("\nExecReload=/bin/kill -HUP $MAINPID\n"))
    let shown = try Program.run("config", "--config", configuration.path)
    #expect(
      shown.status == 0 && shown.output.contains("\(root.path)/.local/share/scispool/spool "),
      "\(shown.output)\(shown.errors)")
    for line in ["User=", "ReadWritePaths=", "CapabilityBoundingSet=", "ProtectHome=", "PrivateDevices="] {
      #expect(!unit.contains("\n\(line)"), "\(line)")
    }
    #expect(!unit.contains("/var/spool") && !unit.contains("/etc/"))
    if Self.analyze != nil {
      let verdict = try Shell.run(
        "systemd-analyze verify --man=no .config/systemd/user/scispool.service", in: root)
      #expect(verdict.status == 0 && verdict.errors == "", "\(verdict.errors)")
    }
    #expect(try install("--user --uninstall", environment: home).status == 0)
    #expect(try everything() == "")
  }
}
