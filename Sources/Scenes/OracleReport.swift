import Images
import Threads

/// How well the oracles read pictures whose outcome is known, task by task.
///
/// Every task is shown its own scenes, the same ones blurred, and pictures that are none of its business.
package struct OracleReport: Sendable, Codable {
  /// One task's counts.
  package struct Row: Sendable, Codable {
    package let task: Task
    /// Own scenes shown, two a tuple.
    package var pictures = 0
    /// Read as the outcome they show.
    package var right = 0
    /// Read as the other outcome; the rest was read as neither.
    package var confused = 0
    /// Read rightly after ``RGBImage/blurred(grain:random:)``.
    package var rightWhenBlurred = 0
    /// Questions about pictures of other tasks, empty places and noise: one for every subject of the task.
    package var unrelated = 0
    /// Of these, answered with neither.
    package var neither = 0

    package var rightShare: Double { Double(right) / Double(max(1, pictures)) }
    package var rightWhenBlurredShare: Double { Double(rightWhenBlurred) / Double(max(1, pictures)) }
    package var neitherShare: Double { Double(neither) / Double(max(1, unrelated)) }
  }

  package let rows: [Row]

  /// Draws and reads the scenes: about 2 ms a tuple and task.
  ///
  /// - Parameters:
  ///   - tuples: How many a task, simple and complex by turns, from `firstSeed` upwards.
  ///   - unrelated: How many tuples of every other task are shown, both pictures of each.
  ///   - grain: Standard deviation of the coloured noise on blurred pictures, in levels of 255.
  package static func measure(
    tasks: [Task] = Task.allCases, tuples: Int, firstSeed: UInt64, unrelated: Int = 6, grain: Double = 6
  ) -> OracleReport {
    let strangers = Strangers(perTask: unrelated, firstSeed: firstSeed)
    return OracleReport(
      rows: concurrentMap(tasks) { task in
        row(of: task, tuples: tuples, firstSeed: firstSeed, grain: grain, strangers: strangers)
      })
  }

  private static func row(
    of task: Task, tuples: Int, firstSeed: UInt64, grain: Double, strangers: Strangers
  ) -> Row {
    var row = Row(task: task)
    var random = SceneRandom(seed: firstSeed, purpose: "blur")
    for index in 0..<tuples {
      let tuple = SceneGenerator.tuple(
        task: task, seed: firstSeed &+ UInt64(index), difficulty: Difficulty.allCases[index % 2])
      for outcome in Outcome.allCases {
        let picture = tuple.image(outcome)
        let seen = Oracle.verdict(on: picture, task: task, subject: tuple.subject)
        let blurred = picture.blurred(grain: grain, random: &random)
        row.pictures += 1
        if seen?.rawValue == outcome.rawValue {
          row.right += 1
        } else if seen != .neither {
          row.confused += 1
        }
        if Oracle.verdict(on: blurred, task: task, subject: tuple.subject)?.rawValue == outcome.rawValue {
          row.rightWhenBlurred += 1
        }
      }
    }
    let subjects = SceneGenerator.subjects(of: task)
    for picture in strangers.pictures(besides: task) {
      for subject in subjects {
        row.unrelated += 1
        if Oracle.verdict(on: picture, task: task, subject: subject) == .neither { row.neither += 1 }
      }
    }
    return row
  }

  /// The report as lines of text in columns.
  package var table: String {
    let head = "task                right  confused  blurred  neither on unrelated"
    let lines = rows.map { row in
      [
        row.task.rawValue.padded(to: 18), percent(row.rightShare).padded(to: -7),
        "\(row.confused)".padded(to: -10), percent(row.rightWhenBlurredShare).padded(to: -9),
        percent(row.neitherShare).padded(to: -10),
      ].joined()
    }
    return ([head] + lines).joined(separator: "\n")
  }

  /// Pictures that a task has nothing to say about.
  private struct Strangers {
    private let byTask: [Task: [RGBImage]]
    private let others: [RGBImage]

    init(perTask: Int, firstSeed: UInt64) {
      byTask = Dictionary(
        uniqueKeysWithValues: Task.allCases.map { task in
          let tuples = (0..<perTask).map { index in
            SceneGenerator.tuple(
              task: task, seed: firstSeed &+ UInt64(index), difficulty: Difficulty.allCases[index % 2])
          }
          return (task, tuples.flatMap { [$0.explicitImage, $0.superficialImage] })
        })
      var random = SceneRandom(seed: firstSeed, purpose: "strangers")
      let places = Place.allCases.map { place in
        let canvas = Canvas(size: 64)
        place.paint(on: canvas, random: &random)
        return canvas.image(noise: SceneGenerator.grain, random: &random)
      }
      let noise = (0..<4).map { _ in
        RGBImage(width: 64, height: 64, pixels: (0..<(3 * 64 * 64)).map { _ in UInt8(random.index(256)) })
      }
      others = places + noise
    }

    func pictures(besides task: Task) -> [RGBImage] {
      Task.allCases.filter { $0 != task }.flatMap { byTask[$0] ?? [] } + others
    }
  }
}

private func percent(_ share: Double) -> String {
  let thousandths = Int((1000 * share).rounded())
  return "\(thousandths / 10).\(thousandths % 10) %"
}

extension String {
  /// Filled up with spaces to a width: at the end, or at the front when the width is negative.
  fileprivate func padded(to width: Int) -> String {
    let gap = String(repeating: " ", count: max(0, abs(width) - count))
    return width < 0 ? gap + self : self + gap
  }
}
