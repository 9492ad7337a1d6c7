import Foundation
import Jobs

/// Finished benchmarks in tables of those that can be compared.
package struct Leaderboard: Sendable {
  /// The newest run's table first.
  package let boards: [Board]
  /// In the order they were given.
  package let unranked: [BenchmarkRun.Problem]

  /// Runs of equal conditions, best first.
  package struct Board: Sendable {
    package var suite: String
    package var dataset: String
    /// What all runs have in common.
    package var conditions: [Condition]
    package var columns: [Column]
    package var entries: [Entry]
  }

  package struct Condition: Sendable, Hashable {
    package var name: String
    package var value: String

    init(_ name: String, _ value: some CustomStringConvertible) {
      (self.name, self.value) = (name, value.description)
    }
  }

  /// A measure. The first of a board ranks it.
  package struct Column: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
      /// 0…1, shown in per cent.
      case share
      case score
      case count
    }

    package var name: String
    package var kind: Kind
    /// The measure that it belongs to: the name of an accuracy's interval, or of a category's accuracy, says it not itself.
    package var measure: String?

    /// One word, different for different columns.
    package var fieldName: String {
      [measure, name].compactMap(\.self).joined(separator: " ").replacing(" % ", with: " ").replacing(
        " ", with: "_")
    }
  }

  package struct Entry: Sendable {
    /// 1 for the best; equal measures share a rank.
    package var rank: Int
    package var job: String
    package var model: String
    /// How the pictures were made, or how it was asked; may be empty.
    package var settings: String
    package var finished: Date
    package var values: [Column: Double]
  }

  /// - Parameters:
  ///   - runs: The newest first.
  ///   - unreadable: What else the ledger knows, and why it is not among the runs.
  package init(_ runs: [BenchmarkRun], unreadable: [BenchmarkRun.Problem] = []) {
    var problems = unreadable
    var groups: [(conditions: [Condition], runs: [(BenchmarkRun, Standing)])] = []
    var drawnElsewhere: [(BenchmarkRun, Standing)] = []
    for run in runs {
      let standing: Standing
      do throws(BenchmarkRun.Problem) { standing = try Standing(run) } catch {
        problems.append(error)
        continue
      }
      if case .images = run.result {
        drawnElsewhere.append((run, standing))
      } else if let place = groups.firstIndex(where: { $0.conditions == standing.conditions }) {
        groups[place].runs.append((run, standing))
      } else {
        groups.append((standing.conditions, [(run, standing)]))
      }
    }
    // Nothing is known of how they were drawn: they stand beside all that measured the same in the same way, as
    // `baseline` has it.
    for item in drawnElsewhere {
      let places = groups.indices.filter { groups[$0].conditions.starts(with: item.1.conditions) }
      for place in places { groups[place].runs.append(item) }
      if places.isEmpty { groups.append((item.1.conditions, [item])) }
    }
    boards = groups.map { Self.board($0.conditions, $0.runs) }
    unranked = problems
  }

  private static func board(_ conditions: [Condition], _ runs: [(BenchmarkRun, Standing)]) -> Board {
    var columns: [Column] = []
    for (_, standing) in runs {
      for (column, _) in standing.values where !columns.contains(column) { columns.append(column) }
    }
    let first = columns[0]
    let sorted = runs.map { run, standing in
      Entry(
        rank: 0, job: run.name, model: standing.model, settings: standing.settings, finished: run.finished,
        values: Dictionary(standing.values) { first, _ in first })
    }.sorted { ($1.values[first] ?? 0, $0.job) < ($0.values[first] ?? 0, $1.job) }
    var entries: [Entry] = []
    for (place, var entry) in sorted.enumerated() {
      let isEqual = entries.last.map { $0.values[first] == entry.values[first] } ?? false
      entry.rank = isEqual ? entries[place - 1].rank : place + 1
      entries.append(entry)
    }
    let suites = Set(runs.map { $0.0.result.suite.rawValue })
    return Board(
      suite: suites.sorted().joined(separator: " and "), dataset: runs[0].1.dataset, conditions: conditions,
      columns: columns, entries: entries)
  }
}
