import Foundation
import Images
import Jobs
import Testing

@testable import JobRunners

@Suite struct ReportPageTests {
  private let spool: TemporarySpool
  private let output: OutputFolder

  init() throws {
    spool = try TemporarySpool()
    output = OutputFolder(path: spool.path("output"))
    try output.make()
  }

  private func page(_ outcome: JobResult.Outcome) throws -> String {
    let prompts = [PromptRequest("<b>&\"'")]
    let request = GenerateRequest(model: "m", prompts: .inline(prompts))
    let job = ResolvedJob(
      options: JobOptions(),
      work: .generate(
        try ResolvedGenerate(
          request, prompts: prompts, defaults: .init(height: 16, width: 16, maxSequenceLength: 16))))
    let result = JobResult(
      id: "1", name: "<script>alert(1)</script>", attempt: 1, started: .distantPast, finished: .distantPast,
      outcome: outcome,
      timings: JobTimings(
        total: 61, stages: ["denoise": 0.5], models: [.init(path: "/m", resident: true, loadSeconds: 0)]),
      version: "1")
    return try ReportPage(result: result, job: job, pictures: pictures()).html
  }

  private func pictures(_ context: JobContext = JobContext()) -> ReportPictures {
    let resolver = PathResolver(jobFolder: spool.root, spoolRoot: spool.root)
    return ReportPictures(output: output, resolver, context, StageClock())
  }

  private func image(_ file: String, _ prompt: String, score: Double?) -> GeneratedImage {
    GeneratedImage(
      file: file, prompt: prompt, seed: 5, height: 8, width: 8, score: score, sha256: "", seconds: 1.25)
  }

  @Test func saysWhatWasDrawnWithoutLettingItsTextsBecomeMarkup() throws {
    let picture = RGBImage(width: 8, height: 8, pixels: [UInt8](repeating: 9, count: 192)).pngData()
    try output.write(picture, to: "images/a.png")
    let html = try page(
      .generate(
        GenerateResult(
          model: "m",
          images: [
            image("images/a.png", "<i>\"sly\" & 'co'</i>", score: 20),
            image("images/gone\".png", "<i>\"sly\" & 'co'</i>", score: 22),
          ])))
    #expect(html.contains("&lt;i&gt;&quot;sly&quot; &amp; &#39;co&#39;&lt;/i&gt;"))
    for markup in ["<script>alert", "<i>", "gone\".png", "http:", "https:"] {
      #expect(!html.contains(markup), "\(markup)")
    }
    #expect(html.contains("data-value=\"21.0\"") && html.contains("<b>20.00</b>") && html.contains("seed 5"))
    #expect(html.contains("data:image/png;base64,\(picture.base64EncodedString())"))
    #expect(html.contains("2 images for 1 prompt in 1 min 1 s") && html.contains("resident"))
  }

  @Test func refersToLargePicturesByFile() throws {
    try output.write(Data(repeating: 1, count: 100_000), to: "images/large.png")
    let html = try page(
      .generate(GenerateResult(model: "m", images: [image("images/large.png", "p", score: nil)])))
    #expect(html.contains("src=\"images/large.png\"") && !html.contains("base64"))
  }

  @Test func showsTheScoresOfImagesElsewhere() throws {
    try spool.write(
      RGBImage(width: 2, height: 2, pixels: [UInt8](repeating: 0, count: 12)).pngData(), to: "in.png")
    let html = try page(
      .score(
        ScoreResult(
          model: "m",
          items: [
            .init(
              prompt: "p",
              images: [
                .init(file: "in.png", score: 1.234, probability: 0.75),
                .init(file: "gone.png", score: 0, probability: 0.25),
              ])
          ])))
    #expect(
      html.contains("<b>1.23</b> · p") && html.contains("\"note\":\"75.0 % · in.png\"")
        && html.contains("<span class=\"missing\">p</span>") && html.contains("25.0 % · gone.png"))
  }

  @Test func carriesReducedCopiesOfLargePicturesElsewhere() throws {
    var generator = SystemRandomNumberGenerator()
    let pixels = (0..<3 * 400 * 300).map { _ in UInt8.random(in: 0...255, using: &generator) }
    try spool.write(RGBImage(width: 400, height: 300, pixels: pixels).pngData(), to: "large.png")
    let source = pictures().sources(of: ["large.png"], inOutput: false)[0]
    let encoded = try #require(source?.split(separator: ",").last)
    let copy = try RGBImage(decoding: try #require(Data(base64Encoded: String(encoded))), path: "copy")
    #expect(copy.width == 384 && copy.height == 288)
    // Beside such a copy the job's own picture is one, too; alone it is the file.
    try output.write(try spool.read("large.png"), to: "images/own.png")
    #expect(pictures().sources(of: ["images/own.png"], inOutput: true, isReduced: true) == [source])
    #expect(pictures().sources(of: ["images/own.png"], inOutput: true) == ["images/own.png"])
  }

  /// More than 64 KiB.
  private func largePicture() -> Data {
    var generator = SystemRandomNumberGenerator()
    let pixels = (0..<3 * 600 * 300).map { _ in UInt8.random(in: 0...255, using: &generator) }
    return RGBImage(width: 600, height: 300, pixels: pixels).pngData()
  }

  @Test func galleriesShowThumbnailsOfLargePictures() throws {
    let picture = largePicture()
    for name in ["images/a b.png", "images/c.png"] { try output.write(picture, to: name) }
    let sources = try pictures().forGallery(
      ["images/a b.png", "images/none.png", "images/c.png"], inOutput: true)
    let first = try #require(sources[0].small)
    #expect(first.hasPrefix("thumbnails/00000-") && first.hasSuffix(".jpg") && sources[1].small == nil)
    #expect(sources[2].small?.hasPrefix("thumbnails/00002-") == true)
    #expect(sources.map(\.file) == ["images/a%20b.png", nil, "images/c.png"])
    let copy = try RGBImage(contentsOf: spool.path("output/\(first)"))
    #expect(copy.width == 384 && copy.height == 192)
    #expect(try spool.read("output/\(first)").count < picture.count / 4)
    // Pictures elsewhere do not move with the page, their thumbnails do.
    let elsewhere = try pictures().forGallery(["output/images/c.png"], inOutput: false)
    #expect(elsewhere[0].small?.hasPrefix("thumbnails/00000-") == true && elsewhere[0].file == nil)
  }

  @Test func thumbnailsGoOnWhereACancelledAttemptStopped() throws {
    let picture = largePicture()
    let files = (0..<20).map { "images/\($0).png" }
    for file in files { try output.write(picture, to: file) }
    var seen: [JobProgress] = []
    let cancelled = try #require(throws: JobFailure.self) {
      try pictures(JobContext(progress: { seen.append($0) }, isCancelled: { !seen.isEmpty }))
        .forGallery(files, inOutput: true)
    }
    #expect(cancelled.code == .cancelled)
    #expect(seen.map(\.stage) == ["thumbnails"] && seen[0].total == 20 && (seen[0].eta ?? 0) > 0)
    let folder = spool.path("output/thumbnails")
    let made = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    #expect(made.count == seen[0].step && (1..<20).contains(made.count))
    // The next attempt leaves alone what is there, makes anew what is of another picture, and removes what is of none.
    for name in made { try output.write(Data("kept".utf8), to: "thumbnails/\(name)") }
    try output.write(Data(), to: "thumbnails/.\(made[0]).part")
    try output.write(largePicture(), to: files[0])
    seen = []
    let sources = try pictures(JobContext(progress: { seen.append($0) })).forGallery(files, inOutput: true)
    let names = sources.compactMap(\.small)
    #expect(seen.last?.step == 20 && seen.first?.step ?? 0 > made.count)
    let kept = try names.map { try spool.read("output/\($0)") == Data("kept".utf8) }
    #expect(kept == (0..<20).map { (1..<made.count).contains($0) })
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        == names.map { String($0.dropFirst("thumbnails/".count)) })
  }
}
