import Foundation
import Testing

@testable import JobRunners

@Suite struct ModelShelfTests {
  private let spool: TemporarySpool

  private final class Model {}

  init() throws {
    spool = try TemporarySpool()
    for name in ["a", "b", "c"] { try spool.write(Data(count: 100), to: "\(name)/weights") }
  }

  private func take(_ name: String, from shelf: ModelShelf) throws -> ModelShelf.Loan<Model> {
    try shelf.model(Model.self, at: spool.path(name)) { _ in Model() }
  }

  @Test func lendsTheSameModelAgain() throws {
    let shelf = ModelShelf(budget: 1000)
    let (first, second) = (try take("a", from: shelf), try take("a", from: shelf))
    #expect(!first.wasResident && second.wasResident && first.model === second.model)
    #expect(second.loadSeconds == 0)
  }

  @Test func loadsAFolderAnewWhenAFileChanged() throws {
    let shelf = ModelShelf(budget: 1000)
    let first = try take("a", from: shelf)
    // Replaced by a file of the same size, as a careful copy does it.
    try spool.write(Data(repeating: 1, count: 100), to: "a/.new")
    #expect(rename(spool.path("a/.new"), spool.path("a/weights")) == 0)
    let second = try take("a", from: shelf)
    #expect(!second.wasResident && first.model !== second.model)
    try spool.write(Data(), to: "a/deep/config.json")
    #expect(try !take("a", from: shelf).wasResident)
    #expect(shelf.residentPaths.count == 1)
  }

  @Test func letsTheLeastRecentlyUsedGo() throws {
    let shelf = ModelShelf(budget: 250)
    for name in ["a", "b", "a", "c"] { _ = try take(name, from: shelf) }
    #expect(shelf.residentPaths == [spool.path("a"), spool.path("c")])
    #expect(shelf.residentBytes == 200)
  }

  @Test func keepsAModelLargerThanTheBudgetForItsJob() throws {
    let shelf = ModelShelf(budget: 10)
    #expect(try !take("a", from: shelf).wasResident)
    #expect(try take("a", from: shelf).wasResident)
    #expect(try !take("b", from: shelf).wasResident)
    #expect(shelf.residentPaths == [spool.path("b")])
  }

  @Test func keepsNothingOfAModelThatCannotBeLoaded() throws {
    let shelf = ModelShelf(budget: 1000)
    #expect(throws: CocoaError.self) {
      try shelf.model(Model.self, at: spool.path("a")) { _ in throw CocoaError(.fileReadCorruptFile) }
    }
    #expect(try !take("a", from: shelf).wasResident)
  }

  @Test func tellsModelsOfDifferentTypesApart() throws {
    let shelf = ModelShelf(budget: 1000)
    _ = try take("a", from: shelf)
    let other = try shelf.model(String.self, at: spool.path("a")) { $0 }
    #expect(!other.wasResident && shelf.residentPaths.count == 2)
  }
}
