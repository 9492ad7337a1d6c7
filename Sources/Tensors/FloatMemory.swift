import Glibc
import Synchronization

/// Uninitialised memory for floats, aligned to 64 bytes; large blocks are kept when freed and used again.
///
/// Fresh memory comes page by page from the kernel, which zeroes it first: measured at a sixth of the autoencoder's
/// time, whose maps are freed and allocated all the time, and at a tenth of a small transformer's. Before fresh memory
/// is asked for, as much spare memory is given back, so that keeping blocks raises the peak by 64 MB at most.
package enum FloatMemory {
  /// One block; its capacity may exceed what was asked for.
  struct Block: @unchecked Sendable {
    // Unchecked: a block is either spare, under the lock, or has one owner.
    let floats: UnsafeMutablePointer<Float>
    let capacity: Int
  }

  private struct Spare {
    var blocks: [Block] = []
    var capacity = 0

    /// The smallest block that holds `count` floats and is not much larger.
    mutating func take(_ count: Int) -> Block? {
      var best = -1
      // Newest first: its memory is likeliest to be in the caches.
      for index in blocks.indices.reversed() where blocks[index].capacity >= count {
        if best < 0 || blocks[index].capacity < blocks[best].capacity { best = index }
        if blocks[best].capacity == count { break }
      }
      guard best >= 0, blocks[best].capacity <= count + count / 2 else { return nil }
      capacity -= blocks[best].capacity
      return blocks.remove(at: best)
    }

    /// Oldest blocks of `count` floats together, or all there are.
    mutating func drop(_ count: Int) -> [Block] {
      var dropped: [Block] = []
      var sum = 0
      while sum < count, !blocks.isEmpty {
        let block = blocks.removeFirst()
        sum += block.capacity
        capacity -= block.capacity
        dropped.append(block)
      }
      return dropped
    }
  }

  /// Smaller blocks are left to the allocator, which keeps them itself.
  private static let smallest = 1 << 14
  /// So much may stay spare even when fresh memory is asked for.
  private static let alwaysKept = 1 << 24
  /// At most half a gigabyte stays spare.
  private static let limit = 1 << 27

  private static let spare = Mutex(Spare())
  private static let used = Atomic<Int>(0)
  private static let mapped = Atomic<Int>(0)

  /// How many floats are in use now, spare ones not counted.
  package static var inUse: Int { used.load(ordering: .relaxed) }

  /// How many large blocks have been taken from the kernel since the process began.
  package static var mappings: Int { mapped.load(ordering: .relaxed) }

  static func allocate(_ count: Int) -> Block {
    let block = block(count)
    used.add(block.capacity, ordering: .relaxed)
    return block
  }

  private static func block(_ count: Int) -> Block {
    guard count >= smallest else { return fresh(count) }
    let (found, dropped) = spare.withLock { spare -> (Block?, [Block]) in
      if let block = spare.take(count) { return (block, []) }
      return (nil, spare.drop(min(count, spare.capacity - alwaysKept)))
    }
    for block in dropped { release(block) }
    return found ?? fresh(count)
  }

  static func free(_ block: Block) {
    used.subtract(block.capacity, ordering: .relaxed)
    guard block.capacity >= smallest else { return release(block) }
    let dropped = spare.withLock { spare in
      spare.blocks.append(block)
      spare.capacity += block.capacity
      return spare.capacity > limit ? spare.drop(spare.capacity - limit) : []
    }
    for block in dropped { release(block) }
  }

  /// Gives all spare memory back to the system: for a process that will be idle.
  package static func releaseSpare() {
    for block in spare.withLock({ $0.drop(.max) }) { release(block) }
  }

  /// Gives `body` uninitialised memory for `count` floats, which ends with the call.
  static func withScratch<Result>(_ count: Int, _ body: (UnsafeMutablePointer<Float>) -> Result) -> Result {
    let block = allocate(count)
    defer { free(block) }
    return body(block.floats)
  }

  /// Large blocks are the kernel's own mappings: the allocator would keep what is given back in its heap, between blocks
  /// in use, where larger ones do not fit.
  private static func fresh(_ count: Int) -> Block {
    let bytes = max(64, count * MemoryLayout<Float>.stride)
    guard count >= smallest else {
      let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
      return Block(floats: memory.bindMemory(to: Float.self, capacity: count), capacity: count)
    }
    guard let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      memory != MAP_FAILED
    else { fatalError("no memory for \(bytes) bytes: \(String(cString: strerror(errno)))") }
    mapped.add(1, ordering: .relaxed)
    return Block(floats: memory.bindMemory(to: Float.self, capacity: count), capacity: count)
  }

  /// Gives a block back to where it came from.
  private static func release(_ block: Block) {
    guard block.capacity >= smallest else { return block.floats.deallocate() }
    munmap(block.floats, block.capacity * MemoryLayout<Float>.stride)
  }
}
