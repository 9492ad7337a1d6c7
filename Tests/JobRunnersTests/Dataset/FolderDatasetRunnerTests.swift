import Foundation
import Images
import Jobs
import Testing

@testable import JobRunners

extension ComputingTests {
  @Suite struct FolderDatasetRunnerTests {
    private let spool: TemporarySpool

    init() throws { spool = try TemporarySpool() }

    /// A picture whose brightness runs in waves; other waves look like another picture.
    private func picture(_ kind: Int, width: Int = 40, height: Int = 30, shade: Double = 1) -> Data {
      let pixels = (0..<width * height).flatMap { place -> [UInt8] in
        let (x, y) = (Double(place % width) / Double(width), Double(place / width) / Double(height))
        let wave =
          sin(Double(2 + kind % 5) * 3 * x + Double(kind))
          * cos(Double(1 + kind % 7) * 2.5 * y + Double(3 * kind))
        let value = UInt8(shade * (120 + 100 * wave))
        return [value, value, value / 2]
      }
      return RGBImage(width: width, height: height, pixels: pixels).pngData()
    }

    private func row(
      _ right: String, _ wrong: String, prompt: String = "an unripe apple", law: String = "ripeness"
    ) -> String {
      """
      {"implicit_prompt": "\(prompt)", "explicit_prompt": ["green", "very green"], "superficial_prompt": "красный", \
      "explicit_image": "\(right)", "superficial_image": "\(wrong)", "category": "biology", "law": "\(law)"}

      """
    }

    private func write(_ split: String, _ rows: [String], pictures: [String: Data]) throws {
      try spool.write(Data(rows.joined().utf8), to: "\(split)/metadata.jsonl")
      for (name, data) in pictures { try spool.write(data, to: "\(split)/\(name)") }
    }

    private func check(_ fields: String = "") throws -> FolderDatasetResult {
      let job = "{\"kind\": \"dataset\", \"source\": \"folder\", \"folder\": \"data\"\(fields)}"
      guard case .dataset(.folder(let found)) = try spool.run(job).outcome else {
        throw JobFailure(.internalError, "not the result of a folder job")
      }
      return found
    }

    @Test func aSoundFolderIsCountedAndIndexed() throws {
      try write(
        "data", [row("a.png", "b.png"), row("c.png", "d.png", prompt: "another", law: "rust")],
        pictures: [
          "a.png": picture(1), "b.png": picture(2), "c.png": picture(3, width: 20, height: 20),
          "d.png": picture(4),
        ])
      let found = try check(#", "strict": true"#)
      #expect(found.findings.isEmpty && !found.hasProblems && found.sharedPrompts == 0)
      let split = try #require(found.splits.first)
      #expect(found.splits.count == 1 && split.name == "." && split.rows == 2 && split.pictures == 4)
      #expect(split.laws == ["ripeness": 1, "rust": 1] && split.categories == ["biology": 2])
      #expect(split.sizes == ["40x30": 3, "20x20": 1])
      #expect(
        split.prompts["explicit_prompt"]
          == .init(
            count: 4, shortest: 5, median: 5, longest: 10, scripts: ["latin": 4],
            languages: ["undetermined": 4]))
      #expect(split.prompts["superficial_prompt"]?.scripts == ["cyrillic": 2])
      #expect(split.prompts["superficial_prompt"]?.languages == ["ru": 2])
      #expect(split.prompts["implicit_prompt"]?.languages == ["en": 1, "undetermined": 1])
      let page = String(decoding: try spool.read("output/report.html"), as: UTF8.self)
      #expect(page.contains("<td>en 1, undetermined 1</td>"))
      let index = String(decoding: try spool.read("output/index.jsonl"), as: UTF8.self).split(separator: "\n")
      #expect(index.count == 4 && index[2].contains("\"file\":\"c.png\",\"height\":20"))
    }

    @Test func rowsOfOnePictureAreReadToo() throws {
      let rows = [
        "{\"file_name\": \"a.png\", \"text\": \"a caption\"}\n", "{\"file_name\": \"../b.png\"}\n",
        "{\"file_name\": 3}\n",
      ]
      try write("data", rows, pictures: ["a.png": picture(1)])
      let found = try check()
      #expect(found.splits[0].pictures == 1 && found.splits[0].prompts["text"]?.longest == 9)
      #expect(found.findings.map(\.row) == [2, 3] && found.findings.allSatisfy { $0.field == "file_name" })
    }

    @Test func faultsAreToldWithTheirRows() throws {
      try write(
        "data",
        [
          row("a.png", "b.png"), "{\"implicit_prompt\": \"x\"}\n", "not json\n", row("a.png", "gone.png"),
          row("cut.png", "b.png"),
        ],
        pictures: ["a.png": picture(1), "b.png": picture(2), "cut.png": picture(3).prefix(300)])
      let found = try check()
      #expect(found.faultyRows == 3 && found.badPictures == 1)
      #expect(Set(found.findings.map(\.row)) == [2, 3, 4, 5])
      #expect(found.findings.contains { $0.row == 4 && $0.message.contains("gone.png") })
      #expect(
        found.findings.contains {
          $0.row == 5 && $0.field == "explicit_image" && $0.message.hasPrefix("cut.png: ")
        })
      let page = String(decoding: try spool.read("output/report.html"), as: UTF8.self)
      #expect(page.contains("Faults") && page.contains("gone.png"))
      let failure = try #require(throws: JobFailure.self) { try check(#", "strict": true"#) }
      #expect(
        failure.code == .badInput && failure.message.hasPrefix("data has 3 faulty rows, 1 bad pictures"))
    }

    @Test func duplicatesAreFoundWithinAndAcrossSplits() throws {
      let darker = picture(1, shade: 0.9)
      try write(
        "data/train", [row("a.png", "b.png"), row("copy.png", "c.png", prompt: "only here")],
        pictures: ["a.png": picture(1), "b.png": picture(2), "copy.png": picture(1), "c.png": picture(3)])
      try write(
        "data/test", [row("darker.png", "b.png")], pictures: ["darker.png": darker, "b.png": picture(2)])
      let found = try check()
      #expect(found.splits.map(\.name) == ["test", "train"] && found.sharedPrompts == 1)
      #expect(found.exactDuplicates.within == 1 && found.exactDuplicates.across == 1)
      #expect(
        found.exactDuplicates.examples.map { [$0.first, $0.second] } == [
          ["test/b.png", "train/b.png"], ["train/a.png", "train/copy.png"],
        ])
      // The darker one looks like both copies.
      #expect(found.nearDuplicates.across == 2 && found.nearDuplicates.within == 0)
      #expect(found.nearDuplicates.examples.map(\.second) == ["train/a.png", "train/copy.png"])
      let page = String(decoding: try spool.read("output/report.html"), as: UTF8.self)
      let pairs = page.components(separatedBy: "<h2>Tuples of").first ?? ""
      #expect(pairs.components(separatedBy: "<img").count == 1 + 8 && !page.contains("class=\"missing\""))
      #expect(try #require(throws: JobFailure.self) { try check(#", "strict": true"#) }.code == .badInput)
      // Of the splits that are asked for only.
      #expect(try check(#", "splits": ["test"], "strict": true"#).exactDuplicates == .init())
    }

    @Test func aFolderWithoutRowsIsNamed() throws {
      try FileManager.default.createDirectory(atPath: spool.path("data"), withIntermediateDirectories: true)
      let failure = try #require(throws: JobFailure.self) { try check() }
      #expect(failure.code == .missingInput && failure.field == "folder")
      let other = try #require(throws: JobFailure.self) { try check(#", "splits": ["train"]"#) }
      #expect(other.code == .missingInput && other.field == "splits")
    }
  }
}

@Suite struct DifferenceHashTests {
  /// 90×80 pixels, each row from the given brightness of its columns.
  private func picture(_ brightness: (_ column: Int, _ row: Int) -> Int) -> RGBImage {
    var pixels: [UInt8] = []
    for row in 0..<80 {
      for column in 0..<90 {
        let value = UInt8(brightness(column, row))
        pixels += [value, value, value]
      }
    }
    return RGBImage(width: 90, height: 80, pixels: pixels)
  }

  @Test func saysWhichNeighbourIsBrighter() {
    // Brightness falls from left to right: each pixel is brighter than its right neighbour.
    let falling = picture { column, _ in 250 - 2 * column }
    #expect(DifferenceHash(of: falling).text == "ffffffffffffffff")
    let rising = picture { column, _ in 5 + 2 * column }
    #expect(DifferenceHash(of: rising).text == "0000000000000000")
    // Far from the border between the two halves, which the filter mixes.
    let halves = picture { column, row in row < 40 ? 250 - 2 * column : 5 + 2 * column }
    let text = DifferenceHash(of: halves).text
    #expect(text.hasPrefix("000000") && text.hasSuffix("ffffff"))
  }

  @Test(arguments: [0, 1, 4, 16])
  func closePairsAreAllPairsThatAreClose(limit: Int) {
    var state: UInt64 = 88_172_645_463_325_252
    func random() -> UInt64 {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return state
    }
    var hashes = (0..<60).map { _ in DifferenceHash(bits: random()) }
    // Neighbours of some of them, and some twice.
    for index in 0..<60 {
      let flips = (0..<(index % 20)).reduce(UInt64(0)) { bits, _ in bits | 1 << (random() % 64) }
      hashes.append(DifferenceHash(bits: hashes[index].bits ^ flips))
    }
    var found: [[Int]] = []
    DifferenceHash.closePairs(hashes, limit: limit) { first, second, bits in
      #expect(bits == hashes[first].distance(to: hashes[second]))
      found.append([min(first, second), max(first, second)])
    }
    let expected = hashes.indices.flatMap { first in
      hashes.indices.filter { $0 > first && hashes[first].distance(to: hashes[$0]) <= limit }.map {
        [first, $0]
      }
    }
    #expect(!expected.isEmpty && found.sorted { $0.lexicographicallyPrecedes($1) } == expected)
  }
}

@Suite struct ColourHashTests {
  private func hash(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> ColourHash {
    let pixels = (0..<64).flatMap { _ in [red, green, blue] }
    return ColourHash(of: RGBImage(width: 8, height: 8, pixels: pixels))
  }

  @Test func brightnessIsNoColour() {
    #expect(hash(200, 200, 200).looksLike(hash(20, 20, 20)))
    #expect(hash(120, 60, 40).looksLike(hash(132, 66, 44)))
    #expect(!hash(200, 40, 40).looksLike(hash(40, 160, 40)))
    #expect(!hash(230, 130, 20).looksLike(hash(140, 60, 220)))
  }

  @Test func onePlaceOfAnotherColourIsEnough() {
    var pixels = [UInt8](repeating: 128, count: 64 * 64 * 3)
    let grey = ColourHash(of: RGBImage(width: 64, height: 64, pixels: pixels))
    for row in 0..<16 { for column in 0..<16 { pixels[3 * (64 * row + column)] = 250 } }
    #expect(!grey.looksLike(ColourHash(of: RGBImage(width: 64, height: 64, pixels: pixels))))
  }
}

@Suite struct ScriptTests {
  @Test(arguments: [
    ("An unripe apple, №5", Script.latin), ("зелёное яблоко", .cyrillic), ("未熟なリンゴ", .kana), ("青苹果", .han),
    ("풋사과", .hangul), ("تفاحة", .arabic), ("हरा सेब", .devanagari), ("μήλο", .greek), ("12 + 3 = 15!", .none),
    ("apple яблоко", .mixed),
  ])
  func tellsTheScriptOfMostLetters(text: String, script: Script) {
    #expect(Script(of: text) == script)
  }
}
