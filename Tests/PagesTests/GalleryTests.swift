import Browser
import Foundation
import Pages
import Testing

@Suite struct GalleryTextTests {
  private func picture(_ prompt: String, score: Double? = nil) -> Gallery.Picture {
    var picture = Gallery.Picture(prompt: prompt)
    (picture.score, picture.small) = (score, "a\".png")
    return picture
  }

  @Test func noTextBecomesMarkup() throws {
    let html = Gallery(
      title: "<t>", pictures: [picture("</script><img src=x onerror=alert(1)>", score: .nan)],
      job: "</script>"
    ).html
    #expect(!html.contains("<img src=x") && !html.contains("<t>") && html.contains("a&quot;.png"))
    #expect(html.components(separatedBy: "</script>").count == 2)
  }

  @Test func withoutScriptsTheFirstPicturesAreThere() throws {
    let html = Gallery(title: "t", pictures: (0..<100).map { picture("p\($0)") }).html
    let fallback = try #require(html.firstMatch(of: /<noscript>[\s\S]*<\/noscript>/)?.output)
    #expect(fallback.matches(of: /<img loading="lazy" src="[^"]+" alt="[^"]+">/).count == 24)
  }

  @Test func aTupleHasItsPromptsAlternativesAndBoxes() throws {
    let box = TupleView.Box(cx: 0.5, cy: 0.25, width: 0.5, height: 0.25)
    let tuple = TupleView(
      implicit: "<ip>", explicit: "ep", superficial: "sp",
      right: .init(source: "a.png", alternative: "ep \"x\"", box: box),
      wrong: .init(source: nil, alternative: "sp"))
    #expect(tuple.html.contains("&lt;ip&gt;") && tuple.html.contains("alt=\"ep &quot;x&quot;\""))
    #expect(tuple.html.contains("<rect x=\"0.2500\" y=\"0.1250\" width=\"0.5000\" height=\"0.2500\"/>"))
    #expect(
      tuple.html.components(separatedBy: "class=\"box\"").count == 2
        && tuple.html.contains("class=\"missing\">sp"))
    #expect(TupleView.section("t", "n", [tuple]).contains("class=\"boxes\""))
    #expect(TupleView.section("t", "n", []).isEmpty)
  }
}

@Suite struct ContrastTests {
  /// WCAG 2.2: 4.5 to 1 for text, in each scheme, on the page and on cards.
  @Test(arguments: [0, 1]) func textStandsOut(scheme: Int) throws {
    let html = Page(title: "t", kind: "k", summary: "s", main: "m").html
    let roots = html.matches(of: /:root \{([^}]*)\}/).map { String($0.1) }
    // A variable that the dark scheme does not set keeps its light value.
    var colours: [String: String] = [:]
    for root in roots.prefix(scheme + 1) {
      for match in root.matches(of: /--([a-z0-9]+): #([0-9a-f]{6});/) {
        colours[String(match.1)] = String(match.2)
      }
    }
    for ground in ["paper", "card"] {
      for ink in ["ink", "soft", "accent", "c0", "c1", "c2", "c3"] {
        let ratio = try contrast(#require(colours[ink]), #require(colours[ground]))
        #expect(ratio >= 4.5, "\(ink) on \(ground): \(ratio)")
      }
    }
  }

  private func contrast(_ one: String, _ other: String) throws -> Double {
    func luminance(_ hex: String) throws -> Double {
      let value = try #require(Int(hex, radix: 16))
      let parts = [16, 8, 0].map { shift -> Double in
        let level = Double(value >> shift & 0xff) / 255
        return level <= 0.04045 ? level / 12.92 : pow((level + 0.055) / 1.055, 2.4)
      }
      return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    }
    let pair = try [luminance(one), luminance(other)].sorted()
    return (pair[1] + 0.05) / (pair[0] + 0.05)
  }
}

/// The gallery in a real browser.
@Suite(
  .serialized,
  .enabled(if: Chromium.path != nil, "there is no /usr/bin/chromium: no gallery was tried in a browser"))
struct GalleryTests {
  private let folder: URL
  private let browser: Chromium
  private static let count = 10_000

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "gallery-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    browser = try Chromium(profile: folder.appending(path: "profile").path)
    let pixel = "data:image/gif;base64,R0lGODlhAQABAIAAAAUEBAAAACwAAAAAAQABAAACAkQBADs="
    let pictures = (0..<Self.count).map { index in
      var picture = Gallery.Picture(prompt: "prompt \(index % 100) \"of\" <b>\(index)</b>")
      (picture.small, picture.width, picture.height) = (pixel, 1, 1)
      picture.score = index == 7 ? nil : Double((index * 7919) % Self.count)
      picture.seed = index == 0 ? "9223372036854775807" : "\(index)"
      (picture.law, picture.category) = (index % 2 == 0 ? "rust" : "flame_reaction", "chemistry")
      if index == 3 { picture.negativePrompt = "a \"blur\"" }
      return picture
    }
    let job = "{\n  \"kind\" : \"generate\",\n  \"prompts\" : [\n\n  ],\n  \"width\" : 16\n}\n"
    let gallery = Gallery(title: "Pictures", pictures: pictures, job: job)
    let page = Page(title: "t", kind: "k", summary: "s", main: gallery.html, script: PageScript.galleries)
    try Data(page.html.utf8).write(to: folder.appending(path: "gallery.html"))
    try browser.open(folder.appending(path: "gallery.html").path)
  }

  private func remove() { try? FileManager.default.removeItem(at: folder) }

  private func number(_ script: String) throws -> Int { try browser.evaluate(script) as? Int ?? -1 }
  private var cards: Int {
    get throws { try number("document.querySelectorAll('.gallery > .row > figure').length") }
  }
  private var firstPrompt: String? {
    get throws { try browser.evaluate("document.querySelector('.row .words').textContent") as? String }
  }
  private var status: String? {
    get throws { try browser.evaluate("document.querySelector('.gallery > p.note').textContent") as? String }
  }

  private func choose(_ selector: String, _ value: String) throws {
    try browser.evaluate(
      """
      (() => { const e = document.querySelector('\(selector)'); e.value = '\(value)';
        e.dispatchEvent(new Event(e.type === 'search' ? 'input' : 'change')); })()
      """)
  }

  @Test func tenThousandPicturesAreAScreenfulAtATime() throws {
    defer { remove() }
    #expect(try cards <= 180 && cards >= 60)
    #expect(try number("document.images.length") <= 200)
    #expect(
      try number(
        "[...document.querySelectorAll('.row img')].every((i) => i.loading === 'lazy' && i.alt) ? 1 : 0") == 1
    )
    #expect(try status?.hasPrefix("10000 pictures, mean score") == true)
    // Scrolling brings more.
    let before = try cards
    try browser.evaluate("scrollTo(0, document.body.scrollHeight)")
    try browser.wait { try cards > before }
    #expect(try cards < 1000)
    // Choosing among all of them takes less than a blink; a slow machine gets ten of them.
    let milliseconds = try browser.evaluate(
      """
      (() => { const start = performance.now(); const e = document.querySelector('.search'); e.value = 'prompt 42';
        e.dispatchEvent(new Event('input')); return performance.now() - start; })()
      """)
    #expect(try #require(milliseconds as? Double) < 3000)
  }

  @Test func findsFiltersAndSorts() throws {
    defer { remove() }
    try choose(".search", "42 OF")
    #expect(try status?.hasPrefix("299 of 10000 pictures") == true)
    try choose(".search", "")
    try choose("select.law", "rust")
    #expect(try status?.hasPrefix("5000 of 10000 pictures") == true)
    // One category is no choice.
    #expect(try number("document.querySelectorAll('select.category').length") == 0)
    try choose("select.law", "")
    try choose("select.sort", "falling")
    let scores = "[...document.querySelectorAll('.row b')].slice(0, 3).map((b) => b.textContent)"
    #expect(try browser.evaluate(scores) as? [String] == ["9999.00", "9998.00", "9997.00"])
    try choose("select.sort", "rising")
    #expect(try browser.evaluate(scores) as? [String] == ["0.00", "1.00", "2.00"])
    // The largest seed is longer than a number of JavaScript's can be.
    try choose("select.sort", "seed")
    #expect(try firstPrompt == "prompt 1 \"of\" <b>1</b>")
    try choose(".search", "9223372036854775807")
    #expect(try firstPrompt == "prompt 0 \"of\" <b>0</b>")
    try choose(".search", "no such picture")
    #expect(try cards == 0 && status == "0 of 10000 pictures")
  }

  @Test func onePictureOpensWithItsJobAndKeysTurnThePages() throws {
    defer { remove() }
    try browser.click(".row figure button")
    let job = { try browser.evaluate("document.querySelector('dialog pre').textContent") as? String ?? "" }
    #expect(try number("document.querySelector('dialog').open ? 1 : 0") == 1)
    #expect(
      try job().contains(
        "\"prompts\" : [ { \"prompt\" : \"prompt 0 \\\"of\\\" <b>0</b>\", \"seed\" : 9223372036854775807 } ]")
    )
    for _ in 0..<3 { try browser.press("ArrowRight") }
    #expect(try job().contains("\"negative_prompt\" : \"a \\\"blur\\\"\", \"seed\" : 3 }"))
    _ = try JSONSerialization.jsonObject(with: Data(job().utf8))
    try browser.press("ArrowLeft")
    #expect(try job().contains("\"seed\" : 2 }"))
    try browser.press("Escape")
    // The picture that was looked at last has the focus, once the browser has told the page that its dialog closed.
    try browser.wait {
      try browser.evaluate("document.activeElement.getAttribute('aria-label')") as? String
        == "enlarge: prompt 2 \"of\" <b>2</b>"
    }
    #expect(try number("document.querySelector('dialog').open ? 1 : 0") == 0)
  }
}
