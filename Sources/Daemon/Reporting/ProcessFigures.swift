import Foundation
import Glibc

/// What a process takes of the machine.
package struct ProcessFigures: Sendable, Equatable, Encodable {
  package let processID: Int
  /// Per cent of one core since the sample before; nil for the first.
  package let cpu: Double?
  package let residentBytes: Int

  enum CodingKeys: String, CodingKey {
    case processID = "pid"
    case cpu = "cpu_percent"
    case residentBytes = "rss_bytes"
  }
}

/// Samples processes again and again; the use of the processor is what happened between two samples.
package struct ProcessSampler {
  private var last: [Int: (seconds: Double, at: SuspendingClock.Instant)] = [:]

  package init() {}

  /// - Returns: Nil for a process that is not there.
  package mutating func sample(_ process: Int) -> ProcessFigures? {
    let now = SuspendingClock.now
    guard let seconds = Machine.processorSeconds(of: pid_t(process)),
      let resident = Machine.resident(pid_t(process))
    else {
      last[process] = nil
      return nil
    }
    defer { last[process] = (seconds, now) }
    let cpu = last[process].flatMap { before -> Double? in
      let elapsed = (now - before.at) / .seconds(1)
      return elapsed > 0 ? max(0, seconds - before.seconds) / elapsed * 100 : nil
    }
    return ProcessFigures(processID: process, cpu: cpu, residentBytes: resident)
  }
}
