/// Training and test scenes that share neither pictures nor, where something is held out, subjects and wordings.
///
/// - `train`: known subjects; the implicit wordings but the held-out ones.
/// - `test-known`: known subjects in new pictures; only held-out implicit wordings.
/// - `test-unseen`: held-out subjects; only held-out implicit wordings.
///
/// The held-out wordings are the last ones of each subject's list. The held-out subjects of a task are drawn without
/// replacement by ``SceneRandom`` with the seed and the purpose `held-out subjects of <task>`, in the order of
/// ``SceneGenerator/subjects(of:)``. Tasks take turns; difficulties change after each round of the tasks, subjects
/// after each round of the difficulties.
package struct SceneSplits: Sendable {
  package enum Split: String, CaseIterable, Sendable, Codable {
    case train
    case testKnown = "test-known"
    case testUnseen = "test-unseen"
  }

  package let trainTuples: Int
  /// Of each test split.
  package let testTuples: Int
  /// Subjects of each task; at least one must remain.
  package let heldOutSubjects: Int
  /// Implicit wordings of each subject; at least one must remain.
  package let heldOutWordings: Int
  package let seed: UInt64
  /// Side length of the pictures in pixels.
  package let size: Int
  /// Nil for simple and complex scenes by turns.
  package let difficulty: Difficulty?
  private let heldOut: [Task: [Int]]

  /// The most subjects, and the most implicit wordings, that can be held out of every task.
  package static let heldOutLimit = 5

  package init(
    trainTuples: Int, testTuples: Int, heldOutSubjects: Int, heldOutWordings: Int, seed: UInt64,
    size: Int = 64,
    difficulty: Difficulty? = nil
  ) {
    precondition((0...Self.heldOutLimit).contains(heldOutSubjects), "a subject must remain for training")
    precondition((0...Self.heldOutLimit).contains(heldOutWordings), "a wording must remain for training")
    self.trainTuples = trainTuples
    self.testTuples = testTuples
    self.heldOutSubjects = heldOutSubjects
    self.heldOutWordings = heldOutWordings
    self.seed = seed
    self.size = size
    self.difficulty = difficulty
    heldOut = Dictionary(
      uniqueKeysWithValues: Task.allCases.map { ($0, Self.draw(heldOutSubjects, of: $0, seed: seed)) })
  }

  private static func draw(_ count: Int, of task: Task, seed: UInt64) -> [Int] {
    var random = SceneRandom(seed: seed, purpose: "held-out subjects of \(task.rawValue)")
    var left = Array(SceneGenerator.subjects(of: task).indices)
    return (0..<count).map { _ in left.remove(at: random.index(left.count)) }.sorted()
  }

  /// The splits that have tuples.
  package var splits: [Split] { Split.allCases.filter { count(of: $0) > 0 } }

  package func count(of split: Split) -> Int {
    switch split {
    case .train: trainTuples
    case .testKnown: testTuples
    case .testUnseen: heldOutSubjects > 0 ? testTuples : 0
    }
  }

  /// Names of the subjects that training never shows.
  package func heldOutSubjects(of task: Task) -> [String] {
    let names = SceneGenerator.subjects(of: task)
    return (heldOut[task] ?? []).map { names[$0] }
  }

  /// The tuple of a split with the given number; the same whatever else is made.
  package func tuple(of split: Split, at index: Int) -> SceneTuple {
    precondition((0..<count(of: split)).contains(index), "\(split.rawValue) has no tuple \(index)")
    let tasks = Task.allCases
    let (task, round) = (tasks[index % tasks.count], index / tasks.count)
    let out = heldOut[task] ?? []
    let pool =
      split == .testUnseen ? out : SceneGenerator.subjects(of: task).indices.filter { !out.contains($0) }
    let turn = difficulty == nil ? round / 2 : round
    var seeds = SceneRandom(seed: seed &+ UInt64(index) &* 0x2545_f491_4f6c_dd1d, purpose: split.rawValue)
    var tuple = SceneGenerator.tuple(
      task: task, subject: pool[turn % pool.count], seed: seeds.next(),
      difficulty: difficulty ?? (round % 2 == 0 ? .simple : .complex), size: size)
    let known = max(0, tuple.wording.implicit.count - heldOutWordings)
    if split == .train {
      tuple.wording.implicit.removeLast(tuple.wording.implicit.count - known)
    } else if heldOutWordings > 0 {
      tuple.wording.implicit.removeFirst(known)
    }
    return tuple
  }
}
