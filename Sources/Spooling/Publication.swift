import Foundation
import Glibc
import Jobs

/// The end of a claim: its folder appears in the outbox or in `failed/` by one rename, complete and synced.
package struct Publication: Sendable {
  package let folders: SpoolFolders
  package let files: FileSystem
  private let bootID: String?

  /// - Parameter bootID: Which run of the machine this is.
  package init(folders: SpoolFolders, files: FileSystem = .system, bootID: String? = BootID.current()) {
    (self.folders, self.files, self.bootID) = (folders, files, bootID)
  }

  /// How far a claim has come, as the folders tell it.
  package enum Standing: Sendable, Equatable {
    /// Waiting, or at work.
    case open
    /// The output is complete and goes to the outbox.
    case finished
    /// The reason of a failure is written down, the folder in `failed/` is not there yet.
    case failing(JobFailure)
    /// In the outbox, or taken from there already.
    case done
    /// In `failed/`, or taken from there already.
    case failed
  }

  /// Publishes the worker's output folders, with the logs, as `outbox/<name>/`: the disk is waited for twice, however many
  /// there are.
  ///
  /// - Returns: The claims under the names they appeared under: another number when a person had taken the name meanwhile.
  package func publish(_ claims: [Claim]) throws(JobFailure) -> [Claim] {
    let places = claims.map { Claim.Place($0.id, in: folders) }
    for (claim, place) in zip(claims, places) {
      try moveLog(of: place, to: place.output)
      try mark(place.output, of: claim, isDone: true)
    }
    return try appear(zip(claims, places).map { ($0, $1.output) }, in: folders.outbox)
  }

  /// Publishes a failure as `failed/<name>/`: the drop as it was, `error.json` and the log.
  ///
  /// - Returns: As of ``publish(_:)``, for one.
  package func publish(_ failure: JobFailure, of claim: Claim) throws(JobFailure) -> Claim {
    let place = Claim.Place(claim.id, in: folders)
    try files.makeFolder(place.failure)
    // The reason first: from here on a restart goes on with this failure, see `standing(of:)`.
    try files.write(JobJSON.file(failure), to: place.failure.appending(path: "error.json"))
    var status = stat()
    // The drop moves over entry by entry; what an earlier, interrupted try moved already is there.
    if lstat(place.drop.path, &status) == 0 {
      let entries = (try? FileManager.default.contentsOfDirectory(atPath: place.drop.path)) ?? []
      for entry in entries.sorted() {
        try move(place.drop.appending(path: entry), into: place.failure)
      }
    }
    if let list = try ChildList(of: claim, in: folders) {
      try files.put(JobJSON.file(list), to: place.failure.appending(path: ChildList.fileName))
    }
    try moveLog(of: place, to: place.failure)
    try mark(place.failure, of: claim, isDone: false)
    return try appear([(claim, place.failure)], in: folders.failed)[0]
  }

  /// - Throws: ``JobFailure`` `cannot_write` when the disk does not say: taken for one that has not run, a published job
  ///   would be run and published again.
  package func standing(of claim: Claim) throws(JobFailure) -> Standing {
    let place = Claim.Place(claim.id, in: folders)
    for (folder, standing) in [(folders.outbox, Standing.done), (folders.failed, .failed)] {
      let file = folder.appending(path: claim.name).appending(path: PublishedMark.fileName)
      if try PlainFile.value(PublishedMark.self, at: file)?.id == claim.id { return standing }
    }
    var status = stat()
    if let mark = try PlainFile.value(PublishedMark.self, at: place.mark), mark.id == claim.id {
      // Marked, and the folder has left: somebody fetched the result before we could note it.
      let source = mark.isDone ? place.output : place.failure
      if lstat(source.path, &status) != 0 { return mark.isDone ? .done : .failed }
      // Of another run of the machine, the mark may have come to the disk before all of the output had.
      if mark.isDone, mark.bootID == nil || mark.bootID == bootID { return .finished }
    }
    let reason = place.failure.appending(path: "error.json")
    return try PlainFile.value(JobFailure.self, at: reason).map(Standing.failing) ?? .open
  }

  /// The id of the job that a folder in the outbox or in `failed/` is of; nil for a folder that is not ours.
  package func id(ofPublished folder: URL) -> String? { PublishedMark(in: folder)?.id }

  /// The folder of a finished or failed job; nil where there is none of ours.
  package func folder(ofJobNamed name: String) -> URL? {
    // A name with a slash would lead elsewhere.
    guard !name.contains("/"), ![".", ".."].contains(name) else { return nil }
    return [folders.outbox, folders.failed].map { $0.appending(path: name) }.first {
      id(ofPublished: $0) != nil
    }
  }

  /// Who had dropped the job that a folder in the outbox or in `failed/` is of.
  package func owner(ofPublished folder: URL) -> JobOwner? { PublishedMark(in: folder)?.owner }

  /// The matrix that made the job that a folder in the outbox or in `failed/` is of.
  package func parent(ofPublished folder: URL) -> Claim.Parent? { PublishedMark(in: folder)?.parent }

  /// Takes a published claim out of those that a restart takes up.
  ///
  /// It leaves by one rename: a claim that is half removed could be taken for one that was never run.
  ///
  /// - Returns: What is left of it, to be removed whenever there is time.
  package func forget(_ claim: Claim) throws(JobFailure) -> URL {
    let rest = folders.active.appending(path: ".\(claim.id)")
    // Should a power cut bring it back, the mark and the ledger tell that it was published.
    _ = try files.rename(Claim.Place(claim.id, in: folders).folder, to: rest, syncing: .none)
    return rest
  }

  /// Files of the drop that bear our names keep their content under another one.
  private func move(_ entry: URL, into folder: URL) throws(JobFailure) {
    let target = folder.appending(path: FailedFolder.name(of: entry.lastPathComponent))
    guard try files.rename(entry, to: target) else {
      throw JobFailure(.internalError, "\(target.path) is there already")
    }
  }

  private func moveLog(of place: Claim.Place, to folder: URL) throws(JobFailure) {
    let target = folder.appending(path: "log.txt")
    var status = stat()
    guard lstat(place.log.path, &status) == 0 else {
      if lstat(target.path, &status) != 0 { try files.put(Data(), to: target) }
      return
    }
    if try files.rename(place.log, to: target, syncing: .none) { return }
    // An interrupted publication has moved the log there that the job had then.
    var log = Data()
    for part in [target, place.log] {
      do throws(JobFailure) { log += try PlainFile.content(of: part, limit: .max) } catch {
        guard error.code != .cannotWrite else { throw error }
      }
    }
    try files.put(log, to: target)
    try files.remove(place.log)
  }

  /// Says in a folder, and beside the claim, which job it is of.
  private func mark(_ folder: URL, of claim: Claim, isDone: Bool) throws(JobFailure) {
    let mark = PublishedMark(of: claim, isDone: isDone, bootID: bootID ?? "unknown")
    let file = folder.appending(path: PublishedMark.fileName)
    try files.put(JobJSON.file(mark), to: file)
    try files.link(file, as: Claim.Place(claim.id, in: folders).mark)
  }

  /// Renames marked folders to where they are seen.
  private func appear(_ marked: [(Claim, URL)], in target: URL) throws(JobFailure) -> [Claim] {
    // The logs, the marks and whatever the worker wrote.
    try files.syncTrees(
      marked.map(\.1), and: marked.map { Claim.Place($0.0.id, in: folders).folder })
    var claims: [Claim] = []
    for (claim, folder) in marked {
      var claim = claim
      while try !files.rename(folder, to: target.appending(path: claim.name), syncing: .none) {
        claim.name = folders.freeName(for: claim.name, taken: [claim.name])
        try files.write(JobJSON.file(claim), to: Claim.Place(claim.id, in: folders).record)
      }
      claims.append(claim)
    }
    try files.sync([target])
    return claims
  }
}
