import CLinux
import Glibc

/// Starts a thread that ends with its body.
///
/// Not Foundation's: that keeps the body until the thread's storage is torn down, and what the body holds may then be the
/// last use of libdispatch there, after libdispatch has freed the thread's cache. It frees that cache once more then
/// (swift-corelibs-libdispatch at 2026-04-30, `_libdispatch_tsd_cleanup`, which does not forget what it has freed), and
/// the process dies of a broken heap, now or later. Here the body is gone before the thread's storage is.
///
/// - Parameters:
///   - name: For `top` and debuggers, which show its first 15 bytes.
///   - stackSize: Bytes.
package func startThread(
  _ name: String, stackSize: Int = 8 << 20, _ body: @escaping @Sendable () -> Void
) {
  var status: Int32 = 0
  // A machine that is out of threads for a moment gets that moment.
  for _ in 0..<500 {
    status = start(name, stackSize, body)
    if status != EAGAIN { break }
    usleep(10_000)
  }
  guard status == 0 else { fatalError("no thread for \(name): \(String(cString: strerror(status)))") }
}

/// Likewise, for a thread that others can do without: false when the machine has none to give.
package func startHelper(_ name: String, _ body: @escaping @Sendable () -> Void) -> Bool {
  start(name, 8 << 20, body) == 0
}

private func start(_ name: String, _ stackSize: Int, _ body: @escaping @Sendable () -> Void) -> Int32 {
  var attributes = pthread_attr_t()
  pthread_attr_init(&attributes)
  defer { pthread_attr_destroy(&attributes) }
  pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
  pthread_attr_setstacksize(&attributes, stackSize)
  let start = Unmanaged.passRetained(Start(name: name, body: body))
  var thread = pthread_t()
  let status = pthread_create(&thread, &attributes, { run($0) }, start.toOpaque())
  if status != 0 { start.release() }
  return status
}

private final class Start: Sendable {
  let name: String
  let body: @Sendable () -> Void

  init(name: String, body: @escaping @Sendable () -> Void) { (self.name, self.body) = (name, body) }

  func run() {
    name_this_thread(name)
    body()
  }
}

private func run(_ start: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let start else { return nil }
  Unmanaged<Start>.fromOpaque(start).takeRetainedValue().run()
  return nil
}
