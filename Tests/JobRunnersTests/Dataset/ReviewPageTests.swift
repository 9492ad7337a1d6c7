import Browser
import Foundation
import Jobs
import Testing

@testable import JobRunners

extension ComputingTests {
  /// The page in a real browser. `REVIEW_SCREENSHOTS=<folder>` keeps pictures of it.
  @Suite(
    .enabled(
      if: Chromium.path != nil, "there is no /usr/bin/chromium: the review page was not tried in a browser"))
  struct ReviewPageTests {
    private let templates: TemplateSpool
    private let browser: Chromium
    private var spool: TemporarySpool { templates.spool }
    private let page: String

    init() throws {
      templates = try TemplateSpool()
      _ = try templates.draw()
      browser = try Chromium(profile: templates.spool.path("profile"))
      page = templates.spool.path("outbox/night & day/review.html")
      try browser.open(page)
    }

    private func job() throws -> [String: Any] {
      let text = try #require(try browser.evaluate("job()") as? String)
      return try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    private func decisions() throws -> [String: String] { try job()["decisions"] as? [String: String] ?? [:] }

    private func keepScreenshot(_ name: String) throws {
      guard let folder = ProcessInfo.processInfo.environment["REVIEW_SCREENSHOTS"] else { return }
      try browser.screenshot(to: "\(folder)/\(name).png")
    }

    @Test func looksLikeTheOtherPagesAtAnyWidth() throws {
      func style(of file: String) throws -> String {
        let html = String(decoding: try spool.read("outbox/night & day/\(file)"), as: UTF8.self)
        return String(try #require(html.firstMatch(of: /<style>\n([\s\S]*?)\n<\/style>/)?.1))
      }
      let shared = try style(of: "report.html")
      let own = try style(of: "review.html")
      #expect(shared.contains("--paper") && own.hasPrefix(shared))
      try browser.press("a")
      for width in [390, 1280, 1920] {
        try browser.resize(width: width, height: 900)
        let overflow = try browser.evaluate("document.documentElement.scrollWidth - innerWidth") as? Int
        #expect(try #require(overflow) <= 0, "\(width) pixels")
        try keepScreenshot("review-\(width)")
      }
    }

    @Test func keysDecideMoveAndUndo() throws {
      let pairs = try templates.rows().map(\.pair)
      #expect(try browser.text("implicit") == "an apple long before it is ripe")
      #expect(try browser.text("science") == "Chlorophyll </script> & \"more\".")
      #expect(try browser.text("count") == "0 of 6 pairs decided.")
      try browser.press("a")
      try browser.press("r")
      #expect(try browser.text("place") == "· 3 of 6")
      try browser.press("S")
      #expect(try decisions() == [pairs[0]: "accept", pairs[1]: "reject", pairs[2]: "swap"])
      try browser.press("ArrowRight")
      try browser.press("ArrowLeft")
      try browser.press("ArrowLeft")
      #expect(try browser.text("place") == "· 3 of 6")
      try keepScreenshot("swapped")
      try browser.press("u")
      try browser.press("u")
      #expect(try decisions() == [pairs[0]: "accept"] && browser.text("place") == "· 2 of 6")
      // A decision again takes the place of the one before, and undo brings that back.
      try browser.press("ArrowLeft")
      try browser.press("r")
      #expect(try decisions() == [pairs[0]: "reject"])
      try browser.press("u")
      #expect(try decisions() == [pairs[0]: "accept"])
      // Keys that mean something to the browser or nothing at all do nothing.
      try browser.press("x")
      #expect(try decisions() == [pairs[0]: "accept"])
    }

    @Test func swappingShowsThePicturesExchanged() throws {
      let row = try templates.rows()[0]
      let shown =
        "['left-picture', 'right-picture'].map((id) => document.getElementById(id).getAttribute('src'))"
      let usual = [row.explicitImage[0], row.superficialImage[0]].map { "candidates/\($0)" }
      #expect(try browser.evaluate(shown) as? [String] == usual)
      try browser.wait {
        try browser.evaluate(
          "[...document.querySelectorAll('.pictures img')].every((image) => image.complete && image.naturalWidth === 32)"
        )
          as? Bool == true
      }
      try browser.press("s")
      try browser.press("ArrowLeft")
      #expect(try browser.evaluate(shown) as? [String] == usual.reversed())
    }

    @Test func clicksDecideAsKeysDo() throws {
      let pairs = try templates.rows().map(\.pair)
      try browser.click("#accept")
      try browser.click("#swap")
      try browser.click("#strip button:nth-child(6)")
      try browser.click("#reject")
      #expect(try decisions() == [pairs[0]: "accept", pairs[1]: "swap", pairs[5]: "reject"])
      // The last pair stays: there is none after it.
      #expect(try browser.text("place") == "· 6 of 6")
      try browser.click("#undo")
      try browser.click("#previous")
      #expect(try browser.text("place") == "· 5 of 6" && decisions().count == 2)
      try keepScreenshot("clicked")
    }

    @Test func decisionsSurviveTheBrowser() throws {
      try browser.press("a")
      try browser.press("s")
      let before = try decisions()
      try browser.open(page)
      #expect(try decisions() == before && before.count == 2)
      #expect(try browser.text("place") == "· 3 of 6")
      try browser.press("u")
      #expect(try decisions().count == 1)
    }

    @Test func theSavedFileIsAJobThatPublishes() throws {
      try browser.press("a")
      try browser.press("r")
      try browser.press("s")
      let folder = spool.path("saved")
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try browser.call("Page.setDownloadBehavior", ["behavior": "allow", "downloadPath": folder])
      try browser.click("#download")
      // A browser may replace characters of the name that its system does not like, and reserves the name before it writes.
      var saved: String?
      try browser.wait {
        saved = try FileManager.default.contentsOfDirectory(atPath: folder).first { $0.hasSuffix(".json") }
        return try saved.map { try !spool.read("saved/\($0)").isEmpty } ?? false
      }
      #expect(saved == "night & day.review.json")
      let text = String(decoding: try spool.read("saved/\(saved ?? "")"), as: UTF8.self)
      guard case .dataset(.review(let result)) = try spool.run(text, output: "outbox/published").outcome
      else {
        Issue.record("not a review")
        return
      }
      #expect(result.accepted == 2 && result.swapped == 1 && result.rejected == 1 && result.undecided == 3)
      #expect(try templates.rows("datasets/reviewed").count == 2)
    }
  }
}
