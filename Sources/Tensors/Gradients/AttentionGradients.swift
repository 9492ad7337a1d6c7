import Kernels

/// The gradients of what an attention was given.
package struct AttentionGradients: Sendable {
  package let queries: Tensor
  package let keys: Tensor
  package let values: Tensor
}

extension Tensor {
  /// The gradients of ``attention(keys:values:heads:scale:mask:)``, with this tensor as the gradient of its result.
  ///
  /// Probabilities are worked out again, for one tile of queries against all keys at a time: scratch grows with the
  /// number of keys, never with its square.
  package func attentionGradients(
    queries: Tensor, keys: Tensor, values: Tensor, heads: Int, scale: Float, mask: AttentionMask = .none
  ) -> AttentionGradients {
    precondition(
      shape == queries.shape && keys.shape == values.shape && columns % heads == 0,
      "gradient \(shape) of attention of \(queries.shape) to \(keys.shape)")
    var dq = Tensor(uninitialized: queries.shape)
    var dk = Tensor(repeating: 0, shape: keys.shape)
    var dv = Tensor(repeating: 0, shape: values.shape)
    let geometry = BackwardGeometry(
      queries: queries.shape[1], keys: keys.shape[1], heads: heads, width: columns / heads, scale: scale,
      isCausal: mask.isCausal)
    let batch = shape[0]
    guard count > 0 else { return AttentionGradients(queries: dq, keys: dk, values: dv) }
    withValues { dy in
      queries.withValues { q in
        keys.withValues { k in
          values.withValues { v in
            dq.withMutableValues { dq in
              dk.withMutableValues { dk in
                dv.withMutableValues { dv in
                  let pass = BackwardPass(
                    geometry: geometry, dy: dy.baseAddress!, q: q.baseAddress!, k: k.baseAddress!,
                    v: v.baseAddress!, dq: dq.baseAddress!, dk: dk.baseAddress!, dv: dv.baseAddress!,
                    bias: mask.bias?.withValues { $0.baseAddress },
                    keyBias: mask.keyBias?.withValues { $0.baseAddress })
                  Parallelism.forEachItem(batch * heads, scratch: geometry.scratch) { item, scratch in
                    pass.run(entry: item / heads, head: item % heads, scratch: scratch)
                  }
                  withExtendedLifetime(mask) {}
                }
              }
            }
          }
        }
      }
    }
    return AttentionGradients(queries: dq, keys: dk, values: dv)
  }
}

private struct BackwardGeometry {
  static let tile = 64

  let queries: Int
  let keys: Int
  let heads: Int
  let width: Int
  let scale: Float
  let isCausal: Bool

  var stride: Int { heads * width }
  /// Of the keys or of the values, as columns.
  var columnPanels: Int { PanelProduct.floats(columns: keys, depth: width) }
  /// Of the keys as they lie.
  var keyPanels: Int { PanelProduct.floats(columns: width, depth: keys) }
  /// Of a tile of the queries or of the result's gradient.
  var tilePanels: Int { PanelProduct.floats(columns: width, depth: Self.tile) }
  /// Probabilities of a tile, their gradients, and the panels.
  var scratch: Int { 2 * Self.tile * keys + 2 * columnPanels + keyPanels + tilePanels }
}

/// The addresses one backward pass works on; every head of every entry writes to columns and rows of its own.
private struct BackwardPass: @unchecked Sendable {
  let geometry: BackwardGeometry
  let dy: UnsafePointer<Float>
  let q: UnsafePointer<Float>
  let k: UnsafePointer<Float>
  let v: UnsafePointer<Float>
  let dq: UnsafeMutablePointer<Float>
  let dk: UnsafeMutablePointer<Float>
  let dv: UnsafeMutablePointer<Float>
  let bias: UnsafePointer<Float>?
  let keyBias: UnsafePointer<Float>?

  /// All queries of one head of one batch entry, a tile after the other: keys and values collect in that order.
  func run(entry: Int, head: Int, scratch: UnsafeMutablePointer<Float>) {
    let (g, kernels) = (geometry, elementwise().pointee)
    let keysAt = entry * g.keys * g.stride + head * g.width
    let (p, dp) = (scratch, scratch + BackwardGeometry.tile * g.keys)
    let keyColumns = dp + BackwardGeometry.tile * g.keys
    let valueColumns = keyColumns + g.columnPanels
    let keyPanels = valueColumns + g.columnPanels
    let tilePanels = keyPanels + g.keyPanels
    fillColumns(keyColumns, k + keysAt)
    kernels.affine(keyColumns, keyColumns, g.scale, 0, g.columnPanels)
    fillColumns(valueColumns, v + keysAt)
    fill(keyPanels, k + keysAt, rows: g.keys)
    for first in stride(from: 0, to: g.queries, by: BackwardGeometry.tile) {
      let rows = min(BackwardGeometry.tile, g.queries - first)
      let keys = g.isCausal ? min(g.keys, first + rows) : g.keys
      let at = (entry * g.queries + first) * g.stride + head * g.width

      PanelProduct.add(
        q + at, stride: g.stride, rows: rows, depth: g.width, panels: keyColumns, panelDepth: g.width,
        columns: keys, to: p, stride: keys, adding: false)
      mask(p, entry: entry, head: head, query: first, rows: rows, keys: keys)
      kernels.softmax(p, p, rows, keys)
      fill(tilePanels, dy + at, rows: rows)
      addTransposed(p, rows: rows, keys: keys, tilePanels, to: dv + keysAt)
      PanelProduct.add(
        dy + at, stride: g.stride, rows: rows, depth: g.width, panels: valueColumns, panelDepth: g.width,
        columns: keys, to: dp, stride: keys, adding: false)
      kernels.softmax_gradient(dp, dp, p, g.scale, rows, keys)
      PanelProduct.add(
        dp, stride: keys, rows: rows, depth: keys, panels: keyPanels, panelDepth: g.keys, columns: g.width,
        to: dq + at, stride: g.stride, adding: false)
      fill(tilePanels, q + at, rows: rows)
      addTransposed(dp, rows: rows, keys: keys, tilePanels, to: dk + keysAt)
    }
  }

  /// `target += scoresᵀ · tile`, a row for each key.
  private func addTransposed(
    _ scores: UnsafePointer<Float>, rows: Int, keys: Int, _ tile: UnsafePointer<Float>,
    to target: UnsafeMutablePointer<Float>
  ) {
    PanelProduct.add(
      scores, stride: 1, step: keys, rows: keys, depth: rows, panels: tile, panelDepth: rows,
      columns: geometry.width, to: target, stride: geometry.stride, adding: true)
  }

  /// Puts the keys or values of a head into panels, each of which is a column.
  private func fillColumns(_ panels: UnsafeMutablePointer<Float>, _ from: UnsafePointer<Float>) {
    let g = geometry
    for key in stride(from: 0, to: g.keys, by: PanelProduct.width) {
      elementwise().pointee.panel_of_rows(
        panels + key * g.width, from + key * g.stride, g.stride, min(PanelProduct.width, g.keys - key),
        g.width)
    }
  }

  /// Puts rows of a head into panels as they lie.
  private func fill(_ panels: UnsafeMutablePointer<Float>, _ from: UnsafePointer<Float>, rows: Int) {
    let g = geometry
    for column in stride(from: 0, to: g.width, by: PanelProduct.width) {
      elementwise().pointee.panel_of_columns(
        panels + column * rows, from + column, g.stride, min(PanelProduct.width, g.width - column), rows)
    }
  }

  private func mask(
    _ scores: UnsafeMutablePointer<Float>, entry: Int, head: Int, query: Int, rows: Int, keys: Int
  ) {
    let kernels = elementwise().pointee
    for row in 0..<rows {
      let scores = scores + row * keys
      if let bias {
        kernels.add(scores, scores, bias + (head * geometry.queries + query + row) * geometry.keys, keys)
      }
      if let keyBias { kernels.add(scores, scores, keyBias + entry * geometry.keys, keys) }
      if geometry.isCausal, query + row + 1 < keys {
        (scores + query + row + 1).update(repeating: -.infinity, count: keys - query - row - 1)
      }
    }
  }
}
