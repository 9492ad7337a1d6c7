import Foundation
import GRDB
import Jobs

extension LedgerReader {
  /// What can be exported: the tables and views of `docs/ledger.md`.
  package enum Table: String, Sendable, CaseIterable {
    case jobs, attempts, events, images
    case recentJobs = "recent_jobs"
    case promptScores = "prompt_scores"
    case failures

    /// The views have an order of their own.
    fileprivate var query: String {
      switch self {
      case .jobs: "SELECT * FROM jobs ORDER BY claimed_at, id"
      case .attempts: "SELECT * FROM attempts ORDER BY job_id, number"
      case .events: "SELECT * FROM events ORDER BY id"
      case .images: "SELECT * FROM images ORDER BY rowid"
      case .recentJobs, .promptScores, .failures: "SELECT * FROM \(rawValue)"
      }
    }
  }

  package enum ExportFormat: String, Sendable, CaseIterable {
    /// An object a line with all columns by name.
    case jsonl
    /// RFC 4180 with a line feed after each row; see ``CSVField``.
    case csv
  }

  /// Writes all rows of a table as they are at one moment.
  ///
  /// - Parameter write: Gets the text in pieces.
  package func export(
    _ table: Table, as format: ExportFormat, to write: (Data) throws(JobFailure) -> Void
  ) throws(JobFailure) {
    try read { db in
      let statement = try db.makeStatement(sql: table.query)
      var piece = Data()
      if format == .csv { piece += Self.line(statement.columnNames.map(CSVField.text)) }
      let rows = try Row.fetchCursor(statement)
      while let row = try rows.next() {
        piece += try format == .csv ? Self.line(row.map { Self.field($0.1) }) : Self.object(row)
        if piece.count >= 1 << 16 {
          try write(piece)
          piece = Data()
        }
      }
      try write(piece)
    }
  }

  private static func line(_ fields: [String]) -> Data { Data((fields.joined(separator: ",") + "\n").utf8) }

  /// Numbers are no texts: a minus sign before one is no formula.
  private static func field(_ value: DatabaseValue) -> String {
    switch value.storage {
    case .null: ""
    case .int64(let number): "\(number)"
    case .double(let number): "\(number)"
    case .string(let text): CSVField.text(text)
    case .blob(let data): data.base64EncodedString()
    }
  }

  private static func object(_ row: Row) throws(JobFailure) -> Data {
    var object: [String: Value] = [:]
    for (column, value) in row { object[column] = Value(value: value) }
    return try JobJSON.line(object)
  }

  private struct Value: Encodable {
    let value: DatabaseValue

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch value.storage {
      case .int64(let number): try container.encode(number)
      // JSON has no word for what is not finite.
      case .double(let number) where number.isFinite: try container.encode(number)
      case .null, .double: try container.encodeNil()
      case .string(let text): try container.encode(text)
      case .blob(let data): try container.encode(data.base64EncodedString())
      }
    }
  }
}
