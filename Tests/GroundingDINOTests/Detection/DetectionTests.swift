import Foundation
import Tensors
import Testing

@testable import GroundingDINO

@Suite struct DetectionTests {
  /// Probabilities of three queries for five columns.
  private static let probabilities: [[Float]] = [
    [0.1, 0.36, 0.26, 0.24, 0.9], [0.3, 0.34, 0.2, 0.1, 0.1], [0.5, 0.1, 0.1, 0.1, 0],
  ]

  private let output = GroundingDinoOutput(
    logits: Tensor(
      probabilities.flatMap { $0.map { $0 == 0 ? -.infinity : log($0 / (1 - $0)) } }, shape: [3, 5]),
    boxes: Tensor((0..<12).map { Float($0) / 16 }, shape: [3, 4]))

  @Test func keepsBoxesWhoseBestWordExceedsTheThreshold() {
    let detections = output.detections()
    #expect(detections.map(\.query) == [0, 2])
    #expect(abs(detections[0].score - 0.9) < 1e-6)
    #expect(
      detections[1].box == DetectionBox(centreX: 0.5, centreY: 0.5625, width: 0.625, height: 0.6875))
    #expect(output.detections(boxThreshold: 0.95).isEmpty)
    #expect(output.detections(boxThreshold: 0.3).count == 3)
  }

  @Test func namesTheWordsAboveTheirOwnThresholdButNotTheFirstOrLast() {
    #expect(output.detections().map(\.tokens) == [[1, 2], []])
    #expect(output.detections(textThreshold: 0.2).map(\.tokens) == [[1, 2, 3], []])
  }

  @Test func thresholdsAreStrict() {
    let exact = GroundingDinoOutput(
      logits: Tensor([0, 0, 0], shape: [1, 3]), boxes: Tensor(repeating: 0.5, shape: [1, 4]))
    #expect(exact.detections(boxThreshold: 0.5).isEmpty)
    #expect(exact.detections(boxThreshold: 0.499, textThreshold: 0.5).map(\.tokens) == [[]])
  }
}
