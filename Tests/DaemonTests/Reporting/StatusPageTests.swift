import Daemon
import Foundation
import Jobs
import Ledger
import Testing

@Suite(.timeLimit(.minutes(20)))
struct StatusPageTests {
  private let now = Date(timeIntervalSince1970: 1_767_225_600)

  private func page() -> StatusPage {
    var page = StatusPage(spool: "/srv/spool", servedSince: now)
    page.running = .init(
      name: "night", kind: "sft", attempt: 2, startedAt: now,
      progress: JobProgress(stage: "train", step: 30, total: 120, eta: 200))
    page.waiting = [
      .init(name: "next", kind: "generate", priority: 5, claimedAt: now, reason: "after night"),
      .init(name: "last", kind: "generate", priority: 0, claimedAt: now),
    ]
    return page
  }

  @Test func `shows what runs and until when, and what waits and why`() {
    let html = page().html(at: now)
    #expect(html.contains("<meta http-equiv=\"refresh\" content=\"10\">"))
    #expect(html.contains("default-src 'none'") && !html.contains("<script"))
    #expect(html.contains("width: 25.0%") && html.contains("train 30/120, about 3 min 20 s left"))
    #expect(
      html.contains(
        "<td>next</td><td></td><td>generate</td><td>5</td><td>2026-01-01 00:00</td><td>after night</td>"))
    #expect(html.contains("<td>its turn</td>") && html.contains("2 waiting, one running"))
    #expect(html.contains("as of 2026-01-01 00:00:00"))
  }

  @Test func `no text of a job becomes markup, and no name leads elsewhere`() {
    let evil = "<img src=x onerror=alert(1)>\"'&"
    var page = self.page()
    page.pause = evil
    page.running?.name = evil
    page.running?.progress?.stage = evil
    page.waiting[0].name = evil
    page.waiting[0].reason = evil
    var job = LatestJobs.Job(name: evil, kind: evil, finishedAt: evil)
    (job.code, job.message) = (evil, evil)
    page.results = [.init(job: job, picture: "outbox/\(evil)?#%/a.png", link: "outbox/\(evil)/report.html")]
    page.failures = [job]
    let html = page.html(at: now)
    #expect(!html.contains("<img src=x") && !html.contains(evil))
    #expect(html.contains("&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;"))
    #expect(html.contains("src=\"outbox/%3Cimg%20src=x") && html.contains("%3F%23%25/a.png\""))
  }

  @Test func `numbers that are none are left out`() {
    var page = self.page()
    page.running?.progress = JobProgress(stage: "train", step: 9, total: 0, eta: .nan)
    #expect(!page.html(at: now).contains("train 9"))
    page.running?.progress = JobProgress(stage: "train", step: 9, total: 3, eta: .infinity)
    #expect(page.html(at: now).contains("width: 100.0%") && !page.html(at: now).contains(", about "))
  }

  @Test func `is written when something has changed, and complains once`() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "page-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let url = folder.appending(path: "status.html")
    var file = StatusFile(url)
    var page = self.page()
    #expect(file.show(at: now) { page } == nil)
    let first = try Data(contentsOf: url)
    #expect(file.show(at: now.addingTimeInterval(60)) { page } == nil)
    #expect(try Data(contentsOf: url) == first)
    page.running = nil
    #expect(file.show(at: now) { page } == nil)
    #expect(try Data(contentsOf: url) != first)

    try FileManager.default.removeItem(at: url)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    page.pause = "p"
    #expect(file.show(at: now) { page }?.code == .cannotWrite)
    #expect(file.show(at: now) { page } == nil)
    try FileManager.default.removeItem(at: url)
    #expect(file.show(at: now) { page } == nil)
    #expect(try String(contentsOf: url, encoding: .utf8).contains("paused: p"))
    let failing = { () throws(JobFailure) -> StatusPage in throw JobFailure(.badInput, "no") }
    #expect(file.show(at: now, failing)?.code == .badInput)
    #expect(file.show(at: now, failing) == nil)
  }

  @Test func `a drained spool leaves a page that tells all of it`() throws {
    let spool = try TemporarySpool()
    defer { spool.remove() }
    try spool.drop(TemporarySpool.job(), as: "good & well.json")
    try spool.drop(TemporarySpool.job("refuse"), as: "bad.json")
    try spool.drop(TemporarySpool.job("done", ", \"after\": [\"never\"]"), as: "later.json")
    try spool.drain()
    let html = try String(contentsOf: spool.folders.page, encoding: .utf8)
    for text in [
      "<b>good &amp; well</b>", "href=\"outbox/good%20&amp;%20well/result.json\"",
      "<td>bad_input</td><td>no</td>",
      "<td>later</td>", "<td>after never</td>", "1 waiting, none running", "no daemon since",
      "<td>Last hour</td><td>1</td><td>1</td><td>1</td>",
    ] { #expect(html.contains(text), "\(text)") }
    #expect(html.contains("GB free. Memory: ") && !html.contains("unknown"))
    // The picture that was scored lies elsewhere.
    #expect(!html.contains("<img"))
  }

  @Test func `a page that cannot be written hurts no job`() throws {
    let spool = try TemporarySpool()
    defer { spool.remove() }
    try FileManager.default.createDirectory(at: spool.folders.page, withIntermediateDirectories: true)
    try spool.drop(TemporarySpool.job(), as: "good.json")
    try spool.drain { $0.pagePause = 0 }
    #expect(try spool.summary(of: "good")?.state == .done)
  }
}
