import Foundation
import Jobs
import Ledger

/// Why a job that waits is not running.
extension JobQueue {
  /// By job id; jobs that wait for nothing but their turn are left out.
  package func waits(at now: Date, dependency: (String) -> Dependency) -> [String: JobWait] {
    var waits: [String: JobWait] = [:]
    let matrices = matrices
    for entry in waiting where !entry.waitsForItsTurnOnly {
      waits[entry.claim.id] = entry.wait(at: now, matrices, dependency)
    }
    return waits
  }
}

extension JobQueue.Entry {
  /// Whether it is plain that ``wait(at:_:_:)`` is nil: with most jobs of a long queue, which is walked often.
  var waitsForItsTurnOnly: Bool {
    hold == nil && pause == nil && !hasConditions && children == nil && !isChild
  }

  /// What keeps the job from starting even if the worker is free; nil for nothing.
  func wait(
    at now: Date, _ matrices: [String: JobQueue.Matrix], _ dependency: (String) -> JobQueue.Dependency
  ) -> JobWait? {
    if let hold = hold ?? claim.parent.flatMap({ matrices[$0.id]?.hold }) {
      return JobWait(.held, hold.reason)
    }
    if let children {
      let ended = children - (matrices[claim.id]?.open ?? 0)
      return JobWait(.children, "\(ended) of its \(children) jobs have ended")
    }
    if let pause, pause.until > now {
      if pause.looks > 0 { return JobWait(.memory, pause.reason) }
      return JobWait(.pause, "tried again at \(pause.until.formatted(.iso8601)): \(pause.reason)")
    }
    guard hasConditions else { return nil }
    if let moment = request.options.notBefore, moment > now {
      return JobWait(.notBefore, "not before \(moment.formatted(.iso8601))")
    }
    if let failed = request.options.after.first(where: { dependency($0) == .failed }) {
      return JobWait(.after, "\(failed), which it waits for, has failed: retry that job or cancel this one")
    }
    let open = request.options.after.filter { dependency($0) != .done }
    return open.isEmpty ? nil : JobWait(.after, "after \(open.joined(separator: ", "))")
  }
}
