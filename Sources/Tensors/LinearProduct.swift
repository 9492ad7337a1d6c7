import Kernels

/// What a linear layer is to compute: `activation(x Wᵀ + b)`.
///
/// Several of them can be computed together, so that small products share one fork-join.
package struct LinearProduct: Sendable {
  /// One weight with the inputs it multiplies, which are side by side in its columns.
  private struct Term {
    let inputs: [Tensor]
    let weight: Weight
    /// All of the weight's rows, where they lie in panels already; else every part makes those of its outputs.
    var panels: Panels?
    /// The inputs as whole numbers, where the weight's bytes are multiplied as such.
    var integers: [QuantizedRows] = []

    /// Inputs side by side are rounded each by itself, so where the weight has scales for groups they have to end with one.
    var takesIntegers: Bool {
      weight.multipliesIntegers
        && (weight.scales?.shape[1] == 1
          || inputs.dropLast().allSatisfy { $0.columns % QuantizedRows.group == 0 })
    }
  }

  private var terms: [Term]
  let bias: Tensor?
  let activation: Activation?
  /// Whether weights that multiply as whole numbers do so here.
  private let takesIntegers: Bool

  /// - Parameters:
  ///   - inputs: One tensor `[…, in]`, or several that differ in their innermost length only and are meant side by side
  ///     in it; they are not copied together.
  ///   - weight: `[out, in]`, `in` being the inputs' innermost lengths together.
  ///   - bias: `[out]`.
  ///   - activation: Applied to the result.
  ///   - takesIntegers: Whether a weight of which ``Weight/multiplyingIntegers()`` holds may round the inputs. Where
  ///     gradients are taken it may not.
  package init(
    _ inputs: [Tensor], _ weight: Weight, bias: Tensor? = nil, activation: Activation? = nil,
    takesIntegers: Bool = false
  ) {
    precondition(
      weight.shape.count == 2 && weight.shape[1] == inputs.reduce(0) { $0 + $1.columns }
        && inputs.allSatisfy { $0.shape.dropLast() == inputs[0].shape.dropLast() },
      "linear of \(inputs.map(\.shape)) with a weight of shape \(weight.shape)")
    precondition(
      bias.map { $0.shape == [weight.shape[0]] } ?? true,
      "a bias of shape \(bias?.shape ?? []) for \(weight.shape[0]) outputs")
    terms = [Term(inputs: inputs, weight: weight)]
    self.bias = bias
    self.activation = activation
    self.takesIntegers = takesIntegers
  }

  /// The same plus `x Wᵀ`, before the activation: for low-rank updates, which then cost no pass over the result.
  package func adding(_ x: Tensor, _ weight: Weight) -> LinearProduct {
    precondition(
      weight.shape == [outputs, x.columns] && x.rows == rows,
      "adding \(x.shape) with a weight of shape \(weight.shape) to \(rows) rows of \(outputs)")
    var sum = self
    sum.terms.append(Term(inputs: [x], weight: weight))
    return sum
  }

  /// `[…, out]`.
  package var result: Tensor { Self.results(of: [self])[0] }

  /// The results of several products that do not depend on each other.
  ///
  /// How a product is cut into parts depends on its size alone, never on the number of threads: so neither does the
  /// result.
  package static func results(of products: [LinearProduct]) -> [Tensor] {
    let products = products.map(\.prepared)
    var results = products.map { Tensor(uninitialized: $0.shape) }
    let targets = results.indices.map { index in
      results[index].withMutableValues { Shared($0.baseAddress!) }
    }
    let parts = products.indices.flatMap { index in products[index].parts.map { (product: index, part: $0) } }
    let scratch = parts.map { products[$0.product].scratch(for: $0.part) }.max() ?? 0
    Parallelism.forEachItem(parts.count, scratch: scratch) { item, scratch in
      let (product, part) = parts[item]
      products[product].run(part, into: targets[product].pointer, scratch: scratch)
    }
    return results
  }

  /// The product with the weights in panels that are kept so, or are few for its rows.
  private var prepared: LinearProduct {
    var product = self
    guard !takesInnerProducts else { return product }
    for place in terms.indices {
      let term = terms[place]
      if takesIntegers, term.takesIntegers {
        product.terms[place].integers = term.inputs.map { QuantizedRows($0) }
      } else {
        product.terms[place].panels = term.weight.rowPanels(for: rows)
      }
    }
    return product
  }

  /// Some numbers of a result: what one thread computes at a time.
  private struct Part {
    let rows: Range<Int>
    let outputs: Range<Int>
  }
}

extension LinearProduct {
  /// Up to so many rows, inner products are faster than panels, which have to be made.
  private static let fewRows = 4
  /// Whether every weight is read as it rests, once.
  private var takesInnerProducts: Bool {
    rows <= Self.fewRows && terms.allSatisfy { $0.weight.format.kernelForm != nil }
  }
  /// The result's.
  private var shape: [Int] { terms[0].inputs[0].shape.dropLast() + [outputs] }
  private var rows: Int { terms[0].inputs[0].rows }
  private var inner: Int { terms.reduce(0) { $0 + $1.weight.shape[1] } }
  private var outputs: Int { terms[0].weight.shape[0] }

  /// Rows are cut only where all panels lie ready: every part would make them again.
  private var parts: [Part] {
    guard rows > 0, outputs > 0 else { return [] }
    if rows <= Self.fewRows {
      let width = max(32, (1 << 17) / max(1, inner) / 32 * 32)
      return cut(outputs, width: width).map { Part(rows: 0..<rows, outputs: $0) }
    }
    if rows > outputs, terms.allSatisfy({ $0.panels != nil }) {
      let width = Parallelism.partWidth(of: rows, operationsEach: 2 * outputs * inner)
      return cut(rows, width: width).map { Part(rows: $0, outputs: 0..<outputs) }
    }
    let width = Parallelism.partWidth(of: outputs, operationsEach: 2 * rows * inner)
    return cut(outputs, width: width).map { Part(rows: 0..<rows, outputs: $0) }
  }

  private func cut(_ length: Int, width: Int) -> [Range<Int>] {
    stride(from: 0, to: length, by: width).map { $0..<min($0 + width, length) }
  }

  /// Floats that a part needs for panels and copied rows.
  private func scratch(for part: Part) -> Int {
    guard !takesInnerProducts else { return 0 }
    return terms.reduce(0) { most, term in
      guard term.panels == nil else { return most }
      if !term.integers.isEmpty {
        return max(most, term.inputs.map { IntegerProduct.scratch(depth: $0.columns) }.max() ?? 0)
      }
      return max(
        most,
        PanelProduct.copyFloats + Self.panelFloats(part, term.weight)
          + (term.weight.liesAsFloats ? 0 : Weight.rowPanelBuffer))
    }
  }

  private static func panelFloats(_ part: Part, _ weight: Weight) -> Int {
    PanelProduct.floats(columns: part.outputs.count, depth: min(PanelProduct.depthBlock, weight.shape[1]))
  }

  /// Computes a part on the calling thread.
  private func run(
    _ part: Part, into target: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    var hasStart = setBias(part, in: target)
    let takesInnerProducts = takesInnerProducts
    if takesInnerProducts, !hasStart {
      for row in part.rows {
        (target + row * outputs + part.outputs.lowerBound).update(repeating: 0, count: part.outputs.count)
      }
    }
    for term in terms {
      if takesInnerProducts {
        takeInnerProducts(term, part.outputs, into: target)
      } else {
        multiply(term, part, into: target, adding: hasStart, scratch: scratch)
      }
      hasStart = true
    }
    guard let activation else { return }
    for row in part.rows {
      let line = target + row * outputs + part.outputs.lowerBound
      activation.apply(line, line, part.outputs.count)
    }
  }

  /// - Parameter adding: Whether the target has numbers to add to.
  private func multiply(
    _ term: Term, _ part: Part, into target: UnsafeMutablePointer<Float>, adding: Bool,
    scratch: UnsafeMutablePointer<Float>
  ) {
    let y = target + part.rows.lowerBound * outputs + part.outputs.lowerBound
    var column = 0
    for (place, integers) in term.integers.enumerated() {
      let end = column + term.inputs[place].columns
      IntegerProduct.add(
        integers, rows: part.rows, term.weight, columns: column..<end, outputs: part.outputs, to: y,
        stride: outputs, adding: adding || column > 0, scratch: scratch)
      column = end
    }
    guard term.integers.isEmpty else { return }
    for input in term.inputs {
      input.withValues { x in
        let x = x.baseAddress! + part.rows.lowerBound * input.columns
        if let panels = term.panels {
          panels.multiply(
            x, stride: input.columns, rows: part.rows.count, from: column, depth: input.columns,
            columns: part.outputs, into: y, stride: outputs, adding: adding || column > 0)
          return
        }
        let panels = scratch + PanelProduct.copyFloats
        let buffer = panels + Self.panelFloats(part, term.weight)
        for first in stride(from: 0, to: input.columns, by: PanelProduct.depthBlock) {
          let depth = min(PanelProduct.depthBlock, input.columns - first)
          term.weight.fillRowPanels(
            part.outputs, columns: column + first..<column + first + depth, into: panels, buffer: buffer)
          PanelProduct.add(
            x + first, stride: input.columns, rows: part.rows.count, depth: depth, panels: panels,
            panelDepth: depth, columns: part.outputs.count, to: y, stride: outputs,
            adding: adding || column + first > 0, copy: scratch)
        }
      }
      column += input.columns
    }
  }

  private func takeInnerProducts(_ term: Term, _ range: Range<Int>, into target: UnsafeMutablePointer<Float>)
  {
    let weight = term.weight
    guard let form = weight.format.kernelForm else { preconditionFailure("no kernel for \(weight.format)") }
    var column = 0
    for input in term.inputs {
      input.withValues { x in
        elementwise().pointee.inner_products(
          target + range.lowerBound, outputs, x.baseAddress, input.columns, rows,
          weight.bytes(ofEntry: range.lowerBound) + column * weight.format.byteCount, weight.shape[1],
          form, range.count, input.columns)
      }
      column += input.columns
    }
    withExtendedLifetime(weight) {}
  }

  /// Puts the bias where the products are added to; false when there is none.
  private func setBias(_ part: Part, in target: UnsafeMutablePointer<Float>) -> Bool {
    guard let bias else { return false }
    bias.withValues { bias in
      for row in part.rows {
        (target + row * outputs + part.outputs.lowerBound).update(
          from: bias.baseAddress! + part.outputs.lowerBound, count: part.outputs.count)
      }
    }
    return true
  }
}
