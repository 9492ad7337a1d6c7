import Kernels

/// What an attention may look at, and what is added to its scores.
package struct AttentionMask: Sendable {
  /// Position i sees positions 0...i only.
  package var isCausal = false
  /// Added to the scores of every batch entry: `[N, queries, keys]`.
  package var bias: Tensor?
  /// Added to the scores of every head and query: `[B, keys]`; 0 for seen, a large negative number for hidden keys.
  package var keyBias: Tensor?

  package init(isCausal: Bool = false, bias: Tensor? = nil, keyBias: Tensor? = nil) {
    self.isCausal = isCausal
    self.bias = bias
    self.keyBias = keyBias
  }

  package static let none = AttentionMask()
}

extension Tensor {
  /// Multi-head attention `softmax(scale · q kᵀ + mask) v` with this tensor as the queries.
  ///
  /// Heads stay side by side in the innermost axis, as projections leave them: nothing is transposed. Scores exist for
  /// one tile of queries and keys at a time (online softmax), so that memory does not grow with their number.
  ///
  /// - Parameters:
  ///   - keys, values: `[B, keys, N·D]`; this tensor is `[B, queries, N·D]`.
  ///   - scale: `1/√D` in most models, 1 in T5.
  /// - Returns: `[B, queries, N·D]`.
  package func attention(
    keys: Tensor, values: Tensor, heads: Int, scale: Float, mask: AttentionMask = .none
  ) -> Tensor {
    precondition(
      shape.count == 3 && keys.shape.count == 3 && keys.shape == values.shape && keys.shape[0] == shape[0]
        && keys.shape[2] == shape[2] && shape[2] % heads == 0 && keys.shape[1] > 0,
      "attention of queries \(shape), keys \(keys.shape), values \(values.shape) in \(heads) heads")
    let geometry = AttentionGeometry(
      batch: shape[0], queries: shape[1], keys: keys.shape[1], heads: heads, width: shape[2] / heads,
      scale: scale,
      isCausal: mask.isCausal)
    precondition(
      (mask.bias.map { $0.shape == [heads, shape[1], keys.shape[1]] } ?? true)
        && (mask.keyBias.map { $0.shape == [shape[0], keys.shape[1]] } ?? true),
      "attention bias \(mask.bias?.shape ?? []) or key bias \(mask.keyBias?.shape ?? []) for \(geometry)")
    var result = Tensor(uninitialized: shape)
    withValues { q in
      keys.withValues { k in
        values.withValues { v in
          result.withMutableValues { y in
            guard let q = q.baseAddress, let k = k.baseAddress, let v = v.baseAddress, let y = y.baseAddress
            else { return }
            let pass = AttentionPass(
              geometry: geometry, queries: q, keys: k, values: v, output: y,
              bias: mask.bias?.withValues { $0.baseAddress },
              keyBias: mask.keyBias?.withValues { $0.baseAddress })
            Parallelism.forEachItem(geometry.items, scratch: geometry.scratch) { item, scratch in
              pass.run(item, scratch: scratch)
            }
            withExtendedLifetime(mask) {}
          }
        }
      }
    }
    return result
  }
}

private struct AttentionGeometry {
  static let queryTile = 64
  static let keyTile = 512

  let batch: Int
  let queries: Int
  let keys: Int
  let heads: Int
  /// Head size D.
  let width: Int
  let scale: Float
  let isCausal: Bool

  var stride: Int { heads * width }
  private var tiles: Int { (queries + Self.queryTile - 1) / Self.queryTile }
  /// A head's queries are shared out where there are few heads; each share puts the keys and values into panels.
  private var shares: Int { max(1, min(tiles, 8 / (batch * heads))) }
  var items: Int { batch * heads * shares }

  /// What a thread does at a time.
  func item(_ number: Int) -> (entry: Int, head: Int, tiles: Range<Int>) {
    let (place, share) = number.quotientAndRemainder(dividingBy: shares)
    return (place / heads, place % heads, share * tiles / shares..<(share + 1) * tiles / shares)
  }

  var keyPanels: Int { PanelProduct.floats(columns: keys, depth: width) }
  var valuePanels: Int { PanelProduct.floats(columns: width, depth: keys) }
  /// Floats a thread needs: panels, a tile of scores, and each query's maximum, sum and factor.
  var scratch: Int { keyPanels + valuePanels + Self.queryTile * Self.keyTile + 3 * Self.queryTile }
}

/// The addresses one attention works on; its parts write to disjoint rows of the output.
private struct AttentionPass: @unchecked Sendable {
  let geometry: AttentionGeometry
  let queries: UnsafePointer<Float>
  let keys: UnsafePointer<Float>
  let values: UnsafePointer<Float>
  let output: UnsafeMutablePointer<Float>
  let bias: UnsafePointer<Float>?
  let keyBias: UnsafePointer<Float>?

  /// Attends for some queries of one head of one batch entry.
  func run(_ number: Int, scratch: UnsafeMutablePointer<Float>) {
    let (g, item) = (geometry, geometry.item(number))
    let (keyPanels, valuePanels) = (scratch, scratch + g.keyPanels)
    fill(keyPanels, valuePanels, entry: item.entry, head: item.head)
    let scores = valuePanels + g.valuePanels
    for tile in item.tiles {
      run(entry: item.entry, head: item.head, tile: tile, keyPanels, valuePanels, scores)
    }
  }

  /// Puts the head's keys, with the scale, and values into panels.
  private func fill(
    _ keyPanels: UnsafeMutablePointer<Float>, _ valuePanels: UnsafeMutablePointer<Float>, entry: Int,
    head: Int
  ) {
    let (g, kernels) = (geometry, elementwise().pointee)
    let start = entry * g.keys * g.stride + head * g.width
    for key in stride(from: 0, to: g.keys, by: PanelProduct.width) {
      kernels.panel_of_rows(
        keyPanels + key * g.width, keys + start + key * g.stride, g.stride,
        min(PanelProduct.width, g.keys - key),
        g.width)
    }
    kernels.affine(keyPanels, keyPanels, g.scale, 0, g.keyPanels)
    for column in stride(from: 0, to: g.width, by: PanelProduct.width) {
      kernels.panel_of_columns(
        valuePanels + column * g.keys, values + start + column, g.stride,
        min(PanelProduct.width, g.width - column),
        g.keys)
    }
  }

  private func run(
    entry: Int, head: Int, tile: Int, _ keyPanels: UnsafePointer<Float>, _ valuePanels: UnsafePointer<Float>,
    _ scores: UnsafeMutablePointer<Float>
  ) {
    let (g, kernels) = (geometry, elementwise().pointee)
    let first = tile * AttentionGeometry.queryTile
    let rows = min(AttentionGeometry.queryTile, g.queries - first)
    let maximum = scores + AttentionGeometry.queryTile * AttentionGeometry.keyTile
    let sum = maximum + AttentionGeometry.queryTile
    let factor = sum + AttentionGeometry.queryTile
    maximum.update(repeating: -.infinity, count: rows)
    sum.update(repeating: 0, count: rows)
    let q = queries + (entry * g.queries + first) * g.stride + head * g.width
    let y = output + (entry * g.queries + first) * g.stride + head * g.width
    let lastKey = g.isCausal ? min(g.keys, first + rows) : g.keys
    for key in stride(from: 0, to: lastKey, by: AttentionGeometry.keyTile) {
      let columns = min(AttentionGeometry.keyTile, lastKey - key)
      PanelProduct.add(
        q, stride: g.stride, rows: rows, depth: g.width, panels: keyPanels + key * g.width,
        panelDepth: g.width,
        columns: columns, to: scores, stride: columns, adding: false)
      mask(scores, entry: entry, head: head, query: first, rows: rows, key: key, columns: columns)
      kernels.softmax_tile(scores, maximum, sum, factor, rows, columns)
      if key > 0 {
        for row in 0..<rows {
          kernels.affine(y + row * g.stride, y + row * g.stride, factor[row], 0, g.width)
        }
      }
      PanelProduct.add(
        scores, stride: columns, rows: rows, depth: columns, panels: valuePanels + key * PanelProduct.width,
        panelDepth: g.keys, columns: g.width, to: y, stride: g.stride, adding: key > 0)
    }
    for row in 0..<rows { kernels.affine(y + row * g.stride, y + row * g.stride, 1 / sum[row], 0, g.width) }
  }

  private func mask(
    _ scores: UnsafeMutablePointer<Float>, entry: Int, head: Int, query: Int, rows: Int, key: Int,
    columns: Int
  ) {
    let kernels = elementwise().pointee
    for row in 0..<rows {
      let scores = scores + row * columns
      if let bias {
        let line = bias + (head * geometry.queries + query + row) * geometry.keys + key
        kernels.add(scores, scores, line, columns)
      }
      if let keyBias { kernels.add(scores, scores, keyBias + entry * geometry.keys + key, columns) }
      if geometry.isCausal, query + row + 1 < key + columns {
        let hidden = max(0, query + row + 1 - key)
        (scores + hidden).update(repeating: -.infinity, count: columns - hidden)
      }
    }
  }
}
