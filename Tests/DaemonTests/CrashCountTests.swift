import Daemon
import Testing

struct CrashCountTests {
  @Test(
    arguments: [
      ([], 0), ([1], 1), ([1, 1, 1], 3),
      // Each attempt went on from where the one before had come to.
      ([1, 501, 1001, 1501], 1), ([1, 501, 501], 2), ([1, 501, 501, 502], 1),
      // Dead before the first step: nothing is known to be kept.
      ([nil, nil, nil], 3), ([nil, 1], 2), ([1, nil, 1], 3), ([1, nil, 2], 1),
      // A checkpoint that was lost is no progress when it is reached again.
      ([501, 1, 401], 3), ([501, 1, 502], 1),
    ] as [([Int?], Int)])
  func `counts crashes in a row without progress`(starts: [Int?], count: Int) {
    #expect(CrashCount(starts).count == count)
  }
}
