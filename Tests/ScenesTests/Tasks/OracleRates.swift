import Images

@testable import Scenes

/// How often a task's oracle was right, over pictures whose seeds no threshold was tuned on.
struct OracleRates {
  /// Share of rendered pictures of both difficulties read rightly.
  let right: Double
  /// Pictures read as the other outcome.
  let confused: Int
  /// Share read rightly after halving, doubling and coloured noise.
  let rightWhenBlurred: Double
  /// Share of pictures of other tasks, plain backgrounds and noise that are read as neither.
  let neitherOnUnrelated: Double

  init(of task: Task, firstSeed: UInt64 = 7_000_000, tuples: Int = 60, unrelated: Int = 6) {
    var random = SceneRandom(seed: firstSeed)
    var (pictures, right, confused, blurred) = (0, 0, 0, 0)
    for index in 0..<tuples {
      let tuple = SceneGenerator.tuple(
        task: task, seed: firstSeed + UInt64(index), difficulty: Difficulty.allCases[index % 2])
      for outcome in Outcome.allCases {
        let picture = tuple.image(outcome)
        let verdict = Oracle.verdict(on: picture, task: task, subject: tuple.subject)
        let smeared = Oracle.verdict(
          on: picture.smeared(noise: 6, random: &random), task: task, subject: tuple.subject)
        pictures += 1
        if verdict?.rawValue == outcome.rawValue { right += 1 } else if verdict != .neither { confused += 1 }
        if smeared?.rawValue == outcome.rawValue { blurred += 1 }
      }
    }
    self.right = Double(right) / Double(pictures)
    self.confused = confused
    rightWhenBlurred = Double(blurred) / Double(pictures)

    var (asked, neither) = (0, 0)
    for picture in Self.unrelatedPictures(to: task, perTask: unrelated, firstSeed: firstSeed) {
      for subject in SceneGenerator.subjects(of: task) {
        asked += 1
        if Oracle.verdict(on: picture, task: task, subject: subject) == .neither { neither += 1 }
      }
    }
    neitherOnUnrelated = Double(neither) / Double(asked)
  }

  private static func unrelatedPictures(to task: Task, perTask: Int, firstSeed: UInt64) -> [RGBImage] {
    var pictures: [RGBImage] = []
    for other in Task.allCases where other != task {
      for index in 0..<perTask {
        let tuple = SceneGenerator.tuple(
          task: other, seed: firstSeed + UInt64(index), difficulty: Difficulty.allCases[index % 2])
        pictures += [tuple.explicitImage, tuple.superficialImage]
      }
    }
    var random = SceneRandom(seed: firstSeed)
    for place in Place.allCases {
      let canvas = Canvas(size: 64)
      place.paint(on: canvas, random: &random)
      pictures.append(canvas.image(noise: 2, random: &random))
    }
    for _ in 0..<4 {
      pictures.append(
        RGBImage(width: 64, height: 64, pixels: (0..<(3 * 64 * 64)).map { _ in UInt8(random.index(256)) }))
    }
    return pictures
  }
}

extension RGBImage {
  /// The picture as a small autoencoder might give it back: half the resolution, grain in every channel.
  func smeared(noise: Double, random: inout SceneRandom) -> RGBImage {
    let (halfWidth, halfHeight) = (width / 2, height / 2)
    func half(_ x: Int, _ y: Int, _ channel: Int) -> Double {
      let (x, y) = (min(max(x, 0), halfWidth - 1), min(max(y, 0), halfHeight - 1))
      var sum = 0.0
      for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
        sum += Double(pixels[3 * ((2 * y + dy) * width + 2 * x + dx) + channel])
      }
      return sum / 4
    }
    var smeared = self
    for y in 0..<height {
      for x in 0..<width {
        // Bilinear, on half-pixel centres.
        let (sx, sy) = ((Double(x) - 0.5) / 2, (Double(y) - 0.5) / 2)
        let (x0, y0) = (Int(sx.rounded(.down)), Int(sy.rounded(.down)))
        let (ax, ay) = (sx - Double(x0), sy - Double(y0))
        for channel in 0..<3 {
          let upper = half(x0, y0, channel) * (1 - ax) + half(x0 + 1, y0, channel) * ax
          let lower = half(x0, y0 + 1, channel) * (1 - ax) + half(x0 + 1, y0 + 1, channel) * ax
          let grain = noise * (random.uniform(-1...1) + random.uniform(-1...1) + random.uniform(-1...1))
          let level = upper * (1 - ay) + lower * ay + grain
          smeared.pixels[3 * (y * width + x) + channel] = UInt8(max(0, min(255, level.rounded())))
        }
      }
    }
    return smeared
  }
}

/// Tasks whose facts are a table of subjects, checked alike.
let tasksOfSubjects: [Task] = [
  .absorption, .flameReaction, .rust, .immiscibility, .ripeness, .lightRequirement, .waterRequirement,
  .seasonalChange,
]
