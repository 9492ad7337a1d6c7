import COpenBLAS
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
  /// Probabilities of a tile, and their gradients.
  var scratch: Int { 2 * Self.tile * keys }
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
    let g = geometry
    let stride = blasint(g.stride)
    let keysAt = entry * g.keys * g.stride + head * g.width
    for first in Swift.stride(from: 0, to: g.queries, by: BackwardGeometry.tile) {
      let rows = min(BackwardGeometry.tile, g.queries - first)
      let keys = g.isCausal ? min(g.keys, first + rows) : g.keys
      let at = (entry * g.queries + first) * g.stride + head * g.width
      let p = scratch
      let dp = scratch + BackwardGeometry.tile * g.keys
      let (m, n, d) = (blasint(rows), blasint(keys), blasint(g.width))

      cblas_sgemm(
        CblasRowMajor, CblasNoTrans, CblasTrans, m, n, d, g.scale, q + at, stride, k + keysAt, stride, 0, p, n
      )
      mask(p, entry: entry, head: head, query: first, rows: rows, keys: keys)
      elementwise().pointee.softmax(p, p, rows, keys)
      cblas_sgemm(
        CblasRowMajor, CblasTrans, CblasNoTrans, n, d, m, 1, p, n, dy + at, stride, 1, dv + keysAt, stride)
      cblas_sgemm(
        CblasRowMajor, CblasNoTrans, CblasTrans, m, n, d, 1, dy + at, stride, v + keysAt, stride, 0, dp, n)
      elementwise().pointee.softmax_gradient(dp, dp, p, g.scale, rows, keys)
      cblas_sgemm(
        CblasRowMajor, CblasNoTrans, CblasNoTrans, m, d, n, 1, dp, n, k + keysAt, stride, 0, dq + at, stride)
      cblas_sgemm(
        CblasRowMajor, CblasTrans, CblasNoTrans, n, d, m, 1, dp, n, q + at, stride, 1, dk + keysAt, stride)
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
