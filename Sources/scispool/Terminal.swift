import Foundation
import Jobs

/// What people see: plain lines, and on a terminal one line of progress that is written over.
enum Terminal {
  static var isInteractive: Bool { isatty(STDERR_FILENO) == 1 }

  /// Of the terminal that standard output is; nil for none.
  static var size: (columns: Int, rows: Int)? {
    var size = winsize()
    guard isatty(STDOUT_FILENO) == 1, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0
    else {
      return nil
    }
    return (Int(size.ws_col), Int(size.ws_row))
  }

  static func complain(_ text: String) { show("\(text.spelledOut(keepsLines: true))\n") }

  /// Writes to standard error. It may be a file on a full disk, or a pipe nobody reads: then there is nobody to tell.
  private static func show(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }

  /// Writes what a command was asked for to standard output.
  static func output(_ content: Data) throws(JobFailure) {
    do { try FileHandle.standardOutput.write(contentsOf: content) } catch {
      throw JobFailure(
        .cannotWrite, "standard output cannot be written: \(error.localizedDescription)",
        hint: "See whether its disk is full, or the program that reads it has ended.")
    }
  }

  /// JSON for standard output. JSON lets C1 control characters stand as they are, and some terminals obey them.
  static func json(_ value: some Encodable) throws(JobFailure) -> String {
    String(decoding: try JobJSON.file(value), as: UTF8.self).unicodeScalars.map {
      $0.properties.generalCategory == .control && $0.value >= 0x7F
        ? String(format: "\\u%04x", $0.value) : String($0)
    }.joined()
  }

  /// Shows how far a job is: a bar on a terminal, else a line whenever another tenth is done.
  struct ProgressLine {
    private var lastTenth = -1
    private var isOpen = false

    mutating func show(_ name: String, _ progress: JobProgress) {
      let share = progress.total > 0 ? Double(progress.step) / Double(progress.total) : 0
      let eta = progress.eta.map { ", about \(Self.duration($0)) left" } ?? ""
      let counts = "\(progress.stage) \(progress.step)/\(progress.total)\(eta)"
      if Terminal.isInteractive {
        let filled = Int(share * 30)
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 30 - filled)
        Terminal.show("\r\u{1b}[K\(name.spelledOut()) \(bar) \(counts.spelledOut())")
        isOpen = true
      } else if Int(share * 10) != lastTenth {
        lastTenth = Int(share * 10)
        Terminal.complain("\(name): \(counts)")
      }
    }

    mutating func close() {
      if isOpen { Terminal.show("\r\u{1b}[K") }
      isOpen = false
    }

    static func duration(_ seconds: Double) -> String {
      let whole = Int(max(0, seconds.rounded()))
      if whole < 60 { return "\(whole) s" }
      if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
      return "\(whole / 3600) h \(whole / 60 % 60) min"
    }
  }

  /// Rows under a heading, columns as wide as they need to be; numbers to the right.
  static func table(_ heading: [String], _ rows: [[String]], rightAligned: Set<Int> = []) -> String {
    let rows = rows.map { $0.map { $0.spelledOut() } }
    let widths = heading.indices.map { column in ([heading] + rows).map { $0[column].count }.max() ?? 0 }
    return ([heading] + rows).map { row in
      row.indices.map { column in
        let padding = String(repeating: " ", count: widths[column] - row[column].count)
        return rightAligned.contains(column) ? padding + row[column] : row[column] + padding
      }.joined(separator: "  ").trimmingTrailingSpaces
    }.joined(separator: "\n")
  }
}

extension String {
  fileprivate var trimmingTrailingSpaces: String {
    var text = self
    while text.last == " " { text.removeLast() }
    return text
  }

  /// On one line of a table: line breaks and control characters spelled out, at most `limit` characters.
  func oneLine(_ limit: Int = 60) -> String {
    let plain = spelledOut()
    return plain.count <= limit ? plain : plain.prefix(limit - 1) + "…"
  }
}
