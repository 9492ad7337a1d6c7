import Jobs
import Spooling
import Synchronization

/// Counts the moments before and after each file operation, and acts at one of them.
final class Moments: Sendable {
  private let count = Mutex(0)
  var passed: Int { count.withLock { $0 } }

  func files(at moment: Int, act: @escaping @Sendable () throws(JobFailure) -> Void) -> FileSystem {
    FileSystem.system.observed { (_, _, _) throws(JobFailure) in
      let number = self.count.withLock {
        $0 += 1
        return $0
      }
      if number == moment { try act() }
    }
  }
}
