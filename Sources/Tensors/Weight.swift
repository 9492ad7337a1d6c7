import Kernels

/// A parameter as it rests in memory: float32, bfloat16, float16 or scaled signed bytes, possibly unaligned, often inside a
/// mapped file.
package struct Weight: @unchecked Sendable {
  // Unchecked: the bytes are never written, and the owner keeps them in place.

  package enum Format: Sendable {
    case float32, bfloat16, float16
    /// Each value is a signed byte times the scale of its group; see ``init(shape:bytes:scales:owner:)``.
    case int8

    package var byteCount: Int {
      switch self {
      case .float32: 4
      case .bfloat16, .float16: 2
      case .int8: 1
      }
    }

    /// As the kernels for few rows know it; nil for what they do not read.
    var kernelForm: weight_format? {
      switch self {
      case .float32: weight_float32
      case .bfloat16: weight_bfloat16
      case .float16: weight_float16
      case .int8: nil
      }
    }
  }

  package let shape: [Int]
  package let format: Format
  private let bytes: UnsafeRawPointer
  private let owner: AnyObject
  /// Of ``Format/int8``: `[rows, groups]`, rows being the outermost axis.
  let scales: Tensor?
  /// Whether products are taken of its bytes as whole numbers; see ``multiplyingIntegers()``.
  private(set) var multipliesIntegers = false
  /// Where its panels are kept, if they are.
  var keptPanels: KeptPanels?

  /// - Parameters:
  ///   - bytes: `shape`'s values in row-major order, little-endian, at any alignment.
  ///   - owner: What keeps the bytes in place for as long as the weight lives.
  package init(shape: [Int], format: Format, bytes: UnsafeRawBufferPointer, owner: AnyObject) {
    let count = shape.reduce(1, *)
    precondition(
      bytes.count == count * format.byteCount, "\(bytes.count) bytes for \(format) of shape \(shape)")
    precondition(format != .int8, "bytes need scales")
    self.shape = shape
    self.format = format
    scales = nil
    // An empty tensor may come without an address; the owner's is never read.
    self.bytes = bytes.baseAddress ?? UnsafeRawPointer(Unmanaged.passUnretained(owner).toOpaque())
    self.owner = owner
  }

  /// Signed bytes with scales: value i of a row is `byte · scale[row, i / (length of a row / groups)]`.
  ///
  /// - Parameters:
  ///   - bytes: One for each value of `shape`, in row-major order.
  ///   - scales: `[shape[0], groups]`; groups divide the length of a row.
  package init(shape: [Int], bytes: UnsafeRawBufferPointer, scales: Tensor, owner: AnyObject) {
    let count = shape.reduce(1, *)
    precondition(
      bytes.count == count && scales.shape.count == 2 && scales.shape[0] == shape.first
        && scales.shape[1] > 0 && shape.dropFirst().reduce(1, *) % scales.shape[1] == 0,
      "\(bytes.count) bytes with scales \(scales.shape) for the shape \(shape)")
    self.shape = shape
    format = .int8
    self.scales = scales
    self.bytes = bytes.baseAddress ?? UnsafeRawPointer(Unmanaged.passUnretained(owner).toOpaque())
    self.owner = owner
  }

  /// A float32 weight with the tensor's values.
  package init(_ tensor: Tensor) {
    let owner = TensorOwner(tensor)
    self.init(shape: tensor.shape, format: .float32, bytes: owner.bytes, owner: owner)
  }

  package var count: Int { shape.reduce(1, *) }

  /// The weight, whose products are sums of whole numbers from now on where it has signed bytes, and a scale for each row or
  /// for each 32, 64, 96… values of one: what it multiplies is rounded to bytes as well. No gradients are taken so.
  package func multiplyingIntegers() -> Weight {
    var weight = self
    weight.multipliesIntegers = hasWholeGroups
    return weight
  }

  /// Whether it had better rest as float32 than in half of the memory: it is narrower and has few values.
  package var isWorthWidening: Bool {
    (format == .bfloat16 || format == .float16) && count <= Self.widenedLimit
  }

  /// Values of the largest weight that rests widened; models whose weights are larger are those that fill memories.
  package static let widenedLimit = 1 << 18

  /// The values as float32, in new memory.
  package func tensor() -> Tensor {
    Tensor(shape: shape) { target in
      if let start = target.baseAddress { widen(from: 0, count: count, into: start) }
    }
  }

  /// Rows of a two-axis weight, one for each index, as float32 `[indices.count, columns]`.
  package func rows(_ indices: [Int]) -> Tensor {
    precondition(shape.count == 2, "rows of a weight of shape \(shape)")
    return Tensor(shape: [indices.count, shape[1]]) { target in
      guard let start = target.baseAddress else { return }
      for (place, index) in indices.enumerated() {
        precondition((0..<shape[0]).contains(index), "row \(index) of \(shape[0])")
        widen(from: index * shape[1], count: shape[1], into: start + place * shape[1])
      }
    }
  }

  /// Calls the body with the values as aligned float32: in place when they lie so, else widened into shared scratch.
  func withFloats<Result>(_ body: (UnsafePointer<Float>) -> Result) -> Result {
    defer { withExtendedLifetime(owner) {} }
    if let floats { return body(floats) }
    return FloatMemory.withScratch(count) { scratch in
      let target = Shared(scratch)
      Parallelism.forEach(count, grain: 1 << 16) { range in
        widen(from: range.lowerBound, count: range.count, into: target.pointer + range.lowerBound)
      }
      return body(UnsafePointer(scratch))
    }
  }

  /// Whether the values can be used where they lie.
  var liesAsFloats: Bool { format == .float32 && UInt(bitPattern: bytes) % 4 == 0 }

  /// The values where they lie; nil where they have to be widened.
  var floats: UnsafePointer<Float>? { liesAsFloats ? bytes.assumingMemoryBound(to: Float.self) : nil }

  /// The address of an entry of the outermost axis, as it rests.
  func bytes(ofEntry index: Int) -> UnsafeRawPointer {
    bytes + index * shape.dropFirst().reduce(1, *) * format.byteCount
  }

  func widen(from start: Int, count: Int, into target: UnsafeMutablePointer<Float>) {
    let source = bytes + start * format.byteCount
    switch format {
    case .float32: UnsafeMutableRawPointer(target).copyMemory(from: source, byteCount: 4 * count)
    case .bfloat16: elementwise().pointee.widen_bfloat16(target, source, count)
    case .float16: elementwise().pointee.widen_float16(target, source, count)
    case .int8: widenBytes(from: start, count: count, into: target)
    }
  }

  /// Group by group; the first and the last may be parts of one.
  private func widenBytes(from start: Int, count: Int, into target: UnsafeMutablePointer<Float>) {
    guard let scales, count > 0 else { return }
    let group = shape.dropFirst().reduce(1, *) / scales.shape[1]
    scales.withValues { scales in
      var done = 0
      while done < count {
        let (index, offset) = (start + done).quotientAndRemainder(dividingBy: group)
        let part = min(group - offset, count - done)
        elementwise().pointee.widen_int8(target + done, bytes + start + done, part, scales[index])
        done += part
      }
    }
  }

  private final class TensorOwner {
    let tensor: Tensor
    let bytes: UnsafeRawBufferPointer

    init(_ tensor: Tensor) {
      self.tensor = tensor
      // The tensor's memory stays where it is: this copy is never written, and writes to others copy first.
      bytes = tensor.withValues { UnsafeRawBufferPointer($0) }
    }
  }
}
