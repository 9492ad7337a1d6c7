import Glibc
import Synchronization

/// Uninitialised memory for floats, aligned to 64 bytes; that of large blocks is kept when they are freed, and used again.
///
/// Fresh memory comes page by page from the kernel, which zeroes it first: measured at a sixth of the autoencoder's
/// time, whose maps are freed and allocated all the time, and at a tenth of a small transformer's. Where pages are taken
/// that have no memory yet, as much is given back elsewhere, so that keeping it raises the peak by 64 MB at most.
package enum FloatMemory {
  /// One block; its capacity may exceed what was asked for.
  struct Block: @unchecked Sendable {
    // Unchecked: a block has one owner.
    let floats: UnsafeMutablePointer<Float>
    let capacity: Int
  }

  /// Smaller blocks are left to the allocator, which keeps them itself. Were larger ones, it would keep what is given back
  /// in its heap, between blocks in use.
  private static let smallest = 1 << 14
  private static let pageBytes = sysconf(Int32(_SC_PAGESIZE))
  private static let pageFloats = pageBytes / MemoryLayout<Float>.stride
  /// Pages are asked of the system by so many at a time; without memory they cost address space only.
  private static let chunk = (256 << 20) / pageBytes
  /// Of so many, free ones keep their memory even when others are taken that have none.
  private static let alwaysKept = (64 << 20) / pageBytes
  /// Of so many at most.
  private static let limit = (512 << 20) / pageBytes

  private static let pages = Mutex(FreePages())
  private static let used = Atomic<Int>(0)
  private static let fresh = Atomic<Int>(0)

  /// How many floats are in use now, spare ones not counted.
  package static var inUse: Int { used.load(ordering: .relaxed) }

  /// How many pages have been given out, since the process began, that had no memory yet.
  package static var freshPages: Int { fresh.load(ordering: .relaxed) }

  static func allocate(_ count: Int) -> Block {
    let block = count < smallest ? small(count) : large(count)
    used.add(block.capacity, ordering: .relaxed)
    return block
  }

  static func free(_ block: Block) {
    used.subtract(block.capacity, ordering: .relaxed)
    guard block.capacity >= smallest else { return block.floats.deallocate() }
    let first = Int(bitPattern: block.floats) / pageBytes
    pages.withLock { free in
      free.give(first..<first + block.capacity / pageFloats, resident: true)
      dry(free.resident - limit, &free)
    }
  }

  /// Gives all spare memory back to the system: for a process that will be idle.
  package static func releaseSpare() {
    pages.withLock { free in
      for pages in free.removeAll() { munmap(address(pages.lowerBound), pages.count * pageBytes) }
    }
  }

  /// Gives `body` uninitialised memory for `count` floats, which ends with the call.
  static func withScratch<Result>(_ count: Int, _ body: (UnsafeMutablePointer<Float>) -> Result) -> Result {
    let block = allocate(count)
    defer { free(block) }
    return body(block.floats)
  }

  private static func small(_ count: Int) -> Block {
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: max(64, count * MemoryLayout<Float>.stride), alignment: 64)
    return Block(floats: memory.bindMemory(to: Float.self, capacity: count), capacity: count)
  }

  private static func large(_ count: Int) -> Block {
    let needed = (count + pageFloats - 1) / pageFloats
    let first = pages.withLock { free in
      if let taken = take(needed, from: &free) { return taken }
      // Where address space is limited, no more than what is needed may be left.
      guard let more = map(max(needed, chunk)) ?? map(needed) else {
        fatalError("no memory for \(needed * pageBytes) bytes: \(String(cString: strerror(errno)))")
      }
      free.give(more, resident: false)
      return take(needed, from: &free)!
    }
    let floats = address(first).bindMemory(to: Float.self, capacity: needed * pageFloats)
    return Block(floats: floats, capacity: needed * pageFloats)
  }

  /// New pages, without memory; nil when there are none.
  private static func map(_ count: Int) -> Range<Int>? {
    let map = mmap(
      nil, count * pageBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let map, map != MAP_FAILED else { return nil }
    let first = Int(bitPattern: map) / pageBytes
    return first..<first + count
  }

  private static func take(_ count: Int, from free: inout FreePages) -> Int? {
    guard let taken = free.take(count) else { return nil }
    if taken.fresh > 0 {
      fresh.add(taken.fresh, ordering: .relaxed)
      dry(min(taken.fresh, free.resident - alwaysKept), &free)
    }
    return taken.first
  }

  /// Under the lock, so that nobody takes pages whose memory is about to be given back.
  private static func dry(_ count: Int, _ free: inout FreePages) {
    guard count > 0 else { return }
    for pages in free.dry(count) {
      madvise(address(pages.lowerBound), pages.count * pageBytes, MADV_DONTNEED)
    }
  }

  private static func address(_ page: Int) -> UnsafeMutableRawPointer {
    UnsafeMutableRawPointer(bitPattern: page * pageBytes)!
  }
}
