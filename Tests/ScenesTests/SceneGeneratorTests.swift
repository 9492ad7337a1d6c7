import Images
import Testing

@testable import Scenes

@Suite struct SceneGeneratorTests {
  @Test(arguments: Task.allCases) func `a seed always draws the same tuple`(task: Task) {
    let first = SceneGenerator.tuple(task: task, seed: 77, difficulty: .complex)
    let again = SceneGenerator.tuple(task: task, seed: 77, difficulty: .complex)
    #expect(first.explicitImage == again.explicitImage)
    #expect(first.superficialImage == again.superficialImage)
    #expect(first.wording == again.wording)
    #expect(first.explicitBox == again.explicitBox)
  }

  @Test(arguments: Task.allCases) func `seeds reach every subject, and places only in complex scenes`(
    task: Task
  ) {
    var (subjects, places) = (Set<String>(), Set<String>())
    for seed in 0..<200 as Range<UInt64> {
      let tuple = SceneGenerator.tuple(task: task, seed: seed, difficulty: .complex, size: 8)
      subjects.insert(tuple.subject)
      if let place = tuple.place { places.insert(place) }
    }
    #expect(subjects == Set(SceneGenerator.subjects(of: task)))
    #expect(places.count >= 3)
    #expect(SceneGenerator.tuple(task: task, seed: 0, difficulty: .simple, size: 8).place == nil)
  }

  @Test(arguments: Task.allCases) func `both pictures share their background`(task: Task) {
    for difficulty in Difficulty.allCases {
      let tuple = SceneGenerator.tuple(task: task, seed: 4, difficulty: difficulty)
      let (right, wrong) = (tuple.explicitImage.pixels, tuple.superficialImage.pixels)
      // The outermost columns are background in every task (grain included); a glow may reach them faintly.
      let rows = (0..<40).filter { row in
        [0, 63].contains { column in
          let at = 3 * (64 * row + column)
          return abs(Int(right[at]) - Int(wrong[at])) <= 2
        }
      }
      #expect(rows.count >= 36)
    }
  }

  @Test(arguments: Task.allCases) func `the box holds the thing that is asked for`(task: Task) {
    for seed in 0..<20 as Range<UInt64> {
      let tuple = SceneGenerator.tuple(task: task, seed: seed, difficulty: .simple)
      for (box, image) in [
        (tuple.explicitBox, tuple.explicitImage), (tuple.superficialBox, tuple.superficialImage),
      ] {
        #expect(box.width > 0.2 && box.height > 0.1)
        #expect(box.cx - box.width / 2 >= -1e-9 && box.cx + box.width / 2 <= 1 + 1e-9)
        #expect(box.cy - box.height / 2 >= -1e-9 && box.cy + box.height / 2 <= 1 + 1e-9)
        // In a bare room colour is dense in the thing's box and sparse around it.
        let (all, inside) = (coloured(image, in: nil), coloured(image, in: box))
        let area = box.width * box.height
        #expect(
          Double(inside) / area >= 2 * Double(all - inside) / (1 - area), "\(tuple.subject), seed \(seed)")
      }
    }
  }

  private func coloured(_ image: RGBImage, in box: EntityBox?) -> Int {
    let cells = ColourReading(image).cells
    return cells.indices.count { index in
      let (x, y) = ((Double(index % 64) + 0.5) / 64, (Double(index / 64) + 0.5) / 64)
      if let box, abs(x - box.cx) > box.width / 2 + 0.02 || abs(y - box.cy) > box.height / 2 + 0.02 {
        return false
      }
      return cells[index].chroma > 90 || cells[index].luma < 90
    }
  }
}

@Suite struct AskedSubjectTests {
  @Test(arguments: Task.allCases)
  func `a seed that draws a subject by itself gives the tuple that asking for it gives`(task: Task) {
    let subjects = SceneGenerator.subjects(of: task)
    for seed in 0..<8 as Range<UInt64> {
      let drawn = SceneGenerator.tuple(task: task, seed: seed, difficulty: .complex, size: 16)
      let index = subjects.firstIndex(of: drawn.subject)!
      let asked = SceneGenerator.tuple(task: task, subject: index, seed: seed, difficulty: .complex, size: 16)
      #expect(asked.explicitImage == drawn.explicitImage && asked.superficialImage == drawn.superficialImage)
      #expect(
        asked.place == drawn.place && asked.wording == drawn.wording && asked.explicitBox == drawn.explicitBox
      )
      let other = (index + 1) % subjects.count
      let changed = SceneGenerator.tuple(
        task: task, subject: other, seed: seed, difficulty: .complex, size: 16)
      #expect(changed.subject == subjects[other] && changed.place == drawn.place)
      // An emptied glass looks the same whatever was in it.
      let isChanged = [Outcome.explicit, .superficial].contains { changed.image($0) != drawn.image($0) }
      #expect(isChanged)
    }
  }
}
