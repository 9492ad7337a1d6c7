import Testing

@testable import GroundingDINO

@Suite struct SwinWindowsTests {
  @Test(arguments: [(8, 8, 4, 0), (9, 5, 4, 2), (3, 11, 5, 2), (1, 1, 7, 3), (14, 14, 7, 3)])
  func everyPixelHasOnePlace(height: Int, width: Int, size: Int, shift: Int) {
    let windows = SwinWindows(height: height, width: width, size: size, shift: shift)
    #expect(windows.sources.filter { $0 >= 0 }.sorted() == Array(0..<height * width))
    #expect((0..<height * width).allSatisfy { windows.sources[windows.places[$0]] == $0 })
    #expect(windows.sources.count % (size * size) == 0)
    #expect(windows.groups.flatMap { Array($0.windows) } == Array(0..<windows.sources.count / (size * size)))
  }

  @Test func unshiftedWindowsAreTilesOfTheMap() {
    let windows = SwinWindows(height: 4, width: 3, size: 2, shift: 0)
    #expect(windows.sources == [0, 1, 3, 4, 2, -1, 5, -1, 6, 7, 9, 10, 8, -1, 11, -1])
    #expect(windows.groups == [.init(isLastRow: false, isLastColumn: false, windows: 0..<4)])
  }

  @Test func shiftedWindowsHoldBothEndsOfTheMapInTheLastOnes() {
    let windows = SwinWindows(height: 4, width: 4, size: 2, shift: 1)
    // First the window that no border goes through, last the one with the four corners.
    #expect(windows.sources.prefix(4) == [5, 6, 9, 10])
    #expect(windows.sources.suffix(4) == [15, 12, 3, 0])
    #expect(windows.groups.map(\.isLastRow) == [false, false, true, true])
    #expect(windows.groups.map(\.isLastColumn) == [false, true, false, true])
  }
}
