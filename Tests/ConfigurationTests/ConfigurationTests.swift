import Configuration
import Foundation
import Jobs
import Testing

@Suite struct ConfigurationTests {
  static let two = """
    {
      // Comments may stand wherever white space may.
      "default_spool": "nightly", /* the other one */
      "defaults": { "heartbeat_timeout_seconds": 90, "hook": "/bin/true", "rescan_seconds": 5 },
      "spools": {
        "interactive": { "root": "/srv/a/", "priority": 20, "hook": null },
        "nightly": { "root": "/srv/b", "priority": -50, "rescan_seconds": 7, "keep_bytes": "2G" }
      }
    }
    """

  private func file(_ text: String) throws(JobFailure) -> ConfigurationFile {
    try ConfigurationFile(reading: Data(text.utf8), path: "/etc/x.jsonc")
  }

  private func failure(_ text: String) throws -> JobFailure {
    do throws(JobFailure) {
      _ = try file(text)
    } catch { return error }
    Issue.record("nothing was found wrong with \(text)")
    return JobFailure(.internalError, "")
  }

  @Test func `the command line goes before the environment, the file and the defaults`() throws {
    let configuration = try Configuration(
      file: file(Self.two), environment: ["SCISPOOL_RESCAN_SECONDS": "9", "SCISPOOL_ALLOWED_ROOTS": "/x:/y"],
      commandLine: [.heartbeatTimeout: Setting(.number(3), .commandLine(option: "--heartbeat-timeout"))])
    let nightly = try configuration.spool(nil)
    #expect(nightly.name == "nightly" && nightly.rootPath == "/srv/b")
    #expect(
      nightly.settings[.heartbeatTimeout] == Setting(.number(3), .commandLine(option: "--heartbeat-timeout")))
    #expect(
      nightly.settings[.rescan] == Setting(.number(9), .environment(variable: "SCISPOOL_RESCAN_SECONDS")))
    #expect(nightly.settings[.priority] == Setting(.integer(-50), .file("/etc/x.jsonc", line: 7)))
    #expect(nightly.settings[.hook] == Setting(.text("/bin/true"), .file("/etc/x.jsonc", line: 4)))
    #expect(nightly.settings[.stopGrace] == Setting(.number(60), .standard))
    #expect(nightly.integer(.keepBytes) == 2_000_000_000 && nightly.texts(.allowedRoots) == ["/x", "/y"])
    // What the defaults of the file say can be unsaid for one spool.
    let interactive = try configuration.spool("interactive")
    #expect(interactive.text(.hook) == nil && interactive.rootPath == "/srv/a")
  }

  @Test func `a spool is named, or found by its folder`() throws {
    let configuration = try Configuration(file: file(Self.two), environment: [:])
    #expect(try configuration.spool("/srv/a").name == "interactive")
    #expect(try configuration.spool("/srv/a/../a/").name == "interactive")
    let other = try configuration.spool("/srv/other")
    // What holds for every spool holds for a folder that nobody named.
    #expect(other.name == nil && other.seconds(.heartbeatTimeout) == 90)
    #expect(try configuration.served(nil).map(\.name) == ["interactive", "nightly"])
    #expect(try configuration.served("nightly").map(\.name) == ["nightly"])
    let error = #expect(throws: JobFailure.self) { try configuration.spool("nigtly") }
    #expect(error?.code == .missingInput && error?.message.contains("did you mean \"nightly\"?") == true)
  }

  @Test func `the environment names the spool for all commands`() throws {
    let named = try Configuration(file: file(Self.two), environment: ["SCISPOOL_SPOOL": "interactive"])
    #expect(try named.spool(nil).name == "interactive")
    #expect(try named.served(nil).map(\.name) == ["interactive"])
    let alone = try Configuration(file: nil, environment: ["SCISPOOL_SPOOL": "/srv/c"])
    #expect(try alone.served(nil).map(\.rootPath) == ["/srv/c"])
    #expect(try Configuration(file: nil, environment: [:]).spool(nil).rootPath == "/var/spool/scispool")
    #expect(try Configuration(file: nil, environment: [:]).spool("some").rootPath.hasSuffix("/some"))
  }

  @Test func `every problem is named with its place`() throws {
    let error = try failure(
      """
      {"default_spool": "b", "max_running_jobs": 0, "log_levl": 1, "spools": {
        "a b": {"root": "/x"},
        "a": {"root": "relative", "priorty": 3, "keep_bytes": "1X", "hook": 7},
        "c": {}}}
      """)
    let lines = error.message.split(separator: "\n").map(String.init)
    for expected in [
      "log_levl: unknown field \"log_levl\"; did you mean \"log_level\"? (line 1, column 47)",
      "max_running_jobs: 0 is not in 1…16 (line 1, column 44)", "spools.a b: \"a b\" is no name of a spool",
      "spools.a.root: found \"relative\", expected a path that begins with / (line 3, column 17)",
      "spools.a.priorty: unknown field \"priorty\"; did you mean \"priority\"?",
      "spools.a.keep_bytes: found \"1X\", expected a size such as 500M", "spools.a.hook: found 7",
      "spools.c.root: is missing", "default_spool: no spool is called \"b\"",
    ] {
      #expect(lines.contains { $0.hasPrefix("/etc/x.jsonc: " + expected) }, "\(expected) in \(lines)")
    }
  }

  @Test(arguments: [
    (#"{"spools": {"a": {"root": "/x"}, "b": {"root": "/x/"}}}"#, "same root"),
    (#"{"spools": {"a": {"root": "/x"}, "b": {"root": "/x/inbox/y"}}}"#, "inside the other's inbox/"),
    (
      #"{"defaults": {"metrics_file": "/m"}, "spools": {"a": {"root": "/x"}, "b": {"root": "/y"}}}"#,
      "metrics_file"
    ),
    (#"{"spools": {}}"#, "names no spool"), ("{}", "is missing"), ("[]", "expected an object"),
    ("", "no JSON value"),
    (#"{"spools": {"a": {"root": "/x"},}}"#, "line 1, column 33"), ("{ /* ", "has no */"),
  ])
  func `what cannot be served together is refused`(text: String, words: String) throws {
    #expect(try failure(text).message.contains(words))
  }

  @Test func `a spool may lie beside the folders of another`() throws {
    #expect(try file(#"{"spools": {"a": {"root": "/x"}, "b": {"root": "/x/nightly"}}}"#).spools.count == 2)
  }

  @Test func `a variable that cannot be read is named`() {
    for (variable, text) in [
      ("SCISPOOL_PRIORITY", "high"), ("SCISPOOL_HOOK", "told"), ("SCISPOOL_MAX_RUNNING_JOBS", "17"),
      ("SCISPOOL_INCLUDE_UNREAD", "perhaps"), ("SCISPOOL_LOG_LEVEL", "loud"),
    ] {
      let error = #expect(throws: JobFailure.self) {
        try Configuration(file: nil, environment: [variable: text])
      }
      #expect(error?.code == .usage && error?.message.contains("$\(variable) is \"\(text)\"") == true)
    }
    #expect(throws: Never.self) { try Configuration(file: nil, environment: ["SCISPOOL_PRIORITY": ""]) }
  }

  @Test func `the file is the named one, else the user's, else none`() throws {
    let home = FileManager.default.temporaryDirectory.appending(path: "home-\(UUID().uuidString)")
    let own = home.appending(path: ".config/scispool/config.jsonc")
    try FileManager.default.createDirectory(
      at: own.deletingLastPathComponent(), withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: home) }
    let environment = ["HOME": home.path]
    #expect(
      ConfigurationPlaces.standard(environment) == [own.path, "/etc/scispool/config.jsonc"])
    try Data(Self.two.utf8).write(to: own)
    #expect(try ConfigurationPlaces.file(named: nil, environment: environment)?.path == own.path)
    let error = #expect(throws: JobFailure.self) {
      try ConfigurationPlaces.file(named: nil, environment: ["SCISPOOL_CONFIG": "/nowhere.jsonc"])
    }
    #expect(error?.code == .missingInput && error?.message.contains("/nowhere.jsonc") == true)
  }
}
