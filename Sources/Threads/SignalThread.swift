import Glibc

/// Acts on signals in a thread of its own, for as long as the process runs; they interrupt nothing then.
///
/// Call it before other threads are there: what they were not told to leave alone would end the process. (libdispatch's
/// signal sources would do, but its manager raises its own priority, and complains on standard error wherever the process
/// has no right to.)
///
/// - Parameter act: Gets each of the signals that comes; several of one kind that come at once are one.
package func startSignalThread(_ signals: [Int32], _ act: @escaping @Sendable (Int32) -> Void) {
  var set = sigset_t()
  sigemptyset(&set)
  for number in signals { sigaddset(&set, number) }
  pthread_sigmask(SIG_BLOCK, &set, nil)
  let awaited = set
  startThread("signals", stackSize: 1 << 20) {
    var (awaited, number): (sigset_t, Int32) = (awaited, 0)
    while true {
      if sigwait(&awaited, &number) == 0 { act(number) }
    }
  }
}
