extension [Float] {
  /// The places of the `count` largest numbers, largest first, in the very order of `torch.topk` on a CPU.
  ///
  /// Ties are frequent here: all tokens at the border have one score. PyTorch 2.13 `aten/src/ATen/native/TopKImpl.h`
  /// leaves their order to the C++ library's unstable algorithms, so these are GCC's (`bits/stl_algo.h`), step by step.
  /// NaN counts as largest.
  func indicesOfLargest(_ count: Int) -> [Int] {
    precondition(count > 0 && count <= self.count, "\(count) largest of \(self.count)")
    var queue = RankedQueue(entries: enumerated().map { .init(value: $1, index: $0) })
    if count * 64 <= self.count {
      queue.partialSort(0, count, self.count)
    } else {
      queue.nthElement(count - 1)
      queue.sort(0, count - 1)
    }
    return queue.entries.prefix(count).map(\.index)
  }
}

/// An array that is put into order, the largest value first, by the steps of GCC's library.
private struct RankedQueue {
  struct Entry {
    var value: Float
    var index: Int

    func precedes(_ other: Entry) -> Bool {
      (value.isNaN && !other.value.isNaN) || value > other.value
    }
  }

  var entries: [Entry]

  /// `std::nth_element`: the entry that belongs at `nth` gets there, those before it precede those behind it.
  mutating func nthElement(_ nth: Int) {
    var (first, last) = (0, entries.count)
    var depth = 2 * Self.logarithm(last)
    while last - first > 3 {
      guard depth > 0 else {
        heapSelect(first, nth + 1, last)
        entries.swapAt(first, nth)
        return
      }
      depth -= 1
      let cut = partition(first, last)
      if cut <= nth { first = cut } else { last = cut }
    }
    insertionSort(first, last)
  }

  /// `std::sort`.
  mutating func sort(_ first: Int, _ last: Int) {
    guard first < last else { return }
    introsort(first, last, depth: 2 * Self.logarithm(last - first))
    guard last - first > Self.threshold else { return insertionSort(first, last) }
    insertionSort(first, first + Self.threshold)
    for place in first + Self.threshold..<last { insertLinearly(place) }
  }

  /// `std::partial_sort`: the entries before `middle` are the first ones, in order.
  mutating func partialSort(_ first: Int, _ middle: Int, _ last: Int) {
    heapSelect(first, middle, last)
    var end = middle
    while end - first > 1 {
      end -= 1
      popHeap(first, end, into: end)
    }
  }

  private static let threshold = 16

  private static func logarithm(_ count: Int) -> Int { Int.bitWidth - 1 - count.leadingZeroBitCount }

  private mutating func introsort(_ first: Int, _ last: Int, depth: Int) {
    var (last, depth) = (last, depth)
    while last - first > Self.threshold {
      guard depth > 0 else { return partialSort(first, last, last) }
      depth -= 1
      let cut = partition(first, last)
      introsort(cut, last, depth: depth)
      last = cut
    }
  }

  /// Partitions around the median of three, which is put first; what is returned begins the later part.
  private mutating func partition(_ first: Int, _ last: Int) -> Int {
    moveMedian(of: first + 1, first + (last - first) / 2, last - 1, to: first)
    let pivot = entries[first]
    var (low, high) = (first + 1, last)
    while true {
      while entries[low].precedes(pivot) { low += 1 }
      high -= 1
      while pivot.precedes(entries[high]) { high -= 1 }
      guard low < high else { return low }
      entries.swapAt(low, high)
      low += 1
    }
  }

  private mutating func moveMedian(of a: Int, _ b: Int, _ c: Int, to target: Int) {
    let median: Int
    if entries[a].precedes(entries[b]) {
      median = entries[b].precedes(entries[c]) ? b : entries[a].precedes(entries[c]) ? c : a
    } else {
      median = entries[a].precedes(entries[c]) ? a : entries[b].precedes(entries[c]) ? c : b
    }
    entries.swapAt(target, median)
  }

  private mutating func insertionSort(_ first: Int, _ last: Int) {
    guard first < last else { return }
    for place in first + 1..<max(last, first + 1) {
      if entries[place].precedes(entries[first]) {
        let entry = entries.remove(at: place)
        entries.insert(entry, at: first)
      } else {
        insertLinearly(place)
      }
    }
  }

  private mutating func insertLinearly(_ place: Int) {
    let entry = entries[place]
    var place = place
    while entry.precedes(entries[place - 1]) {
      entries[place] = entries[place - 1]
      place -= 1
    }
    entries[place] = entry
  }

  // Heaps, whose top is the entry that all others precede.

  private mutating func heapSelect(_ first: Int, _ middle: Int, _ last: Int) {
    let count = middle - first
    if count >= 2 {
      for parent in (0...(count - 2) / 2).reversed() {
        adjustHeap(first, hole: parent, count: count, entry: entries[first + parent])
      }
    }
    for place in middle..<last where entries[place].precedes(entries[first]) {
      popHeap(first, middle, into: place)
    }
  }

  private mutating func popHeap(_ first: Int, _ last: Int, into result: Int) {
    let entry = entries[result]
    entries[result] = entries[first]
    adjustHeap(first, hole: 0, count: last - first, entry: entry)
  }

  private mutating func adjustHeap(_ first: Int, hole: Int, count: Int, entry: Entry) {
    let top = hole
    var (hole, child) = (hole, hole)
    while child < (count - 1) / 2 {
      child = 2 * (child + 1)
      if entries[first + child].precedes(entries[first + child - 1]) { child -= 1 }
      entries[first + hole] = entries[first + child]
      hole = child
    }
    if count % 2 == 0 && child == (count - 2) / 2 {
      child = 2 * (child + 1)
      entries[first + hole] = entries[first + child - 1]
      hole = child - 1
    }
    while hole > top {
      let parent = (hole - 1) / 2
      guard entries[first + parent].precedes(entry) else { break }
      entries[first + hole] = entries[first + parent]
      hole = parent
    }
    entries[first + hole] = entry
  }
}
