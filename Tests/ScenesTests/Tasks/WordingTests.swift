import Testing

@testable import Scenes

@Suite struct WordingTests {
  private static let particles: Set<String> = [
    "a", "an", "the", "of", "on", "in", "with", "and", "to", "that", "is", "are", "it", "as", "one", "all",
    "from",
    "over", "up", "no", "but",
  ]

  /// What is wrong with a caption's form, if anything.
  private static func complaint(about caption: String) -> String? {
    guard caption.allSatisfy({ $0 == " " || ("a"..."z").contains($0) }) else { return "not plain lower case" }
    let words = caption.split(separator: " ", omittingEmptySubsequences: false)
    if words.contains("") { return "a space too many" }
    if words.count > 12 { return "\(words.count) words" }
    for (word, next) in zip(words, words.dropFirst()) {
      let startsWithVowel = next.first.map("aeiou".contains) ?? false
      if word == (startsWithVowel ? "a" : "an") { return "\(word) \(next)" }
    }
    return nil
  }

  @Test(arguments: tasksOfSubjects) func `captions are short plain lower-case phrases`(task: Task) {
    let scene = SceneGenerator.scene(for: task)
    #expect(scene.subjects.count >= 6)
    #expect(Set(scene.subjects).count == scene.subjects.count)
    for subject in scene.subjects.indices {
      let wording = scene.wording(subject: subject)
      #expect(wording.implicit.count == 6)
      #expect((3...4).contains(wording.explicit.count) && (3...4).contains(wording.superficial.count))
      #expect((2...3).contains(wording.prototype.count))
      for place in scene.places {
        let set = wording.set(in: place)
        for caption in set.implicit + set.explicit + set.superficial + set.prototype {
          #expect(Self.complaint(about: caption) == nil, "\(caption)")
        }
      }
      let tiers = [wording.implicit, wording.explicit, wording.superficial, wording.prototype]
      #expect(
        Set(tiers.joined()).count == tiers.joined().count,
        "a caption stands twice: \(scene.subjects[subject])")
    }
  }

  @Test(arguments: tasksOfSubjects) func `implicit and prototype captions name no outcome`(task: Task) {
    let scene = SceneGenerator.scene(for: task)
    func words(_ captions: [String]) -> Set<String> {
      Set(captions.flatMap { $0.split(separator: " ").map(String.init) }).subtracting(Self.particles)
    }
    for subject in scene.subjects.indices {
      let wording = scene.wording(subject: subject)
      let both = words(wording.explicit).intersection(words(wording.superficial))
      let telling = words(wording.explicit).symmetricDifference(words(wording.superficial))
      #expect(telling.isDisjoint(with: words(wording.implicit)), "\(scene.subjects[subject])")
      #expect(telling.isDisjoint(with: words(wording.prototype)), "\(scene.subjects[subject])")
      #expect(!both.isEmpty, "both outcomes name the subject: \(scene.subjects[subject])")
      #expect(
        words(Array(wording.implicit.suffix(2))).isSubset(of: words(Array(wording.implicit.prefix(4)))),
        "a held-out wording has a word of its own: \(scene.subjects[subject])")
    }
  }

  @Test func `the eight tasks share a small vocabulary`() {
    var words: Set<Substring> = []
    for task in tasksOfSubjects {
      let scene = SceneGenerator.scene(for: task)
      for subject in scene.subjects.indices {
        let wording = scene.wording(subject: subject)
        for caption in wording.implicit + wording.explicit + wording.superficial + wording.prototype {
          words.formUnion(caption.split(separator: " "))
        }
      }
    }
    print("vocabulary: \(words.count) words")
    #expect(words.count <= 240)
  }
}
