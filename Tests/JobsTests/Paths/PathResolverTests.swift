import Foundation
import Testing

@testable import Jobs

/// A folder that is gone when the test is over.
final class TemporaryFolder {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "jobs-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.resolvingSymlinksInPath().path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func add(folder: String) throws {
    try FileManager.default.createDirectory(atPath: "\(path)/\(folder)", withIntermediateDirectories: true)
  }

  func add(file: String) throws {
    try add(folder: (file as NSString).deletingLastPathComponent)
    try Data("x".utf8).write(to: URL(filePath: "\(path)/\(file)"))
  }

  func add(link: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(atPath: "\(path)/\(link)", withDestinationPath: target)
  }
}

@Suite struct PathResolverTests {
  private let folder: TemporaryFolder
  private let resolver: PathResolver

  init() throws {
    folder = try TemporaryFolder()
    for name in [
      "spool/inbox/a.job", "spool/models/flux-mini", "spool/models/clip-mini", "spool/models/notes",
      "elsewhere", "allowed",
    ] {
      try folder.add(folder: name)
    }
    for file in [
      "spool/inbox/a.job/near.png", "spool/far.png", "spool/near.png", "elsewhere/secret", "allowed/in.png",
      "spool/models/flux-mini/model_index.json", "spool/models/clip-mini/config.json",
    ] {
      try folder.add(file: file)
    }
    let root = folder.path
    resolver = PathResolver(
      jobFolder: "\(root)/spool/inbox/a.job", spoolRoot: "\(root)/spool", allowedRoots: ["\(root)/allowed"])
  }

  private func code(_ path: String, as expectation: PathResolver.Expectation = .file) -> JobFailure.Code? {
    do throws(JobFailure) {
      _ = try resolver.resolve(path, as: expectation, field: "latents")
      return nil
    } catch {
      #expect(error.field == "latents")
      return error.code
    }
  }

  @Test func looksInTheJobsFolderFirstThenInTheSpoolRoot() throws {
    #expect(
      try resolver.resolve("near.png", as: .file, field: "f") == "\(folder.path)/spool/inbox/a.job/near.png")
    #expect(try resolver.resolve("far.png", as: .file, field: "f") == "\(folder.path)/spool/far.png")
    #expect(try resolver.resolve("../../far.png", as: .file, field: "f") == "\(folder.path)/spool/far.png")
    #expect(
      try resolver.resolve("\(folder.path)/allowed/in.png", as: .file, field: "f")
        == "\(folder.path)/allowed/in.png")
  }

  @Test func keepsInsideTheRoots() throws {
    try folder.add(link: "spool/link", to: "../elsewhere/secret")
    try folder.add(link: "spool/folder", to: "../elsewhere")
    try folder.add(link: "spool/loop", to: "loop")
    for path in [
      "\(folder.path)/elsewhere/secret", "../../../elsewhere/secret", "link", "folder/secret", "/etc/passwd",
    ] {
      #expect(code(path) == .outsideSpool, "\(path)")
    }
    #expect(code("loop") == .missingInput)
    #expect(code("missing.png") == .missingInput)
  }

  @Test func takesNoSiblingForTheSpool() {
    #expect(!PathResolver.path("/spool-evil/x", isInside: "/spool"))
    #expect(PathResolver.path("/spool/x", isInside: "/spool"))
    #expect(PathResolver.path("/anything", isInside: "/"))
  }

  @Test func refusesWhatIsNoFile() throws {
    #expect(mkfifo("\(folder.path)/spool/pipe", 0o600) == 0)
    #expect(code("pipe") == .badInput)
    #expect(code("models") == .badInput)
    #expect(code("far.png", as: .folder) == .badInput)
    let failure = try #require(throws: JobFailure.self) {
      try resolver.resolve("pipe", as: .file, field: "f")
    }
    #expect(failure.message == "\"pipe\" is a FIFO, expected a file")
  }

  @Test(arguments: ["", "a\0b", String(repeating: "x", count: 5000)])
  func refusesImpossiblePaths(path: String) {
    #expect(code(path) == .badPath)
  }

  @Test(arguments: [
    "-rf.png", "a b.png", "größe 🍏.png", "two\nlines.png", "--help", "$(x).png", "quote\".png",
  ])
  func takesUnusualNamesAsTheyAre(name: String) throws {
    try folder.add(file: "spool/\(name)")
    #expect(try resolver.resolve(name, as: .file, field: "f") == "\(folder.path)/spool/\(name)")
    let failure = try #require(throws: JobFailure.self) {
      try resolver.resolve(name + "?", as: .file, field: "f")
    }
    #expect(!failure.message.contains("\n"))
  }

  @Test func findsModelsByNameAndByPath() throws {
    for name in ["flux-mini", "models/flux-mini", "\(folder.path)/spool/models/flux-mini"] {
      #expect(try resolver.resolveModel(name, field: "model") == "\(folder.path)/spool/models/flux-mini")
    }
  }

  @Test func namesTheModelsThereAre() throws {
    let failure = try #require(throws: JobFailure.self) {
      try resolver.resolveModel("flux-mimi", field: "model")
    }
    #expect(failure.code == .missingInput && failure.code.exitCode == 66)
    #expect(failure.message == "there is no model \"flux-mimi\"; did you mean \"flux-mini\"?")
    #expect(failure.hint == "The spool's models/ has clip-mini, flux-mini.")
  }
}
