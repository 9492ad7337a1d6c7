import FineTuning
import Foundation
import Testing

@Suite struct LearningRateScheduleTests {
  @Test func `the constant schedule is constant`() {
    #expect([0, 1, 1000].map { LearningRateSchedule.constant.factor(at: $0) } == [1, 1, 1])
  }

  @Test func `warm-up rises from nothing to the peak`() {
    let schedule = LearningRateSchedule.constantWithWarmup(warmup: 4)
    #expect((0..<6).map(schedule.factor) == [0, 0.25, 0.5, 0.75, 1, 1])
  }

  @Test func `without warm-up the first step has the peak`() {
    #expect(LearningRateSchedule.constantWithWarmup(warmup: 0).factor(at: 0) == 1)
    #expect(LearningRateSchedule.linear(warmup: 0, total: 10).factor(at: 0) == 1)
  }

  @Test func `linear decay ends at nothing`() {
    let schedule = LearningRateSchedule.linear(warmup: 2, total: 6)
    #expect((0...7).map(schedule.factor) == [0, 0.5, 1, 0.75, 0.5, 0.25, 0, 0])
  }

  @Test func `DeepSpeed's warm-up is logarithmic and its decay linear`() {
    let schedule = LearningRateSchedule.deepspeedWarmupDecay(warmup: 150, total: 600)
    #expect(schedule.factor(at: 0) == 0 && schedule.factor(at: 1) == 0)
    #expect(abs(schedule.factor(at: 75) - log(75) / log(150)) < 1e-12)
    #expect(schedule.factor(at: 151) == 1)
    #expect(schedule.factor(at: 376) == 0.5)
    #expect(schedule.factor(at: 601) == 0)
  }
}
