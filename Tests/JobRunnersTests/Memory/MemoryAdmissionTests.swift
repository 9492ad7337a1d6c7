import Foundation
import Jobs
import Testing

@testable import JobRunners

@Suite struct MemoryAdmissionTests {
  private func plan(_ weights: [(String, Int)], activations: Int = 0) -> MemoryPlan {
    var plan = MemoryPlan()
    plan.weights = weights.map { .init(folder: $0.0, bytes: $0.1) }
    plan.activations = activations
    return plan
  }

  private func admission(total: Int, available: Int, limit: Int? = nil) -> MemoryAdmission {
    MemoryAdmission(limit: limit) { MachineMemory(total: total, available: available) }
  }

  @Test func theSumIsThePeakAndModelsCountOnce() {
    var plan = plan([("a", 100), ("b", 50)], activations: 7)
    plan.add(self.plan([("b", 50), ("c", 1)], activations: 9))
    #expect(plan.weightBytes == 151 && plan.activations == 9)
    #expect(plan.peak == 151 + 9 + MemoryPlan.program)
    #expect(plan.lines.last?.bytes == plan.peak)
  }

  @Test func whatCanNeverFitIsRefusedWithTheNumbers() throws {
    let large = plan([("a", 10_000_000_000)])
    let shelf = ModelShelf(budget: .max)
    let failure = try #require(throws: JobFailure.self) {
      try admission(total: 8_000_000_000, available: 8_000_000_000).admit(large, shelf)
    }
    #expect(failure.code == .outOfMemory && failure.disposition == .reject)
    #expect(
      failure.message.contains("10.05 GB") && failure.message.contains("the limit is 7.20 GB")
        || failure.message.contains("7.2 GB"))
    try admission(total: 16_000_000_000, available: 16_000_000_000).admit(large, shelf)
    #expect(throws: JobFailure.self) {
      try admission(total: 16_000_000_000, available: 16_000_000_000, limit: 9_000_000_000).admit(
        large, shelf)
    }
  }

  @Test func whatDoesNotFitNowWaits() throws {
    let failure = try #require(throws: JobFailure.self) {
      try admission(total: 32_000_000_000, available: 1_000_000_000).admit(
        plan([("a", 2_000_000_000)]), ModelShelf(budget: .max))
    }
    #expect(failure.code == .outOfMemory && failure.disposition == .wait)
    #expect(failure.message.contains("1.0 GB are available now"))
  }

  @Test func modelsOfEarlierJobsLeaveFirstAndThoseNotUsedForLongest() throws {
    let folders = try (0..<3).map { number in
      let folder = FileManager.default.temporaryDirectory.appending(path: "shelf-\(UUID().uuidString)").path
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try Data(count: 1000 * (number + 1)).write(to: URL(filePath: folder + "/weights"))
      return folder
    }
    defer { for folder in folders { try? FileManager.default.removeItem(atPath: folder) } }
    let shelf = ModelShelf(budget: .max)
    for folder in folders { _ = try shelf.model(NSNumber.self, at: folder) { _ in 1 } }
    // The first is the job's own and in its plan; 3000 bytes are left for the others, which have 5000.
    let room = MemoryPlan.program + 1000 + 3000
    try admission(total: room * 2, available: room, limit: room).admit(plan([(folders[0], 1000)]), shelf)
    #expect(shelf.residentPaths == [folders[0], folders[2]])
  }

  @Test func theMachineTellsWhatItHas() throws {
    let memory = try #require(MachineMemory.now())
    #expect(memory.total > 1 << 28 && memory.available > 0 && memory.available <= memory.total + 1 << 34)
  }
}
