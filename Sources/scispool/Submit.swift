import ArgumentParser
import Foundation
import Jobs
import Spooling

struct Submit: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Drops job files into the inbox, safely.",
    discussion: """
      EXAMPLE
        scispool submit night.json --spool /var/spool/scispool --wait

      The file is written under a hidden name, synced and renamed. With --wait the exit code is the job's.
      The daemon need not run: the job waits for it.
      """)

  @Argument(help: ArgumentHelp("Job files.", valueName: "job.json")) var jobs: [String]
  @OptionGroup var spool: SpoolOptions
  @Flag(help: "Wait until all are done, showing progress.") var wait = false

  func run() throws {
    let folders = try spool.folders
    guard access(folders.inbox.path, W_OK) == 0 else {
      throw JobFailure(
        .cannotWrite, "cannot write to \(folders.inbox.path): \(String(cString: strerror(errno)))",
        hint: "Name the spool with --spool, or start its daemon once.")
    }
    let contents = try jobs.map { path throws(JobFailure) -> (URL, Data) in
      let file = URL(filePath: path)
      guard let data = try? Data(contentsOf: file) else {
        throw JobFailure(
          .missingInput, "cannot read \(path): \(String(cString: strerror(errno)))", hint: "Check the path.")
      }
      do throws(JobFailure) { _ = try DroppedJob(reading: data) } catch {
        var failure = error
        failure.message = "\(path): \(failure.message)"
        throw failure
      }
      return (file, data)
    }
    if wait, !Self.isServed(folders) {
      throw JobFailure(
        .noDaemon, "no daemon serves \(folders.root.path)",
        hint: "Start one: scispool serve --spool \(folders.root.path). Without --wait the job is left for it."
      )
    }
    var names: [String] = []
    var taken: Set<String> = []
    for (file, data) in contents {
      let stem = file.deletingPathExtension().lastPathComponent
      let hidden = folders.inbox.appending(path: ".submit-\(UUID().uuidString)")
      try FileSystem.system.write(data, to: hidden)
      var name = folders.freeName(for: stem, taken: taken.union(waiting(folders)))
      // Another command may be quicker with the same name: its job is not replaced.
      while try !FileSystem.system.rename(hidden, to: folders.inbox.appending(path: "\(name).json")) {
        taken.insert(name)
        name = folders.freeName(for: stem, taken: taken.union(waiting(folders)))
      }
      taken.insert(name)
      names.append(name)
      if !wait { print(name) }
    }
    if wait { try Waiting(names, in: folders).follow(until: nil) }
  }

  /// Stems that lie in the inbox, and names of claimed jobs.
  private func waiting(_ folders: SpoolFolders) -> Set<String> {
    let drops = (try? Drop.scan(folders.inbox)) ?? []
    let claims = (try? FileManager.default.contentsOfDirectory(atPath: folders.active.path)) ?? []
    let claimed = claims.compactMap { id in
      (try? Data(contentsOf: Claim.Place(id, in: folders).record)).flatMap {
        try? JobJSON.value(Claim.self, from: $0)
      }?.name
    }
    return Set(drops.map(\.stem) + claimed)
  }

  /// Whether a daemon holds the spool's lock. Who may read the spool can tell.
  static func isServed(_ folders: SpoolFolders) -> Bool {
    let file = open(folders.lock.path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return false }
    defer { close(file) }
    // A daemon that starts this moment tries again for longer than the lock is held here.
    guard flock(file, LOCK_SH | LOCK_NB) == 0 else { return true }
    flock(file, LOCK_UN)
    return false
  }
}
