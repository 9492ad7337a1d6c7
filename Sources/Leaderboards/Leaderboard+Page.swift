import Foundation
import Pages

extension Leaderboard {
  /// One page with a sortable table a board.
  ///
  /// - Parameter reports: Where the jobs' folders are as seen from the page, such as `outbox`; nil for no links.
  package func html(reports: String?) -> String {
    let runs = Set(boards.flatMap { $0.entries.map(\.job) }).count
    let sections = boards.enumerated().map { Self.section($1, number: $0 + 1, reports) }
    let none = boards.isEmpty ? ["<p>The ledger has no finished benchmark that can be ranked.</p>"] : []
    return Page(
      title: "Leaderboard", kind: "scispool",
      summary:
        "\(PageText.count(runs, "run")) in \(PageText.count(boards.count, "table")). Only runs of equal conditions share a table.",
      main: (none + sections + [rest]).joined(separator: "\n"), script: PageScript.sortableTables
    ).html
  }

  private static func section(_ board: Board, number: Int, _ reports: String?) -> String {
    let conditions = board.conditions.dropFirst().map {
      "\($0.name.escapedForHTML) <b>\($0.value.escapedForHTML)</b>"
    }
    let hasSettings = board.entries.contains { !$0.settings.isEmpty }
    // The measures as far to the left as can be: a phone shows few columns.
    let heads =
      ["rank", "model", "job"].map { SortableTable.Head($0) }
      + board.columns.enumerated().map { place, column in
        SortableTable.Head(column.name, isNumber: true, isSorted: place == 0)
      } + ((hasSettings ? ["settings"] : []) + ["finished"]).map { SortableTable.Head($0) }
    let rows = board.entries.map { entry -> [SortableTable.Cell] in
      let link = reports.map { "\($0)/\(Self.encoded(entry.job))/report.html" }
      let measures = board.columns.map { column -> SortableTable.Cell in
        entry.values[column].map { .number($0, Self.text($0, column.kind)) } ?? .none
      }
      let facts = (hasSettings ? [entry.settings] : []) + [entry.finished.formatted(.iso8601)]
      return [.number(Double(entry.rank), "\(entry.rank)"), .text(entry.model), .text(entry.job, link: link)]
        + measures + facts.map { .text($0) }
    }
    return """
      <section>
      <h2>\(number). \(board.suite.escapedForHTML): \(board.dataset.escapedForHTML)</h2>
      <p class="note">\(conditions.joined(separator: " · "))</p>
      \(SortableTable(caption: "\(board.suite): \(board.dataset)", heads: heads, rows: rows).html)
      </section>
      """
  }

  /// What is missing from the boards, so that nobody takes them for complete.
  private var rest: String {
    guard !unranked.isEmpty else { return "" }
    return """
      <section>
      <h2>Not ranked</h2>
      \(PageText.table(["job", "why"], unranked.map { [$0.job, $0.reason] }))
      </section>
      """
  }

  private static func text(_ value: Double, _ kind: Column.Kind) -> String {
    switch kind {
    case .share: PageText.percent(value)
    case .score: value.rounded(to: 3)
    case .count: value.rounded(to: 0)
    }
  }

  private static func encoded(_ name: String) -> String {
    name.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? name
  }
}
