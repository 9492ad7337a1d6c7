extension Parallelism {
  /// Works on `count` items of uneven cost, giving each thread scratch memory of its own.
  ///
  /// What an item's result is must not depend on the thread that computes it nor on what the scratch holds.
  static func forEachItem(
    _ count: Int, scratch floats: Int,
    _ body: @Sendable (_ item: Int, _ scratch: UnsafeMutablePointer<Float>) -> Void
  ) {
    let lanes = min(threads, max(count, 1))
    let memory = UnsafeMutableRawPointer.allocate(byteCount: max(1, lanes * floats) * 4, alignment: 64)
    defer { memory.deallocate() }
    let scratch = Shared(memory.bindMemory(to: Float.self, capacity: lanes * floats))
    forEachItem(count) { item, lane in body(item, scratch.pointer + lane * floats) }
  }
}
