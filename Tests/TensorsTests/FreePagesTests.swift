import Testing

@testable import Tensors

@Suite struct FreePagesTests {
  private func pages(_ counts: Range<Int>..., resident: Bool = true) -> FreePages {
    var free = FreePages()
    for pages in counts { free.give(pages, resident: resident) }
    return free
  }

  @Test func `neighbours become one run, whichever comes first`() {
    #expect(pages(0..<10, 20..<30, 10..<20).runs == [.init(pages: 0..<30, resident: true)])
    #expect(pages(20..<30, 10..<20, 0..<10).runs == [.init(pages: 0..<30, resident: true)])
    #expect(pages(0..<10, 11..<20).runs.count == 2)
    var apart = pages(0..<10, 11..<20)
    let eleven = apart.take(11)
    #expect(eleven == nil)
  }

  @Test func `pages with memory are taken before others, and the tightest run of them`() throws {
    var free = pages(0..<10, 20..<25, 30..<38)
    free.give(40..<100, resident: false)
    let (five, seven, eleven) = (free.take(5), free.take(7), free.take(11))
    #expect(try #require(five) == (20, 0))
    #expect(try #require(seven) == (30, 0))
    #expect(try #require(eleven) == (40, 11))
    #expect(free.resident == 11)
  }

  @Test func `a block may begin with memory and go on without`() throws {
    var free = pages(0..<10)
    free.give(10..<100, resident: false)
    let block = free.take(30)
    #expect(try #require(block) == (0, 20))
    #expect(free.resident == 0)
    #expect(free.runs == [.init(pages: 30..<100, resident: false)])
  }

  @Test func `the highest pages are given back first`() {
    var free = pages(0..<10, 20..<30)
    let first = free.dry(14)
    #expect(first == [20..<30, 6..<10])
    #expect(free.resident == 6)
    let rest = free.dry(100)
    #expect(rest == [0..<6])
    #expect(free.resident == 0)
    #expect(free.runs.map(\.pages) == [0..<10, 20..<30])
    let all = free.removeAll()
    #expect(all == [0..<10, 20..<30])
    #expect(free.runs.isEmpty)
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `no page is given out twice, and all come back`(seed: UInt64) throws {
    var random = TorchGenerator(seed: seed)
    var free = FreePages()
    free.give(1000..<3000, resident: false)
    free.give(5000..<6000, resident: false)
    var (taken, touched): ([Range<Int>], Set<Int>) = ([], [])
    for _ in 0..<2000 {
      let count = Int(random.next32() % 200) + 1
      if random.next32() % 2 == 0, let (first, fresh) = free.take(count) {
        let pages = first..<first + count
        #expect(taken.allSatisfy { !$0.overlaps(pages) })
        #expect(fresh == pages.count { !touched.contains($0) })
        touched.formUnion(pages)
        taken.append(pages)
      } else if !taken.isEmpty {
        free.give(taken.remove(at: Int(random.next32() % UInt32(taken.count))), resident: true)
      }
      if random.next32() % 50 == 0 {
        for pages in free.dry(count) { touched.subtract(pages) }
      }
      let mine = taken.reduce(0) { $0 + $1.count }
      #expect(free.runs.reduce(0) { $0 + $1.pages.count } == 3000 - mine)
      #expect(free.resident == touched.count - mine)
      for (a, b) in zip(free.runs, free.runs.dropFirst()) {
        #expect(
          a.pages.upperBound < b.pages.lowerBound
            || (a.pages.upperBound == b.pages.lowerBound && a.resident != b.resident))
      }
    }
    for pages in taken { free.give(pages, resident: true) }
    for pages in free.dry(.max) { touched.subtract(pages) }
    #expect(touched.isEmpty)
    #expect(free.runs.map(\.pages) == [1000..<3000, 5000..<6000])
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `what asks for the same again takes nothing fresh`(seed: UInt64) throws {
    var free = FreePages()
    free.give(0..<100_000, resident: false)
    func pass() throws -> Int {
      var random = TorchGenerator(seed: seed)
      var (taken, fresh): ([Range<Int>], Int) = ([], 0)
      for _ in 0..<500 {
        if random.next32() % 2 == 0 || taken.isEmpty {
          let count = Int(random.next32() % 300) + 1
          let found = free.take(count)
          let block = try #require(found)
          fresh += block.fresh
          taken.append(block.first..<block.first + count)
        } else {
          free.give(taken.remove(at: Int(random.next32() % UInt32(taken.count))), resident: true)
        }
      }
      for pages in taken { free.give(pages, resident: true) }
      return fresh
    }
    let fresh = [try pass(), try pass(), try pass()]
    #expect(fresh[0] > 0 && fresh[2] == 0, "\(fresh)")
  }
}
