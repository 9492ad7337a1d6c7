import Foundation
import Jobs
import Testing

/// The script behind `scispool-retrain@.service`.
@Suite(.timeLimit(.minutes(20)))
struct RetrainTests {
  let spool: URL
  let templates: URL

  init() throws {
    spool = try Program.spool()
    templates = spool.appending(path: "templates/mini")
    try FileManager.default.createDirectory(
      at: templates.deletingLastPathComponent(), withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      at: Shell.repository.appending(path: "Systemd/retrain/mini"), to: templates)
  }

  private func remove() { try? FileManager.default.removeItem(at: spool) }

  private func retrain(_ date: String) throws -> Program.Outcome {
    try Shell.run(
      "'\(Shell.repository.path)/Systemd/retrain/retrain' --spool . --date \(date) templates/mini", in: spool,
      environment: ["SCISPOOL": Program.path])
  }

  private func names(in folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: spool.path + "/" + folder)) ?? []).sorted()
  }

  private static func chain(_ date: String) -> [String] {
    ["benchmark", "oft", "sft"].map { "mini-\(date)-\($0)" }
  }

  @Test func `a night's chain is dropped once, and not while the last one waits`() throws {
    defer { remove() }
    let first = try retrain("2026-11-26")
    #expect(first.status == 0, "\(first.errors)")
    #expect(first.output == "mini-2026-11-26-sft\nmini-2026-11-26-oft\nmini-2026-11-26-benchmark\n")
    let dropped = Self.chain("2026-11-26").map { "\($0).json" }
    #expect(names(in: "inbox") == dropped)
    #expect(try retrain("2026-11-26").output == "retrain: skipped: mini-2026-11-26 was dropped before\n")
    let next = try retrain("2026-11-27")
    #expect(next.status == 0 && next.output.contains("skipped: mini-2026-11-26-benchmark of the last chain"))
    // One that was broken off is completed.
    try FileManager.default.removeItem(at: spool.appending(path: "inbox/mini-2026-11-26-oft.json"))
    #expect(try retrain("2026-11-26").output == "mini-2026-11-26-oft\n")
    #expect(names(in: "inbox") == dropped)
  }

  @Test func `a chain that a failure has stopped makes room for the next`() throws {
    defer { remove() }
    // The data set is missing: sft fails, the others would wait for ever.
    #expect(try retrain("2026-11-26").status == 0)
    #expect(try Program.run("serve", "--drain", "--spool", spool.path).status == 0)
    #expect(names(in: "failed") == ["mini-2026-11-26-sft"])
    let next = try retrain("2026-11-27")
    #expect(next.status == 0 && next.output.hasSuffix("mini-2026-11-27-benchmark\n"), "\(next)")
    // The daemon was away; it does as it was asked when it is back.
    #expect(try Program.run("serve", "--drain", "--spool", spool.path).status == 0)
    #expect(names(in: "failed") == (Self.chain("2026-11-26") + ["mini-2026-11-27-sft"]).sorted())
  }

  @Test func `the chain runs to its end and promotes`() throws {
    defer { remove() }
    let scenes = try Program.run(
      "scenes", "write", "--out", spool.path + "/datasets/scenes/train", "--count", "16", "--seed", "1")
    #expect(scenes.status == 0, "\(scenes.errors)")
    try FileManager.default.copyItem(
      at: spool.appending(path: "datasets/scenes/train"),
      to: spool.appending(path: "datasets/scenes/test-unseen"))
    // As it is installed, but short; any outcome is good enough.
    let short = [
      "max_train_steps\": 400": "max_train_steps\": 2", "lr_warmup_steps\": 20": "lr_warmup_steps\": 1",
      "train_batch_size\": 32": "train_batch_size\": 2", "rounds\": 50": "rounds\": 1",
      "prompts_per_round\": 24": "prompts_per_round\": 2",
      "gradient_accumulation_steps\": 24": "gradient_accumulation_steps\": 2",
      "num_inference_steps\": 8": "num_inference_steps\": 2",
      "num_inference_steps\": 16": "num_inference_steps\": 2", "limit\": 64": "limit\": 2",
      "min_gain\": 0.2": "min_gain\": -100", "validation_steps\": 10": "validation_steps\": 1",
    ]
    for name in names(in: "templates/mini") {
      let file = templates.appending(path: name)
      var text = try String(contentsOf: file, encoding: .utf8)
      for (long, short) in short { text = text.replacing(long, with: short) }
      try Data(text.utf8).write(to: file)
    }
    #expect(try retrain("2026-11-26").status == 0)
    let served = try Program.run("serve", "--drain", "--spool", spool.path)
    #expect(names(in: "outbox") == Self.chain("2026-11-26"), "\(served.errors)")
    let result = try JobJSON.value(
      JobResult.self, from: Data(contentsOf: spool.appending(path: "outbox/mini-2026-11-26-oft/result.json")))
    guard case .training(let oft) = result.outcome else {
      Issue.record("\(result.outcome.kind) is no training")
      return
    }
    #expect(oft.promoted == true)
    // The next night is free.
    #expect(try retrain("2026-11-27").output.hasPrefix("mini-2026-11-27-sft\n"))
  }

  @Test func `says what is wrong`() throws {
    defer { remove() }
    #expect(try retrain("yesterday").status == 64)
    let program = try Shell.run(
      "'\(Shell.repository.path)/Systemd/retrain/retrain' templates/mini", in: spool,
      environment: ["SCISPOOL": "/nowhere/scispool"])
    #expect(program.status == 69 && program.errors.contains("/nowhere/scispool"))
    try FileManager.default.removeItem(at: templates)
    #expect(try retrain("2026-11-26").status == 66)
    // All are checked before one is dropped.
    try FileManager.default.copyItem(
      at: Shell.repository.appending(path: "Systemd/retrain/mini"), to: templates)
    try Data("{\"kind\": \"oft\"}".utf8).write(to: templates.appending(path: "2-oft.json"))
    #expect(try retrain("2026-11-26").status == 65)
    #expect(names(in: "inbox").isEmpty)
  }
}
