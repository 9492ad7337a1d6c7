import Testing

@testable import Tensors

/// Other tests use the same memory at the same time, so nothing is said about which block comes back.
@Suite struct FloatMemoryTests {
  @Test(arguments: [0, 1, 63, 1 << 14, 1 << 20, 5_000_001])
  func blocksAreAlignedAndLargeEnough(count: Int) {
    let block = FloatMemory.allocate(count)
    defer { FloatMemory.free(block) }
    #expect(Int(bitPattern: block.floats) % 64 == 0)
    #expect(block.capacity >= count)
    block.floats.update(repeating: 1, count: count)
  }

  @Test func blocksInUseNeverOverlap() {
    var blocks: [FloatMemory.Block] = []
    for round in 0..<60 {
      let block = FloatMemory.allocate(300_000 + 1000 * (round % 7))
      block.floats.update(repeating: Float(round), count: block.capacity)
      blocks.append(block)
      // Freeing every third keeps spare blocks coming back while others are in use.
      if round % 3 == 2 { FloatMemory.free(blocks.remove(at: round % blocks.count)) }
    }
    let marks = blocks.map { $0.floats[0] }
    #expect(Set(marks).count == blocks.count)
    for (block, mark) in zip(blocks, marks) { #expect(block.floats[block.capacity - 1] == mark) }
    for block in blocks { FloatMemory.free(block) }
    FloatMemory.releaseSpare()
  }

  @Test func spareBlocksAreNotMuchLargerThanAsked() {
    let large = FloatMemory.allocate(4_000_000)
    FloatMemory.free(large)
    let small = FloatMemory.allocate(400_000)
    defer { FloatMemory.free(small) }
    #expect(small.capacity <= 600_000)
  }
}
