import Foundation
import Images
import Testing

@testable import Scenes

@Suite struct SceneDatasetTests {
  private func withFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "scenes-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  @Test func `an image folder holds two pictures a tuple and a row for each`() throws {
    try withFolder { folder in
      let set = SceneDataset(count: 150, seed: 3, size: 16)
      try set.write(to: folder, fileExtension: "rgb") { Data($0.pixels) }
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      #expect(names.count == 301)
      let lines = try String(contentsOf: folder.appending(path: "metadata.jsonl"), encoding: .utf8)
        .split(separator: "\n")
      #expect(lines.count == 150)
      for (index, line) in lines.enumerated() {
        let row = try JSONDecoder().decode(SceneTuple.Row.self, from: Data(line.utf8))
        let tuple = set.tuple(at: index)
        #expect(row.law == tuple.task && row.category == tuple.task.domain && row.subject == tuple.subject)
        #expect(row.implicitPrompt == tuple.wording.implicit)
        #expect(row.place == tuple.place)
        let picture = try Data(contentsOf: folder.appending(path: row.explicitImage[0]))
        #expect(picture == Data(tuple.explicitImage.pixels))
        let other = try Data(contentsOf: folder.appending(path: row.superficialImage[0]))
        #expect(other == Data(tuple.superficialImage.pixels))
      }
    }
  }

  @Test func `tasks take turns and every second round is complex`() {
    let set = SceneDataset(count: 64, seed: 9, size: 8)
    for index in 0..<64 {
      let tuple = set.tuple(at: index)
      #expect(tuple.task == Task.allCases[index % 16])
      #expect(tuple.difficulty == (index / 16 % 2 == 0 ? .simple : .complex))
    }
    let plain = SceneDataset(count: 64, seed: 9, size: 8, difficulty: .simple)
    #expect((0..<64).allSatisfy { plain.tuple(at: $0).difficulty == .simple })
  }

  @Test func `sets with different seeds share no tuple`() {
    let sets = [1, 2, 3].map { SceneDataset(count: 400, seed: $0, size: 8) }
    let seeds = sets.flatMap { set in (0..<400).map { set.tuple(at: $0).seed } }
    #expect(Set(seeds).count == seeds.count)
  }

  @Test func `a folder that holds a set is left alone`() throws {
    try withFolder { folder in
      let set = SceneDataset(count: 2, seed: 3, size: 8)
      try set.write(to: folder) { Data($0.pixels) }
      let error = #expect(throws: SceneDatasetError.self) { try set.write(to: folder) { Data($0.pixels) } }
      #expect(error?.description.contains("metadata.jsonl exists") == true)
    }
  }

  @Test func `a folder that cannot be made is named`() throws {
    try withFolder { folder in
      try Data().write(to: folder)
      let error = #expect(throws: SceneDatasetError.self) {
        try SceneDataset(count: 1, seed: 3, size: 8).write(to: folder) { Data($0.pixels) }
      }
      #expect(error?.description.contains(folder.path) == true)
    }
  }

  @Test func `without its last step a folder has no metadata`() throws {
    struct Refusal: Error {}
    try withFolder { folder in
      #expect(throws: Refusal.self) {
        try SceneDataset(count: 200, seed: 3, size: 8).write(to: folder) { _ in throw Refusal() }
      }
      #expect(!FileManager.default.fileExists(atPath: folder.appending(path: "metadata.jsonl").path))
    }
  }
}
