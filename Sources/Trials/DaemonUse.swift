import Daemon
import Foundation
import Glibc

/// What a daemon has used of the machine so far.
struct DaemonUse {
  /// Seconds of processor time in all.
  let processorSeconds: Double
  /// Bytes in memory now.
  let resident: Int

  /// Nil when there is no such process.
  init?(_ process: pid_t) {
    guard let seconds = Machine.processorSeconds(of: process), let resident = Machine.resident(process) else {
      return nil
    }
    (processorSeconds, self.resident) = (seconds, resident)
  }
}
