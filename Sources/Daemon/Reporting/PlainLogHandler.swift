import Jobs
import Logging

/// Writes to standard error as swift-log's own handler does, one line an event: names and reasons come from whoever drops
/// jobs, and nothing in them may begin a line of its own or talk to a terminal.
package struct PlainLogHandler: LogHandler {
  private var base: StreamLogHandler

  package init(label: String) { base = StreamLogHandler.standardError(label: label) }

  /// - Parameter stream: Where to write instead.
  package init(label: String, stream: any TextOutputStream & Sendable) {
    base = StreamLogHandler(label: label, stream: stream)
  }

  package var logLevel: Logger.Level {
    get { base.logLevel }
    set { base.logLevel = newValue }
  }
  package var metadata: Logger.Metadata {
    get { base.metadata }
    set { base.metadata = newValue }
  }
  package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { base[metadataKey: key] }
    set { base[metadataKey: key] = newValue }
  }

  package func log(event: LogEvent) {
    var event = event
    event.message = "\(event.message.description.spelledOut())"
    base.log(event: event)
  }
}
