/// Which pages of the process's own memory are free, in ascending order: what ``FloatMemory`` deals out.
///
/// Free neighbours are one range, from whose beginning blocks are cut, so that a computation which asks for the same blocks
/// in the same order as one before it gets the same pages, whatever their sizes: nothing is left over that no block fits.
struct FreePages {
  /// Pages side by side.
  struct Run: Equatable {
    var pages: Range<Int>
    /// Whether the system has given memory for them, as it does when a page is first written.
    var resident: Bool
  }

  /// Neither empty nor overlapping; two that touch differ in ``Run/resident``.
  private(set) var runs: [Run] = []
  /// Free pages that have memory.
  private(set) var resident = 0

  /// Takes `count` pages side by side, from the beginning of a run: where the fewest of them lack memory, then where the
  /// fewest are free side by side, then the lowest.
  ///
  /// - Returns: The first page, and how many had no memory; nil when there are not so many side by side.
  mutating func take(_ count: Int) -> (first: Int, fresh: Int)? {
    var best: (place: Int, fresh: Int, room: Int)?
    var room = 0
    for place in runs.indices.reversed() {
      if place + 1 < runs.endIndex, runs[place].pages.upperBound != runs[place + 1].pages.lowerBound {
        room = 0
      }
      room += runs[place].pages.count
      guard room >= count else { continue }
      let fresh = fresh(count, from: place)
      if let best, (best.fresh, best.room) < (fresh, room) { continue }
      best = (place, fresh, room)
    }
    guard let best else { return nil }
    let first = runs[best.place].pages.lowerBound
    remove(count, from: best.place)
    return (first, best.fresh)
  }

  /// Gives pages back that were taken, or adds new ones.
  mutating func give(_ pages: Range<Int>, resident: Bool) {
    guard !pages.isEmpty else { return }
    if resident { self.resident += pages.count }
    insert(Run(pages: pages, resident: resident))
  }

  /// Marks about `count` resident pages as without memory, the highest first, which are the last to be taken again.
  ///
  /// - Returns: The pages whose memory has to be given back to the system before any are taken again.
  mutating func dry(_ count: Int) -> [Range<Int>] {
    var (left, dried): (Int, [Range<Int>]) = (count, [])
    while left > 0, let place = runs.lastIndex(where: \.resident) {
      let pages = runs[place].pages
      let part = max(pages.lowerBound, pages.upperBound - left)..<pages.upperBound
      left -= part.count
      resident -= part.count
      if part == pages {
        runs.remove(at: place)
      } else {
        runs[place].pages = pages.lowerBound..<part.lowerBound
      }
      insert(Run(pages: part, resident: false))
      dried.append(part)
    }
    return dried
  }

  /// Forgets all pages.
  ///
  /// - Returns: Them.
  mutating func removeAll() -> [Range<Int>] {
    defer { self = FreePages() }
    return runs.map(\.pages)
  }

  private func fresh(_ count: Int, from place: Int) -> Int {
    var (left, fresh) = (count, 0)
    for run in runs[place...] {
      let part = min(left, run.pages.count)
      if !run.resident { fresh += part }
      left -= part
      if left == 0 { break }
    }
    return fresh
  }

  private mutating func remove(_ count: Int, from place: Int) {
    var (left, end) = (count, place)
    while left > 0 {
      let run = runs[end]
      let part = min(left, run.pages.count)
      if run.resident { resident -= part }
      left -= part
      if part < run.pages.count {
        runs[end].pages = run.pages.lowerBound + part..<run.pages.upperBound
      } else {
        end += 1
      }
    }
    runs.removeSubrange(place..<end)
  }

  /// Puts a run in its place, as one with its neighbours of the same kind.
  private mutating func insert(_ run: Run) {
    var (low, high) = (runs.startIndex, runs.endIndex)
    while low < high {
      let middle = (low + high) / 2
      if runs[middle].pages.lowerBound < run.pages.lowerBound { low = middle + 1 } else { high = middle }
    }
    precondition(
      (low == runs.startIndex || runs[low - 1].pages.upperBound <= run.pages.lowerBound)
        && (low == runs.endIndex || run.pages.upperBound <= runs[low].pages.lowerBound),
      "pages \(run.pages) are free already")
    var (run, first, last) = (run, low, low)
    if low > runs.startIndex, runs[low - 1].resident == run.resident,
      runs[low - 1].pages.upperBound == run.pages.lowerBound
    {
      first = low - 1
      run.pages = runs[first].pages.lowerBound..<run.pages.upperBound
    }
    if low < runs.endIndex, runs[low].resident == run.resident,
      runs[low].pages.lowerBound == run.pages.upperBound
    {
      last = low + 1
      run.pages = run.pages.lowerBound..<runs[low].pages.upperBound
    }
    runs.replaceSubrange(first..<last, with: [run])
  }
}
