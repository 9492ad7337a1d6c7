import Foundation
import Jobs
import Ledger
import Pages
import Spooling

extension StatusPage {
  /// Seconds after which browsers load the page again.
  private static let refresh = 10
  /// How many waiting jobs are listed.
  private static let listed = 200

  /// The page as it was at a moment.
  package func html(at now: Date) -> String {
    let sections = [
      section("Running", runningText), section("Waiting", waitingText), section("Last results", resultsText),
      section("Last failures", failuresText), section("Throughput and room", figuresText),
    ]
    var page = Page(
      title: URL(filePath: spool).lastPathComponent, kind: "spool",
      summary: summary(at: now), main: sections.joined(separator: "\n"),
      footer: "<p class=\"note\">\(spool.escapedForHTML). Times are UTC. `scispool status` says more.</p>",
      style: Self.style)
    page.refresh = Self.refresh
    return page.html
  }

  private func summary(at now: Date) -> String {
    var parts = [
      isServed ? "served since \(Self.time(servedSince))" : "no daemon since \(Self.time(now))",
      "\(waiting.count) waiting, \(running == nil ? "none" : "one") running",
    ]
    if let degradation { parts.append("<b>degraded: \(degradation.escapedForHTML)</b>") }
    if let pause { parts.append("<b>paused: \(pause.escapedForHTML)</b>") }
    return parts.joined(separator: " · ")
      + "<br>as of \(Self.time(now, seconds: true)), when something last changed"
  }

  private func section(_ title: String, _ text: String) -> String {
    "<section>\n<h2>\(title)</h2>\n\(text)\n</section>"
  }

  private static let nothing = "<p class=\"note\">None.</p>"

  private var runningText: String {
    guard let running else { return Self.nothing }
    let head =
      "<p><b>\(running.name.escapedForHTML)</b> · \(running.kind.escapedForHTML) · attempt \(running.attempt)"
    let since = " · since \(Self.time(running.startedAt))</p>"
    guard let progress = running.progress, progress.total > 0 else { return head + since }
    let share = min(1, max(0, Double(progress.step) / Double(progress.total)))
    let rest =
      progress.eta.flatMap { $0.isFinite && $0 >= 0 ? ", about \(PageText.duration($0)) left" : nil } ?? ""
    return """
      \(head)\(since)
      <div class="meter"><span style="width: \((share * 100).rounded(to: 1))%"></span></div>
      <p class="note">\(progress.stage.escapedForHTML) \(progress.step)/\(progress.total)\(rest)</p>
      """
  }

  private var waitingText: String {
    guard !waiting.isEmpty else { return Self.nothing }
    let table = PageText.table(
      ["Job", "Owner", "Kind", "Priority", "Claimed", "Waits for"],
      waiting.prefix(Self.listed).map {
        [
          $0.name, $0.owner ?? "", $0.kind, "\($0.priority)", Self.time($0.claimedAt),
          $0.reason ?? "its turn",
        ]
      })
    let others = waiting.count - Self.listed
    return others > 0 ? "\(table)\n<p class=\"note\">and \(others) more</p>" : table
  }

  private var resultsText: String {
    guard !results.isEmpty else { return Self.nothing }
    return "<div class=\"row\">\n\(results.map(Self.figure).joined(separator: "\n"))\n</div>"
  }

  private static func figure(_ result: Result) -> String {
    let name = result.job.name.escapedForHTML
    let shown =
      result.picture.map { "<img loading=\"lazy\" src=\"\($0.asAddress.escapedForHTML)\" alt=\"\">" }
      ?? "<span class=\"missing\">\((result.job.kind ?? "job").escapedForHTML)</span>"
    let linked = result.link.map { "<a href=\"\($0.asAddress.escapedForHTML)\">\(shown)</a>" } ?? shown
    let pictures = result.job.images > 0 ? " · \(PageText.count(result.job.images, "picture"))" : ""
    return """
      <figure>\(linked)<figcaption><b>\(name)</b><br>\((result.job.kind ?? "").escapedForHTML)\(pictures)<br>\
      \(time(result.job.finishedAt))</figcaption></figure>
      """
  }

  private var failuresText: String {
    guard !failures.isEmpty else { return Self.nothing }
    return PageText.table(
      ["Job", "Ended", "Code", "Why"],
      failures.map { [$0.name, Self.time($0.finishedAt), $0.code ?? "", Self.short($0.message ?? "")] })
  }

  private var figuresText: String {
    func row(_ name: String, _ throughput: LatestJobs.Throughput) -> [String] {
      [name, "\(throughput.done)", "\(throughput.failed)", "\(throughput.images)"]
    }
    let size = { (bytes: Int?) in bytes.map(Retention.size) ?? "unknown" }
    let memory =
      "\(size(room.availableMemory)) of \(size(room.totalMemory)) available"
      + (room.workerMemory.map { ", the worker holds \(Retention.size($0))" } ?? "")
    return PageText.table(
      ["", "Done", "Failed", "Pictures"], [row("Last hour", lastHour), row("Last day", lastDay)])
      + "\n<p>Disk: \(size(room.freeBytes)) free. Memory: \(memory).</p>"
  }

  private static func short(_ text: String) -> String {
    text.count <= 300 ? text : text.prefix(299) + "…"
  }

  private static func time(_ date: Date, seconds: Bool = false) -> String {
    time(date.formatted(.iso8601), seconds: seconds)
  }

  /// Of RFC 3339: the day and the time without what is the same for all.
  private static func time(_ text: String, seconds: Bool = false) -> String {
    String(text.prefix(seconds ? 19 : 16)).replacing("T", with: " ").escapedForHTML
  }

  private static let style = """
    .meter { height: .6rem; background: var(--line); border-radius: 4px; overflow: hidden; }
    .meter span { display: block; height: 100%; background: var(--accent); }
    .meter + .note { margin: .3rem 0 0; }
    td { vertical-align: top; }
    """
}
