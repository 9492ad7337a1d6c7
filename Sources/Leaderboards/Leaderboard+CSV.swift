import Foundation
import Jobs

extension Leaderboard {
  /// All boards as one table, a row a run; measures that a board does not have are empty. RFC 4180, with a line feed after
  /// each row.
  package var csv: String {
    var columns: [Column] = []
    for board in boards {
      for column in board.columns where !columns.contains(column) { columns.append(column) }
    }
    let head = ["board", "suite", "dataset", "conditions", "rank", "job", "model", "settings", "finished_at"]
    var lines = [(head + columns.map(\.fieldName)).map(CSVField.text)]
    for (number, board) in boards.enumerated() {
      let conditions = board.conditions.map { "\($0.name) \($0.value)" }.joined(separator: "; ")
      for entry in board.entries {
        let texts = [
          "\(number + 1)", board.suite, board.dataset, conditions, "\(entry.rank)", entry.job, entry.model,
          entry.settings, entry.finished.formatted(.iso8601),
        ]
        // Numbers are no texts: a minus sign before one is no formula.
        lines.append(texts.map(CSVField.text) + columns.map { entry.values[$0].map { "\($0)" } ?? "" })
      }
    }
    return lines.map { $0.joined(separator: ",") + "\n" }.joined()
  }
}
