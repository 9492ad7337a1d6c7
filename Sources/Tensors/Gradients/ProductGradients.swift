extension Tensor {
  /// The gradient of a linear layer's input: this tensor `[…, out]` times the weight `[out, in]`.
  ///
  /// - Returns: `[…, in]`.
  package func linearInputGradient(_ weight: Weight) -> Tensor {
    LinearInputGradient([(self, weight)], columns: 0..<weight.shape[1]).result
  }

  /// The gradient of a linear layer's weight: `dyᵀ x`, `[out, in]`, with this tensor as `dy` `[…, out]`.
  package func linearWeightGradient(of x: Tensor) -> Tensor { Self.linearWeightGradients([(self, x)])[0] }

  /// Several such gradients, `dy` and `x` each.
  package static func linearWeightGradients(_ pairs: [(dy: Tensor, x: Tensor)]) -> [Tensor] {
    products(
      pairs.map { dy, x in
        MatrixProduct(
          dy.reshaped(dy.rows, dy.columns), x.reshaped(x.rows, x.columns), aTransposed: true)
      })
  }

  /// Adds the rows of `source` to this table's rows with the given indices, in their order.
  package mutating func addRows(_ source: Tensor, at indices: [Int]) {
    let columns = columns
    precondition(
      source.rows == indices.count && source.columns == columns, "\(source.shape) to rows of \(shape)")
    source.withValues { from in
      withMutableValues { target in
        for (place, index) in indices.enumerated() {
          let (to, row) = (index * columns, place * columns)
          for column in 0..<columns { target[to + column] += from[row + column] }
        }
      }
    }
  }
}

/// What the input of linear layers gets, to be computed: `Σ dyᵢ Wᵢ`, a layer's or a low-rank update's part each.
///
/// Several can be computed together, so that small products share one fork-join.
package struct LinearInputGradient: Sendable {
  private var terms: [Term]
  private let columns: Range<Int>

  private struct Term {
    let dy: Tensor
    let weight: Weight
    /// The weight's columns, where they lie in panels already.
    var panels: Panels?
  }

  /// - Parameters:
  ///   - terms: Gradients of results `[…, outᵢ]` with weights `[outᵢ, in]`.
  ///   - columns: Those of the weights which multiplied this input.
  package init(_ terms: [(dy: Tensor, weight: Weight)], columns: Range<Int>) {
    precondition(
      !terms.isEmpty
        && terms.allSatisfy {
          $0.weight.shape.count == 2 && $0.weight.shape[0] == $0.dy.columns
            && columns.upperBound <= $0.weight.shape[1] && $0.dy.rows == terms[0].dy.rows
        }, "\(terms.map(\.dy.shape)) times \(terms.map(\.weight.shape))")
    self.terms = terms.map { Term(dy: $0.dy, weight: $0.weight) }
    self.columns = columns
  }

  /// `[…, columns]`.
  package var result: Tensor { Self.results(of: [self])[0] }

  package static func results(of gradients: [LinearInputGradient]) -> [Tensor] {
    let gradients = gradients.map(\.prepared)
    var results = gradients.map {
      Tensor(uninitialized: $0.terms[0].dy.shape.dropLast() + [$0.columns.count])
    }
    let targets = results.indices.map { index in
      results[index].withMutableValues { Shared($0.baseAddress!) }
    }
    let parts = gradients.indices.flatMap { index in gradients[index].parts.map { (index, $0) } }
    let scratch = parts.map { gradients[$0.0].scratch(for: $0.1.columns.count) }.max() ?? 0
    Parallelism.forEachItem(parts.count, scratch: scratch) { item, scratch in
      let (index, part) = parts[item]
      gradients[index].run(part, into: targets[index].pointer, scratch: scratch)
    }
    return results
  }

  /// With the weights in panels that are few for the rows.
  private var prepared: LinearInputGradient {
    var gradient = self
    for (place, term) in terms.enumerated() {
      gradient.terms[place].panels = term.weight.columnPanels(columns, for: term.dy.rows)
    }
    return gradient
  }

  /// Rows and columns of the result that one thread computes at a time.
  private typealias Part = (rows: Range<Int>, columns: Range<Int>)

  /// Rows are cut only where all panels lie ready; see `LinearProduct`.
  private var parts: [Part] {
    let rows = terms[0].dy.rows
    guard rows > 0 else { return [] }
    let inner = terms.reduce(0) { $0 + $1.dy.columns }
    if rows > columns.count, terms.allSatisfy({ $0.panels != nil }) {
      let width = Parallelism.partWidth(of: rows, operationsEach: 2 * columns.count * inner)
      return stride(from: 0, to: rows, by: width).map { ($0..<min($0 + width, rows), columns) }
    }
    let width = Parallelism.partWidth(of: columns.count, operationsEach: 2 * rows * inner)
    return stride(from: columns.lowerBound, to: columns.upperBound, by: width).map {
      (0..<rows, $0..<min($0 + width, columns.upperBound))
    }
  }

  /// Floats that a part needs for panels and copied rows.
  private func scratch(for columns: Int) -> Int {
    terms.reduce(0) { most, term in
      guard term.panels == nil else { return most }
      return max(
        most,
        PanelProduct.copyFloats + Self.panelFloats(columns, term.weight)
          + (term.weight.liesAsFloats ? 0 : Weight.columnPanelBuffer(columns)))
    }
  }

  private static func panelFloats(_ columns: Int, _ weight: Weight) -> Int {
    PanelProduct.floats(columns: columns, depth: min(PanelProduct.depthBlock, weight.shape[0]))
  }

  private func run(
    _ part: Part, into target: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    let stride = columns.count
    let start = target + part.rows.lowerBound * stride + part.columns.lowerBound - columns.lowerBound
    for (place, term) in terms.enumerated() {
      let depth = term.dy.columns
      term.dy.withValues { dy in
        let dy = dy.baseAddress! + part.rows.lowerBound * depth
        if let panels = term.panels {
          let first = part.columns.lowerBound - columns.lowerBound
          panels.multiply(
            dy, stride: depth, rows: part.rows.count, from: 0, depth: depth,
            columns: first..<first + part.columns.count, into: start, stride: stride, adding: place > 0)
          return
        }
        let panels = scratch + PanelProduct.copyFloats
        let buffer = panels + Self.panelFloats(part.columns.count, term.weight)
        for first in Swift.stride(from: 0, to: depth, by: PanelProduct.depthBlock) {
          let block = min(PanelProduct.depthBlock, depth - first)
          term.weight.fillColumnPanels(
            part.columns, rows: first..<first + block, into: panels, buffer: buffer)
          PanelProduct.add(
            dy + first, stride: depth, rows: part.rows.count, depth: block, panels: panels,
            panelDepth: block,
            columns: part.columns.count, to: start, stride: stride, adding: place > 0 || first > 0,
            copy: scratch)
        }
      }
    }
  }
}
