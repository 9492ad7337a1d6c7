/// A dense float32 array of any shape, row-major, in 64-byte aligned memory.
///
/// A value type: copies share memory until one of them is written to. Shape letters in this project: B batch, L image
/// tokens, T text tokens, C channels, N heads, D head size; height and width are spelled out.
package struct Tensor: @unchecked Sendable {
  // Unchecked: the memory is written only through `withMutableValues`, which copies it first when it is shared.

  /// The lengths of the axes, outermost first; empty for a single number.
  package private(set) var shape: [Int]
  private var memory: Memory

  private init(shape: [Int], memory: Memory) {
    self.shape = shape
    self.memory = memory
  }

  /// A tensor whose values are not set.
  package init(uninitialized shape: [Int]) {
    precondition(shape.allSatisfy { $0 >= 0 }, "negative length in shape \(shape)")
    self.init(shape: shape, memory: Memory(count: shape.reduce(1, *)))
  }

  /// A tensor filled with one number.
  package init(repeating value: Float, shape: [Int]) {
    self.init(uninitialized: shape)
    memory.values.update(repeating: value, count: count)
  }

  /// A tensor of the given values in row-major order.
  package init(_ values: [Float], shape: [Int]) {
    self.init(uninitialized: shape)
    precondition(values.count == count, "\(values.count) values for shape \(shape)")
    values.withUnsafeBufferPointer { source in
      if let start = source.baseAddress { memory.values.update(from: start, count: source.count) }
    }
  }

  /// A one-axis tensor.
  package init(_ values: [Float]) { self.init(values, shape: [values.count]) }

  /// A tensor whose values the closure sets, all of them.
  package init(shape: [Int], _ fill: (UnsafeMutableBufferPointer<Float>) throws -> Void) rethrows {
    self.init(uninitialized: shape)
    try fill(UnsafeMutableBufferPointer(start: memory.values, count: count))
  }

  /// How many numbers there are.
  package var count: Int { memory.count }
  /// The length of the innermost axis; 1 for a single number.
  package var columns: Int { shape.last ?? 1 }
  /// How many rows of `columns` values there are.
  package var rows: Int { columns == 0 ? 0 : count / columns }

  /// The values in row-major order.
  package var values: [Float] { withValues { Array($0) } }

  /// The only number of a tensor that holds one.
  package var item: Float {
    precondition(count == 1, "item of a tensor of shape \(shape)")
    return memory.values[0]
  }

  package func withValues<Result, Failure: Error>(
    _ body: (UnsafeBufferPointer<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { withExtendedLifetime(memory) {} }
    return try body(UnsafeBufferPointer(start: memory.values, count: count))
  }

  package mutating func withMutableValues<Result, Failure: Error>(
    _ body: (UnsafeMutableBufferPointer<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    if !isKnownUniquelyReferenced(&memory) {
      let own = Memory(count: count)
      own.values.update(from: memory.values, count: count)
      memory = own
    }
    return try body(UnsafeMutableBufferPointer(start: memory.values, count: count))
  }

  /// Whether writing would not copy.
  mutating func isUniquelyReferenced() -> Bool { isKnownUniquelyReferenced(&memory) }

  /// The same numbers under another shape; at most one length may be -1 and is worked out. Nothing is copied.
  package func reshaped(_ lengths: Int...) -> Tensor { reshaped(lengths) }

  package func reshaped(_ lengths: [Int]) -> Tensor {
    var lengths = lengths
    if let open = lengths.firstIndex(of: -1) {
      let known = lengths.enumerated().reduce(1) { $1.offset == open ? $0 : $0 * $1.element }
      precondition(known > 0 && count % known == 0, "\(shape) cannot be reshaped to \(lengths)")
      lengths[open] = count / known
    }
    precondition(lengths.reduce(1, *) == count, "\(shape) cannot be reshaped to \(lengths)")
    return Tensor(shape: lengths, memory: memory)
  }

  /// Aligned memory, freed with its last owner.
  private final class Memory {
    let values: UnsafeMutablePointer<Float>
    private let block: FloatMemory.Block
    let count: Int

    init(count: Int) {
      self.count = count
      block = FloatMemory.allocate(count)
      values = block.floats
    }

    deinit { FloatMemory.free(block) }
  }
}

extension Tensor: Equatable {
  /// Same shape and same numbers (NaN equals nothing).
  package static func == (a: Tensor, b: Tensor) -> Bool {
    a.shape == b.shape && a.withValues { a in b.withValues { b in a.elementsEqual(b) } }
  }
}

extension Tensor: CustomStringConvertible {
  package var description: String {
    let some = withValues { $0.prefix(8).map { "\($0)" }.joined(separator: ", ") }
    return "Tensor\(shape) [\(some)\(count > 8 ? ", …" : "")]"
  }
}
