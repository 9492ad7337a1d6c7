import Foundation
import Testing

/// A small storm; `scispool bench storm` does a large one.
@Suite(.timeLimit(.minutes(20)))
struct StormTests {
  @Test(arguments: [1, 2])
  func `jobs end exactly once whatever is killed`(seed: Int) throws {
    let outcome = try Program.run(
      "bench", "storm", "--in", FileManager.default.temporaryDirectory.path, "--jobs", "80", "--kills", "40",
      "--seed", "\(seed)")
    #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    #expect(outcome.output.contains("\"violations\" : [\n\n  ]"), "\(outcome.output)")
    #expect(outcome.output.contains("\"jobs\" : 80"), "\(outcome.output)")
  }
}
