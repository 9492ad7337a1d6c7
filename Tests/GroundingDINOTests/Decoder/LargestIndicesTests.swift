import Testing

@testable import GroundingDINO

/// Expected orders are those of `torch.topk` 2.13 on a CPU.
@Suite struct LargestIndicesTests {
  @Test func fewOfManyComeInTheOrderOfAHeap() {
    let numbers = (0..<300).map { Float($0 * 7919 % 13) }
    #expect(numbers.indicesOfLargest(4) == [32, 6, 45, 19])
  }

  @Test func manyComeInTheOrderOfAQuickSelect() {
    let numbers = (0..<60).map { Float($0 * 7919 % 11) }
    #expect(
      numbers.indicesOfLargest(17) == [1, 23, 34, 12, 45, 56, 57, 2, 46, 35, 24, 13, 25, 36, 3, 47, 58])
    #expect([Float](repeating: 1, count: 40).indicesOfLargest(9) == [25, 29, 28, 27, 26, 23, 21, 22, 30])
  }

  @Test func moreThanSixteenAreSortedByPartsFirst() {
    let numbers = (0..<130).map { Float($0 * $0 * 31 % 97 / 7) }
    let expected = [
      50, 107, 76, 5, 70, 47, 87, 92, 10, 27, 118, 124, 102, 21, 100, 112, 43, 82, 54, 94, 3, 15, 88, 106, 9,
      20, 77, 81, 117, 113, 16, 44, 126, 122, 29, 55, 72, 42, 68, 25, 53, 90, 75, 104, 7, 108, 86, 119, 22,
      11,
    ]
    #expect(numbers.indicesOfLargest(50) == expected)
    #expect(numbers.indicesOfLargest(130).sorted() == Array(0..<130))
  }

  @Test func noNumberCountsAsTheLargest() {
    var numbers = (0..<20).map { Float($0 * 5 % 7) }
    numbers[13] = .nan
    #expect(numbers.indicesOfLargest(6) == [13, 11, 18, 4, 8, 15])
  }
}
