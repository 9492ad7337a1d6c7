import Foundation
import Jobs

// What the page of a dataset job shows.
extension ReportPage {
  func summary(of dataset: DatasetResult) -> String {
    switch dataset {
    case .scenes(let scenes):
      let tuples = scenes.splits.reduce(0) { $0 + $1.tuples }
      let what = "\(Self.count(tuples, "tuple")) in \(scenes.path.escapedForHTML)"
      return scenes.existed ? "\(what), there already" : "\(what), in \(Self.duration(result.timings.total))"
    case .drawings(let drawings):
      let tuples = drawings.originalTuples + drawings.drawnTuples.reduce(0, +)
      let what = "\(Self.count(tuples, "tuple")) in \(drawings.path.escapedForHTML)"
      return drawings.existed
        ? "\(what), there already" : "\(what), in \(Self.duration(result.timings.total))"
    }
  }

  func dataset(_ result: DatasetResult) -> String {
    switch result {
    case .scenes(let scenes): published(scenes)
    case .drawings(let drawings): published(drawings)
    }
  }

  static func table(_ head: [String], _ rows: [[String]]) -> String {
    let cells = { (cells: [String], tag: String) in
      cells.map { "<\(tag)>\($0.escapedForHTML)</\(tag)>" }.joined()
    }
    let body = rows.map { "<tr>\(cells($0, "td"))</tr>" }.joined(separator: "\n")
    return "<div class=\"wide\"><table><tr>\(cells(head, "th"))</tr>\n\(body)\n</table></div>"
  }
}
