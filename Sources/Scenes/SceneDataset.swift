import Foundation

/// A numbered set of scenes: tuple k is the same whatever else is made, so that sets can be cut, joined and resumed.
///
/// The sixteen tasks take turns; every second round is complex. Training and held-out sets differ in their seeds.
package struct SceneDataset: Sendable {
  package let count: Int
  package let seed: UInt64
  /// Side length of the pictures in pixels.
  package let size: Int
  /// Nil for simple and complex scenes by turns.
  package let difficulty: Difficulty?

  package init(count: Int, seed: UInt64, size: Int = 64, difficulty: Difficulty? = nil) {
    self.count = count
    self.seed = seed
    self.size = size
    self.difficulty = difficulty
  }

  package func tuple(at index: Int) -> SceneTuple {
    precondition((0..<count).contains(index), "the set has \(count) tuples, not \(index + 1)")
    let tasks = Task.allCases
    let turn: Difficulty = (index / tasks.count) % 2 == 0 ? .simple : .complex
    // Sets with neighbouring seeds must not share tuples: the index moves the seed by an odd constant.
    let own = seed &* 0xd134_2543_de82_ef95 &+ UInt64(index) &* 0x2545_f491_4f6c_dd1d
    return SceneGenerator.tuple(
      task: tasks[index % tasks.count], seed: own, difficulty: difficulty ?? turn, size: size)
  }
}

extension SceneTuple {
  /// One row of `metadata.jsonl`: the fields of the published dataset, and what only a procedural world knows.
  package struct Row: Codable, Sendable {
    package let implicitPrompt: [String]
    package let explicitPrompt: [String]
    package let superficialPrompt: [String]
    package let prototypePrompt: [String]
    package let explicitImage: [String]
    package let superficialImage: [String]
    package let category: Task.Domain
    package let law: Task
    package let object: String
    package let subject: String
    package let difficulty: Difficulty
    package let place: String?
    /// [cx, cy, w, h] in 0...1.
    package let explicitBox: [Double]
    package let superficialBox: [Double]
    /// Decimal digits: 64 bits do not fit every JSON reader's numbers.
    package let seed: String

    enum CodingKeys: String, CodingKey {
      case implicitPrompt = "implicit_prompt"
      case explicitPrompt = "explicit_prompt"
      case superficialPrompt = "superficial_prompt"
      case prototypePrompt = "prototype_prompt"
      case explicitImage = "explicit_image"
      case superficialImage = "superficial_image"
      case category, law, object, subject, difficulty, place
      case explicitBox = "explicit_box"
      case superficialBox = "superficial_box"
      case seed
    }
  }

  /// The row that describes this tuple, its pictures stored under the given file names.
  package func row(explicitFile: String, superficialFile: String) -> Row {
    let numbers = { (box: EntityBox) in [box.cx, box.cy, box.width, box.height] }
    return Row(
      implicitPrompt: wording.implicit, explicitPrompt: wording.explicit,
      superficialPrompt: wording.superficial,
      prototypePrompt: wording.prototype, explicitImage: [explicitFile], superficialImage: [superficialFile],
      category: task.domain, law: task, object: object, subject: subject, difficulty: difficulty,
      place: place,
      explicitBox: numbers(explicitBox), superficialBox: numbers(superficialBox), seed: String(seed))
  }
}
