import Browser
import Foundation
import Images
import Jobs
import Scenes
import Testing

@testable import JobRunners

extension ComputingTests {
  /// Reports of real jobs in a real browser. `PAGE_SCREENSHOTS=<folder>` keeps pictures of them at three widths.
  @Suite(
    .enabled(if: Chromium.path != nil, "there is no /usr/bin/chromium: no report was tried in a browser"))
  struct ReportBrowserTests {
    private let spool: TemporarySpool
    private let browser: Chromium
    private let shelf = ModelShelf(budget: 1 << 30)

    init() throws {
      spool = try TemporarySpool()
      browser = try Chromium(profile: spool.path("profile"))
    }

    /// Opens a report at three widths: nothing may stand out to the right.
    private func look(at report: String, _ name: String) throws {
      try browser.open(spool.path(report))
      for width in [390, 1280, 1920] {
        try browser.resize(width: width)
        try browser.wait {
          try browser.evaluate(
            "[...document.images].every((image) => image.complete || image.loading === 'lazy')")
            as? Bool == true
        }
        let overflow = try browser.evaluate("document.documentElement.scrollWidth - innerWidth") as? Int
        #expect(try #require(overflow) <= 0, "\(name) at \(width) pixels")
        #expect(
          try browser.evaluate("[...document.images].filter((i) => !i.hasAttribute('alt')).length") as? Int
            == 0)
        if let folder = ProcessInfo.processInfo.environment["PAGE_SCREENSHOTS"] {
          try browser.screenshot(to: "\(folder)/\(name)-\(width).png", whole: true)
        }
      }
    }

    private func keepScreenshot(_ name: String) throws {
      guard let folder = ProcessInfo.processInfo.environment["PAGE_SCREENSHOTS"] else { return }
      try browser.screenshot(to: "\(folder)/\(name).png")
    }

    @Test func theCopiedJobDrawsThatVeryPicture() throws {
      let job = TemporarySpool.generate(
        #""prompts": [{"prompt": "a \"green\" </apple>", "negative_prompt": "red", "seed": 9223372036854775000}, "a red apple"]"#,
        #""num_images_per_prompt": 2, "true_cfg_scale": 2, "sampler": {"kind": "sde"}, "score": {"model": "clip-mini"}"#
      )
      let images = try spool.run(job, output: "outbox/first", shelf: shelf).images()
      try look(at: "outbox/first/report.html", "generate")
      #expect(
        try browser.evaluate("document.querySelectorAll('.gallery > .row > figure').length") as? Int == 4)
      for (index, image) in images.enumerated() {
        try browser.click(".gallery > .row > figure:nth-child(\(index + 1)) button")
        let text = try #require(
          try browser.evaluate("document.querySelector('dialog pre').textContent") as? String)
        let again = try spool.run(text, output: "outbox/again\(index)", shelf: shelf).images()
        #expect(again.map(\.seed) == [image.seed] && again.map(\.prompt) == [image.prompt])
        try keepScreenshot("dialog-\(index)")
        // The very file: pixels, and the parameters in it.
        #expect(again[0].sha256 == image.sha256)
        try browser.click("dialog .close")
      }
    }

    @Test func aBenchmarksReportFiltersByTierAndComparesInSliders() throws {
      try SceneDataset(count: 8, seed: 2002).write(to: URL(filePath: spool.path("datasets/test"))) {
        $0.pngData()
      }
      let fields =
        #""kind": "benchmark", "suite": "generator", "model": "flux-mini", "dataset": "datasets/test", "oracle": "scenes", "reward": {"model": "clip-mini"}, "height": 64, "width": 64, "num_inference_steps": 4, "num_images_per_prompt": 1"#
      _ = try spool.run("{\(fields)}", output: "outbox/base", shelf: shelf)
      _ = try spool.run("{\(fields), \"baseline\": \"outbox/base\"}", output: "outbox/next", shelf: shelf)
      try look(at: "outbox/next/report.html", "generator")
      try browser.evaluate(
        "(() => { const e = document.querySelector('select.tier'); e.value = 'explicit'; e.dispatchEvent(new Event('change')); })()"
      )
      #expect(
        (try browser.evaluate("document.querySelector('.gallery > p.note').textContent") as? String)?
          .hasPrefix("8 of 24 pictures") == true)
      try browser.evaluate(
        "(() => { const e = document.querySelector('input.cut'); e.value = 20; e.dispatchEvent(new Event('input')); })()"
      )
      #expect(
        try browser.evaluate("document.querySelector('.slider').style.getPropertyValue('--cut')") as? String
          == "80%")
      try browser.evaluate("document.querySelector('.controls').scrollIntoView()")
      usleep(300_000)
      try keepScreenshot("generator-gallery")
      try browser.evaluate("document.querySelector('.slider').scrollIntoView()")
      usleep(300_000)
      try keepScreenshot("generator-sliders")
      // A picture of a benchmark, drawn again by a generate job.
      let best = try #require(
        try browser.evaluate("document.querySelector('.gallery > .row figure img').getAttribute('src')")
          as? String)
      try browser.click(".gallery > .row > figure button")
      let text = try #require(
        try browser.evaluate("document.querySelector('dialog pre').textContent") as? String)
      let again = try spool.run(text, output: "outbox/again", shelf: shelf).images()
      let data = try #require(Data(base64Encoded: String(best.split(separator: ",")[1])))
      #expect(
        try RGBImage(contentsOf: spool.path("outbox/again/\(again[0].file)"))
          == RGBImage(decoding: data, path: "best"))
    }

    @Test func aDataSetsReportShowsTuplesWithBoxes() throws {
      try SceneDataset(count: 32, seed: 5).write(to: URL(filePath: spool.path("datasets/test"))) {
        $0.pngData()
      }
      _ = try spool.run(
        #"{"kind": "dataset", "source": "folder", "folder": "datasets/test"}"#, output: "outbox/check",
        shelf: shelf)
      try look(at: "outbox/check/report.html", "dataset")
      let row = try JSONDecoder().decode(
        SceneTuple.Row.self,
        from: try #require(spool.read("datasets/test/metadata.jsonl").split(separator: 10).first))
      // The overlay stands where the row says, measured on the screen.
      let place = try #require(
        try browser.evaluate(
          """
          (() => { const f = document.querySelector('.framed'), i = f.querySelector('img').getBoundingClientRect();
            const r = f.querySelector('rect').getBoundingClientRect();
            return [(r.x + r.width / 2 - i.x) / i.width, (r.y + r.height / 2 - i.y) / i.height, r.width / i.width, r.height / i.height]; })()
          """) as? [Double])
      for (shown, wanted) in zip(place, row.explicitBox) { #expect(abs(shown - wanted) < 0.02) }
      #expect(try browser.evaluate("document.querySelectorAll('.tuple').length") as? Int == 24)
      try browser.click("input.boxes")
      #expect(
        try browser.evaluate("getComputedStyle(document.querySelector('.box')).display") as? String == "none")
    }
  }
}
