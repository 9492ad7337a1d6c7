import Foundation
import Jobs

/// A training job's `metrics.jsonl`: one object a step, in their order, without gaps or repetitions over attempts.
struct MetricsFile {
  static let name = "metrics.jsonl"
  private let output: OutputFolder
  /// All rows so far, for the plots.
  private(set) var rows: [Row] = []

  struct Row {
    let step: Int
    let values: [(name: String, value: Double)]

    subscript(name: String) -> Double? { values.first { $0.name == name }?.value }
  }

  /// Goes on after `step`: rows beyond it, and a row cut by a kill, are dropped.
  init(in output: OutputFolder, after step: Int) throws(JobFailure) {
    self.output = output
    let content = (try? Data(contentsOf: output.url(Self.name))) ?? Data()
    var kept = Data()
    for line in content.split(separator: UInt8(ascii: "\n")) {
      guard let row = Self.row(Data(line)), row.step <= step else { break }
      rows.append(row)
      kept += line + [UInt8(ascii: "\n")]
    }
    try output.write(kept, to: Self.name)
  }

  mutating func append(step: Int, _ values: [(name: String, value: Double)]) throws(JobFailure) {
    let row = Row(step: step, values: values)
    rows.append(row)
    try output.append(Self.line(row), to: Self.name)
  }

  private static func line(_ row: Row) -> Data {
    let members = row.values.map { "\"\($0.name)\":\(text($0.value))" }
    return Data("{\"step\":\(row.step),\(members.joined(separator: ","))}\n".utf8)
  }

  /// JSON has no other numbers than finite ones.
  private static func text(_ value: Double) -> String { value.isFinite ? "\(value)" : "\"\(value)\"" }

  private static func row(_ line: Data) -> Row? {
    guard let node = try? JSONSerialization.jsonObject(with: line) as? [String: Any],
      let step = node["step"] as? Int
    else { return nil }
    let values = node.filter { $0.key != "step" }.compactMap { key, value -> (name: String, value: Double)? in
      if let number = value as? Double { return (key, number) }
      return (value as? String).flatMap(Double.init).map { (key, $0) }
    }
    return Row(step: step, values: values.sorted { $0.name < $1.name })
  }
}
