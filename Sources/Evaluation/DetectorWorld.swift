import GroundingDINO
import Images
import Scenes

/// Measures a detector on held-out scenes: does it find what is there, where it is, and not what is not there?
package struct DetectorWorld: Sendable {
  package let scenes: SceneDataset
  package let boxThreshold: Float

  /// - Parameter seed: Of the held-out scenes; training sets have other seeds.
  package init(tuples: Int, seed: UInt64, boxThreshold: Float = 0.35) {
    scenes = SceneDataset(count: tuples, seed: seed)
    self.boxThreshold = boxThreshold
  }

  /// What was found in some pictures.
  package struct Figures: Sendable, Encodable {
    /// Pictures in which something was found when asked for what is there.
    package private(set) var present = Rate()
    /// And when asked for what is not.
    package private(set) var absent = Rate()
    private var sumOfIoU = 0.0

    /// Of the box around all that was found and the object's, over the pictures in which something was found.
    package var meanIoU: Double { present.successes > 0 ? sumOfIoU / Double(present.successes) : 0 }

    enum CodingKeys: String, CodingKey {
      case present, absent
      case meanIoU = "mean_iou"
    }

    package init() {}

    mutating func count(found: [DetectionBox], truth: DetectionBox) {
      present.count(!found.isEmpty)
      if let hull = DetectionBox.hull(of: found) { sumOfIoU += hull.intersectionOverUnion(truth) }
    }

    mutating func countAbsent(_ isFound: Bool) { absent.count(isFound) }

    package func encode(to encoder: any Encoder) throws {
      var values = encoder.container(keyedBy: CodingKeys.self)
      try values.encode(present, forKey: .present)
      try values.encode(absent, forKey: .absent)
      try values.encode(meanIoU, forKey: .meanIoU)
    }
  }

  /// - Parameter progress: Called with tuples done; may throw to stop.
  package func measure(
    _ detector: ObjectDetector, progress: (Int) throws -> Void
  ) throws -> (tasks: [Task: Figures], total: Figures) {
    let tuples = (0..<scenes.count).map { scenes.tuple(at: $0) }
    let objects = Dictionary(grouping: tuples, by: \.object).mapValues { Set($0.map(\.task)) }
    let names = objects.keys.sorted()
    var tasks: [Task: Figures] = [:]
    var total = Figures()
    for (index, tuple) in tuples.enumerated() {
      let strangers = names.filter { Self.isStranger($0, objects[$0] ?? [], to: tuple) }
      for outcome in Outcome.allCases {
        let image = tuple.image(outcome)
        func found(_ phrase: String) throws -> [DetectionBox] {
          try detector.detections(of: phrase, in: image, boxThreshold: boxThreshold).map(\.box)
        }
        let box = outcome == .explicit ? tuple.explicitBox : tuple.superficialBox
        let truth = DetectionBox(
          centreX: Float(box.cx), centreY: Float(box.cy), width: Float(box.width), height: Float(box.height))
        let there = try found(tuple.object)
        // A number that visits all strangers as the tuples go by.
        let stranger =
          strangers.isEmpty ? nil : strangers[(index * 7 + (outcome == .explicit ? 0 : 3)) % strangers.count]
        let notThere = try stranger.map { try !found($0).isEmpty }
        tasks[tuple.task, default: Figures()].count(found: there, truth: truth)
        total.count(found: there, truth: truth)
        if let notThere {
          tasks[tuple.task, default: Figures()].countAbsent(notThere)
          total.countAbsent(notThere)
        }
      }
      try progress(index + 1)
    }
    return (tasks, total)
  }

  /// Whether an object is of other tasks alone, and shares no word with what is said of a tuple.
  private static func isStranger(_ object: String, _ tasks: Set<Task>, to tuple: SceneTuple) -> Bool {
    guard !tasks.contains(tuple.task) else { return false }
    let texts = [tuple.object] + tuple.wording.explicit + tuple.wording.superficial + tuple.wording.implicit
    let said = Set(texts.joined(separator: " ").split(separator: " "))
    return said.isDisjoint(with: object.split(separator: " "))
  }
}

extension DetectionBox {
  /// The box around others, without a margin.
  fileprivate static func hull(of boxes: [DetectionBox]) -> DetectionBox? {
    guard let left = boxes.map(\.left).min(), let right = boxes.map(\.right).max(),
      let top = boxes.map(\.top).min(), let bottom = boxes.map(\.bottom).max()
    else { return nil }
    return DetectionBox(
      centreX: (left + right) / 2, centreY: (top + bottom) / 2, width: right - left, height: bottom - top)
  }

  /// The shared area as a part of the area that either covers, 0...1.
  func intersectionOverUnion(_ other: DetectionBox) -> Double {
    let width = max(0, min(right, other.right) - max(left, other.left))
    let height = max(0, min(bottom, other.bottom) - max(top, other.top))
    let shared = Double(width * height)
    let union = Double(self.width * self.height + other.width * other.height) - shared
    return union > 0 ? shared / union : 0
  }
}
