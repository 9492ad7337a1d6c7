import Foundation
import Glibc
import Synchronization
import Testing

@testable import Jobs

/// Somebody swaps links while paths are resolved.
@Suite(.timeLimit(.minutes(20)))
struct PathRaceTests {
  /// Runs the body while another thread does `swap` again and again.
  private func racing(_ swap: @escaping @Sendable () -> Void, _ body: () throws -> Void) rethrows {
    let flag = Flag()
    let ended = DispatchSemaphore(value: 0)
    let thread = Thread {
      while !flag.isSet.load(ordering: .relaxed) { swap() }
      ended.signal()
    }
    thread.start()
    defer {
      flag.isSet.store(true, ordering: .relaxed)
      ended.wait()
    }
    try body()
  }

  private final class Flag: Sendable { let isSet = Atomic(false) }

  @Test(arguments: ["file", "folder"])
  func `a link that is swapped never leads out`(what: String) throws {
    let folder = try TemporaryFolder()
    try folder.add(file: "spool/a.job/inside/x.png")
    try folder.add(file: "elsewhere/x.png")
    let root = folder.path
    let (job, link) = ("\(root)/spool/a.job", "\(root)/spool/a.job/link")
    let isFile = what == "file"
    let (inside, outside) =
      isFile ? ("\(job)/inside/x.png", "\(root)/elsewhere/x.png") : ("\(job)/inside", "\(root)/elsewhere")
    let resolver = PathResolver(jobFolder: job, spoolRoot: "\(root)/spool")
    let name = isFile ? "link" : "link/x.png"
    #expect(symlink(inside, link) == 0)
    var counts: [String: Int] = [:]
    racing({
      for target in [outside, inside] {
        symlink(target, link + ".new")
        rename(link + ".new", link)
      }
    }) {
      for _ in 0..<5000 {
        do throws(JobFailure) {
          let path = try resolver.resolve(name, as: .file, field: "latents")
          #expect(path == "\(job)/inside/x.png")
          counts["inside", default: 0] += 1
        } catch {
          #expect(error.code == .outsideSpool, "\(error)")
          counts["outside", default: 0] += 1
        }
      }
    }
    // Both were met, or nothing was raced.
    #expect(counts.count == 2, "\(counts)")
  }

  @Test func `path and kind are of one thing`() throws {
    let folder = try TemporaryFolder()
    try folder.add(file: "spool/file")
    try folder.add(folder: "spool/folder")
    let root = folder.path + "/spool"
    let link = root + "/link"
    #expect(symlink(root + "/file", link) == 0)
    racing({
      for target in ["/folder", "/file"] {
        symlink(root + target, link + ".new")
        rename(link + ".new", link)
      }
    }) {
      for _ in 0..<5000 {
        guard let found = FileLookup.system.found(link) else { continue }
        #expect(found.realPath == root + "/" + found.kind.rawValue)
      }
    }
  }
}
