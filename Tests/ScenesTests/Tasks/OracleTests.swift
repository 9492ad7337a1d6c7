import Testing

@testable import Scenes

@Suite struct OracleTests {
  @Test(arguments: tasksOfSubjects) func `reads rendered pictures and refuses unrelated ones`(task: Task) {
    let rates = OracleRates(of: task)
    #expect(rates.right >= 0.99)
    #expect(rates.confused == 0)
    #expect(rates.rightWhenBlurred >= 0.97)
    #expect(rates.neitherOnUnrelated >= 0.95)
  }

  @Test(arguments: tasksOfSubjects) func `reads larger pictures alike`(task: Task) {
    for seed in 0..<8 as Range<UInt64> {
      let tuple = SceneGenerator.tuple(task: task, seed: 8_000_000 + seed, difficulty: .complex, size: 192)
      for outcome in Outcome.allCases {
        let verdict = Oracle.verdict(on: tuple.image(outcome), task: task, subject: tuple.subject)
        #expect(verdict?.rawValue == outcome.rawValue, "\(tuple.subject), seed \(tuple.seed)")
      }
    }
  }

  @Test(arguments: tasksOfSubjects) func `outcomes differ in a tenth of the picture or more`(task: Task) {
    for seed in 0..<24 as Range<UInt64> {
      let tuple = SceneGenerator.tuple(task: task, seed: 8_000_000 + seed, difficulty: .simple)
      let (right, wrong) = (
        ColourReading(tuple.explicitImage).cells, ColourReading(tuple.superficialImage).cells
      )
      let changed = zip(right, wrong).filter { $0.distance(to: $1) > 25 }.count
      #expect(10 * changed >= right.count, "\(tuple.subject): \(changed) of \(right.count) cells")
    }
  }
}
