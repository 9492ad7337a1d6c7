import Daemon
import Logging
import Synchronization
import Testing

struct PlainLogHandlerTests {
  private final class Lines: TextOutputStream, Sendable {
    let text = Mutex("")
    func write(_ string: String) { text.withLock { $0 += string } }
  }

  @Test func `nothing in a message begins a line or talks to a terminal`() {
    let lines = Lines()
    let log = Logger(label: "scispool") { PlainLogHandler(label: $0, stream: lines) }
    log.info("claimed night\n2026-11-27T00:00:00+0000 error: forged\u{1B}[2J\u{9B}31m\u{202E}")
    let text = lines.text.withLock { $0 }
    #expect(text.split(separator: "\n").count == 1 && text.hasSuffix("\n"))
    #expect(
      text.contains(#"claimed night\n2026-11-27T00:00:00+0000 error: forged\u{1B}[2J\u{009B}31m\u{202E}"#))
  }
}
