import Browser
import Foundation
import Pages
import Testing

@testable import Leaderboards

/// The sortable table in a real browser. `PAGE_SCREENSHOTS=<folder>` keeps pictures of it.
@Suite(
  .serialized,
  .enabled(if: Chromium.path != nil, "there is no /usr/bin/chromium: no table was sorted in a browser"))
struct LeaderboardPageTests {
  private let folder: URL
  private let browser: Chromium

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "board-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    browser = try Chromium(profile: folder.appending(path: "profile").path)
    let rows: [[SortableTable.Cell]] = [
      [.text("run 10"), .number(9, "9.00"), .none],
      [.text("run 2"), .number(-10, "-10.00"), .number(1, "1")],
      [.text("run 1", link: "x.html"), .number(10, "10.00"), .number(2, "2")],
    ]
    let table = SortableTable(
      caption: "c",
      heads: [.init("job"), .init("mean", isNumber: true, isSorted: true), .init("ND", isNumber: true)],
      rows: rows)
    let page = Page(title: "t", kind: "k", summary: "s", main: table.html, script: PageScript.sortableTables)
    let file = folder.appending(path: "board.html")
    try Data(page.html.utf8).write(to: file)
    try browser.open(file.path)
  }

  private func jobs() throws -> [String] {
    try browser.evaluate("[...document.querySelectorAll('tbody tr')].map((r) => r.cells[0].textContent)")
      as? [String]
      ?? []
  }

  private func order(_ column: Int) throws -> String? {
    try browser.evaluate("document.querySelector('th:nth-child(\(column))').getAttribute('aria-sort')")
      as? String
  }

  @Test func sortsByClickAndByKey() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    // Sorted falling to begin with: the first click turns it round.
    try browser.click("th:nth-child(2) button")
    #expect(try jobs() == ["run 2", "run 10", "run 1"] && order(2) == "ascending")
    try browser.click("th:nth-child(2) button")
    #expect(try jobs() == ["run 1", "run 10", "run 2"] && order(2) == "descending")
    try browser.click("th:nth-child(1) button")
    #expect(try jobs() == ["run 1", "run 2", "run 10"] && order(1) == "ascending" && order(2) == nil)
    // What has no value stays below, either way.
    try browser.evaluate("document.querySelector('th:nth-child(3) button').focus()")
    try browser.press("Enter")
    #expect(try jobs() == ["run 1", "run 2", "run 10"] && order(3) == "descending")
    try browser.press("Enter")
    #expect(try jobs() == ["run 2", "run 1", "run 10"] && order(3) == "ascending")
  }

  @Test func nothingButThePagesOwnScriptRuns() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try browser.evaluate(
      """
      const s = document.createElement("script"); s.textContent = "window.broken = 1"; document.body.append(s);
      document.body.insertAdjacentHTML("beforeend", '<img src="data:," onerror="window.broken = 2">');
      """)
    usleep(200_000)
    #expect(try browser.evaluate("window.broken ?? 0") as? Int == 0)
  }
}
