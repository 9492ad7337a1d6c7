import Foundation
import Testing

@testable import Jobs

@Suite struct TrainingResultTests {
  private func result(_ training: TrainingResult) -> JobResult {
    var result = sampleResult()
    result.outcome = .training(training)
    return result
  }

  private var full: TrainingResult {
    TrainingResult(
      kind: .oft, model: "flux-mini", output: "oft",
      product: .adapterFile("adapter/pytorch_lora_weights.safetensors"), steps: 800, finalLoss: 0.69,
      bestStep: 40,
      validation: [
        ValidationEntry(
          step: 40, count: 3, meanSciScore: 21.5, sciScoreError: 0.25, accuracy: 0.75,
          categories: ["biology": .init(count: 2, meanSciScore: 22, accuracy: 1)],
          laws: ["ripeness": .init(count: 1, accuracy: 0)])
      ], promoted: true, stoppedBecause: "max_kl", seconds: 12.5, resumedFrom: 20)
  }

  @Test func isOneFlatObjectAndReadsBack() throws {
    let file = try JobJSON.file(result(full))
    let values = try #require(JSONSerialization.jsonObject(with: file) as? [String: Any])
    #expect(
      Set(values.keys) == [
        "kind", "id", "name", "attempt", "started_at", "finished_at", "labels", "timings", "version", "model",
        "output", "adapter_file", "steps", "final_loss", "best_step", "metrics_file", "validation",
        "promoted",
        "stopped_because", "seconds", "resumed_from",
      ])
    #expect(values["kind"] as? String == "oft")
    let entry = try #require((values["validation"] as? [[String: Any]])?.first)
    #expect(
      Set(entry.keys) == [
        "step", "count", "sciscore_mean", "sciscore_se", "accuracy", "per_category", "per_law",
      ])
    #expect(try JobJSON.value(JobResult.self, from: file) == result(full))
  }

  @Test(arguments: TrainingResult.Kind.allCases)
  func aShortResultReadsBackAsItsKind(kind: TrainingResult.Kind) throws {
    let short = TrainingResult(
      kind: kind, model: "m", output: "o", product: .modelFolder("model"), steps: 1, finalLoss: 0, seconds: 1)
    let file = try JobJSON.file(result(short))
    #expect(try JobJSON.value(JobResult.self, from: file) == result(short))
    #expect(result(short).outcome.kind.rawValue == kind.rawValue)
  }
}
