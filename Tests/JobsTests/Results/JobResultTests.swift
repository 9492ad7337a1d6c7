import Foundation
import Testing

@testable import Jobs

/// A result with every member set.
func sampleResult() -> JobResult {
  JobResult(
    id: "01", name: "night job", attempt: 2, started: Date(timeIntervalSince1970: 1_000),
    finished: Date(timeIntervalSince1970: 1_010), labels: ["a": "b"],
    outcome: .generate(
      GenerateResult(
        model: "flux-mini", scoreModel: "clip-mini",
        images: [
          GeneratedImage(
            file: "images/0000-0.png", prompt: "an unripe apple\n", negativePrompt: "red", object: "apple",
            seed: Int.max,
            height: 64, width: 48, score: 21.5, sha256: "00", seconds: 0.25, resumed: true)
        ])),
    timings: JobTimings(
      total: 10, stages: ["denoise": 8], models: [.init(path: "/m", resident: true, loadSeconds: 0)]),
    version: "0.1.0")
}

@Suite struct JobResultTests {
  @Test func isOneFlatObjectAndReadsBack() throws {
    let file = try JobJSON.file(sampleResult())
    let values = try #require(JSONSerialization.jsonObject(with: file) as? [String: Any])
    #expect(values["kind"] as? String == "generate" && values["name"] as? String == "night job")
    let images = try #require(values["images"] as? [[String: Any]])
    #expect(images[0]["score"] as? Double == 21.5 && images[0]["seed"] as? Int == Int.max)
    #expect(try JobJSON.value(JobResult.self, from: file) == sampleResult())
  }

  @Test func scoresReadBack() throws {
    var result = sampleResult()
    result.outcome = .score(
      ScoreResult(
        model: "c", items: [.init(prompt: "p", images: [.init(file: "a.png", score: 0.1, probability: 1)])]))
    #expect(try JobJSON.value(JobResult.self, from: JobJSON.file(result)) == result)
  }

  @Test func refusesNumbersThatJSONCannotSay() throws {
    var result = sampleResult()
    result.timings.total = .nan
    let failure = try #require(throws: JobFailure.self) { try JobJSON.file(result) }
    #expect(failure.code == .internalError)
  }
}
