import Testing

@testable import GroundingDINO

@Suite struct DetectionBoxTests {
  @Test func enclosesAllBoxesWithAMargin() {
    let box = DetectionBox.enclosing([
      DetectionBox(centreX: 0.25, centreY: 0.5, width: 0.25, height: 0.25),
      DetectionBox(centreX: 0.5, centreY: 0.625, width: 0.25, height: 0.25),
    ])
    // Corners 0.125...0.625 and 0.375...0.75.
    #expect(box == DetectionBox(centreX: 0.375, centreY: 0.5625, width: 0.5 + 0.1, height: 0.375 + 0.1))
  }

  @Test func keepsTheCentreOfABoxThatGrowsBeyondTheImage() {
    let box = DetectionBox.enclosing([
      DetectionBox(centreX: 0.0625, centreY: 0.5, width: 0.125, height: 0.9375)
    ])
    #expect(box.centreX == 0.0625)
    #expect(box.left < 0)
    #expect(box.height == 1)
  }

  @Test func isTheWholeImageWhenNothingWasFound() {
    #expect(DetectionBox.enclosing([]) == .wholeImage)
    #expect((DetectionBox.wholeImage.left, DetectionBox.wholeImage.bottom) == (0, 1))
  }
}
