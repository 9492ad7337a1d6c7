import Images
import Testing

@testable import Scenes

@Suite struct OracleReportTests {
  /// Seeds that no threshold was tuned on.
  private static let report = OracleReport.measure(tuples: 60, firstSeed: 40_000_000, unrelated: 4)

  @Test(arguments: Task.allCases) func `oracles read their own scenes and refuse strangers`(task: Task) throws
  {
    let row = try #require(Self.report.rows.first { $0.task == task })
    #expect(row.pictures == 120)
    #expect(row.rightShare >= 0.99)
    #expect(row.confused == 0)
    #expect(row.rightWhenBlurredShare >= 0.97)
    #expect(row.neitherShare >= 0.95)
  }

  @Test func `an exchanged pair of pictures is read as exchanged`() {
    for task in Task.allCases {
      let tuple = SceneGenerator.tuple(task: task, seed: 41_000_000, difficulty: .simple)
      #expect(
        Oracle.verdict(on: tuple.superficialImage, task: task, subject: tuple.subject) != .explicit,
        "\(task.rawValue)")
      #expect(
        Oracle.verdict(on: tuple.explicitImage, task: task, subject: tuple.subject) != .superficial,
        "\(task.rawValue)")
    }
  }

  @Test func `a subject that the task lacks has no verdict`() {
    let picture = SceneGenerator.tuple(task: .gravity, seed: 1, difficulty: .simple).explicitImage
    #expect(Oracle.verdict(on: picture, task: .gravity, subject: "whale") == nil)
  }

  @Test func `the table has a line a task`() {
    let lines = OracleReport.measure(tasks: [.rust, .gravity], tuples: 1, firstSeed: 5, unrelated: 1).table
      .split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines[1].hasPrefix("rust "))
    #expect(lines[2].hasPrefix("gravity "))
  }
}
