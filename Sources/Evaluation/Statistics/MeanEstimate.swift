/// A mean with what is needed to judge it.
package struct MeanEstimate: Sendable, Equatable {
  package var mean: Double
  /// Standard deviation of the sample over √n; nil for one value.
  package var standardError: Double?
  package var n: Int

  /// - Returns: Nil without values.
  package init?(_ values: [Double]) {
    guard !values.isEmpty else { return nil }
    n = values.count
    let mean = values.reduce(0, +) / Double(n)
    self.mean = mean
    if n > 1 {
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      standardError = (squares / Double(n - 1) / Double(n)).squareRoot()
    }
  }
}

/// Means over groups of items.
package enum GroupedMeans {
  /// The estimate of each group.
  package static func of(_ items: [(group: String, value: Double)]) -> [String: MeanEstimate] {
    Dictionary(grouping: items, by: \.group).compactMapValues { MeanEstimate($0.map(\.value)) }
  }

  /// The mean over all items, from the groups' means: each group counts by its items, not once.
  package static func overall(_ groups: [(mean: Double, n: Int)]) -> Double? {
    let n = groups.reduce(0) { $0 + $1.n }
    return n > 0 ? groups.reduce(0) { $0 + $1.mean * Double($1.n) } / Double(n) : nil
  }
}
