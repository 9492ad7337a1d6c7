import Foundation

/// Messages from any thread to the one that serves the spool.
final class Mailbox<Message: Sendable>: @unchecked Sendable {
  // Unchecked: everything is touched under the condition's lock.
  private let condition = NSCondition()
  private var messages: [Message] = []

  func post(_ message: Message) {
    condition.lock()
    messages.append(message)
    condition.signal()
    condition.unlock()
  }

  /// All messages so far; waits for the first until the given moment.
  func take(until moment: Date) -> [Message] {
    condition.lock()
    defer { condition.unlock() }
    while messages.isEmpty, condition.wait(until: moment) {}
    defer { messages.removeAll() }
    return messages
  }
}
