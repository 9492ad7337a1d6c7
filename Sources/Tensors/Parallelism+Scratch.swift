extension Parallelism {
  /// Works on `count` items of uneven cost, giving each thread scratch memory of its own.
  ///
  /// What an item's result is must not depend on the thread that computes it nor on what the scratch holds.
  static func forEachItem(
    _ count: Int, scratch floats: Int,
    _ body: @Sendable (_ item: Int, _ scratch: UnsafeMutablePointer<Float>) -> Void
  ) {
    let lanes = min(threads, max(count, 1))
    FloatMemory.withScratch(lanes * floats) { memory in
      let scratch = Shared(memory)
      forEachItem(count, lanes: lanes) { item, lane in body(item, scratch.pointer + lane * floats) }
    }
  }
}
