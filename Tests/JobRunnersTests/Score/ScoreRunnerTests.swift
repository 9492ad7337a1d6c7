import Foundation
import Images
import Jobs
import Testing

@testable import JobRunners

extension ComputingTests {
  @Suite struct ScoreRunnerTests {
    private let spool: TemporarySpool

    init() throws {
      spool = try TemporarySpool()
      for (index, name) in ["a.png", "-b c.png", "sub/ü\n.png"].enumerated() {
        let pixels = (0..<3 * 40 * 30).map { UInt8(truncatingIfNeeded: $0 * (index + 3)) }
        try spool.write(RGBImage(width: 40, height: 30, pixels: pixels).pngData(), to: name)
      }
    }

    private func job(_ source: String) -> String { #"{"kind": "score", "model": "clip-mini", \#(source)}"# }

    @Test func scoresEachImageForItsPrompt() throws {
      let items = try spool.run(
        job(
          #""items": [{"prompt": "a", "images": ["a.png", "-b c.png"]}, {"prompt": "b", "images": ["sub/ü\n.png"]}]"#
        )
      ).items()
      #expect(items.map(\.prompt) == ["a", "b"])
      #expect(items[0].images.map(\.file) == ["a.png", "-b c.png"])
      #expect(abs(items[0].images.reduce(0) { $0 + $1.probability } - 1) < 1e-6)
      #expect(items[1].images[0].probability == 1)
      #expect(items[0].images[0].score != items[0].images[1].score)
      #expect(FileManager.default.fileExists(atPath: spool.path("output/report.html")))
    }

    @Test func agreesWithTheScoresOfAGenerateJob() throws {
      let drawn = try spool.run(
        TemporarySpool.generate(#""prompts": ["a green apple"], "score": {"model": "clip-mini"}"#),
        output: "drawn"
      ).images()
      let items = try spool.run(
        job(#""items": [{"prompt": "a green apple", "images": ["drawn/images/0000-0.png"]}]"#)
      ).items()
      #expect(try #require(drawn[0].score) == items[0].images[0].score)
    }

    @Test func readsAFolderOfCaptionedImages() throws {
      let rows = """
        {"file_name": "a.png", "prompt": "p", "extra": [1, {}]}
        {"file_name": "-b c.png", "text": "p"}

        {"implicit_prompt": ["q", "r"], "explicit_image": ["a.png"], "superficial_image": "-b c.png", "law": "rust"}
        """
      try spool.write(Data(rows.utf8), to: "metadata.jsonl")
      let items = try spool.run(job(#""folder": ".""#)).items()
      #expect(items.map(\.prompt) == ["p", "q"])
      #expect(
        items.map { $0.images.map(\.file) } == [["./a.png", "./-b c.png"], ["./a.png", "./-b c.png"]])
    }

    @Test func namesTheLineOfABadRow() throws {
      try spool.write(
        Data("{\"file_name\": \"a.png\", \"prompt\": \"p\"}\n{\"prompt\": \"p\"}\n".utf8),
        to: "metadata.jsonl")
      let failure = try spool.failure(job(#""folder": ".""#))
      #expect(failure.field == "folder" && failure.message.contains("metadata.jsonl, line 2"), "\(failure)")
    }

    @Test func namesTheImageAtFault() throws {
      try spool.write(Data("no image".utf8), to: "text.png")
      try spool.write(Self.png(width: 50_000, height: 50_000), to: "huge.png")
      let cases: [(String, JobFailure.Code)] = [
        ("none.png", .missingInput), ("text.png", .badInput), ("huge.png", .badInput), ("sub", .badInput),
        ("/etc/passwd", .outsideSpool),
      ]
      for (file, code) in cases {
        let failure = try spool.failure(job(#""items": [{"prompt": "a", "images": ["a.png", "\#(file)"]}]"#))
        #expect(failure.code == code && failure.field == "items[0].images[1]", "\(file): \(failure)")
      }
    }

    @Test func stopsWhenCancelled() throws {
      let failure = try #require(throws: JobFailure.self) {
        try spool.run(
          job(#""items": [{"prompt": "a", "images": ["a.png"]}]"#), JobContext(isCancelled: { true }))
      }
      #expect(failure.code == .cancelled)
    }

    /// A PNG file that says in its header how large it is, and has no pixels.
    private static func png(width: UInt32, height: UInt32) -> Data {
      func bigEndian(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
      }
      func checksum(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(UInt32.max) { sum, byte in
          (0..<8).reduce(sum ^ UInt32(byte)) { value, _ in
            value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1
          }
        }
      }
      let header = Array("IHDR".utf8) + bigEndian(width) + bigEndian(height) + [8, 2, 0, 0, 0]
      return Data(
        [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + bigEndian(13) + header
          + bigEndian(checksum(header))
          + bigEndian(0) + Array("IDAT".utf8) + bigEndian(checksum(Array("IDAT".utf8))))
    }
  }
}
