import Foundation
import Glibc
import Jobs
import Threads

/// A job that the daemon has taken out of the inbox: a folder `active/<id>/` with all that is known of it.
///
/// - `claim.json`: this value.
/// - `drop/`: what was dropped, byte for byte: `job.json`, or the whole job folder.
/// - `output/`: what the worker builds; survives attempts, becomes the folder in the outbox.
/// - `log.txt`: the job's log so far.
/// - `held.json`: a ``Hold``, while somebody holds the job.
/// - `children.json`: the ``ChildList`` of a matrix, once all its jobs are claims themselves.
/// - `retried/`: the folder out of `failed/` that the job is made of again, until its files are in their places.
package struct Claim: Sendable, Equatable, Codable {
  package let id: String
  /// The name under which the job will be published.
  package internal(set) var name: String
  /// The name it was dropped under.
  package let fileName: String
  package let isFolder: Bool
  package let claimedAt: Date
  /// Who dropped it; nil in claims of earlier versions.
  package internal(set) var owner: JobOwner?
  /// Of the drop's files when it was claimed.
  package internal(set) var bytes: Int?
  /// The matrix that made the job, if one did.
  package internal(set) var parent: Parent?

  /// A job's place in a matrix.
  package struct Parent: Sendable, Equatable, Codable {
    /// Of the matrix's claim.
    package let id: String
    package let name: String
    /// Of the job among its children, from 1.
    package let number: Int
    /// Whether the matrix was dropped as a folder, whose files are the inputs of all.
    package let isFolder: Bool

    enum CodingKeys: String, CodingKey {
      case id, name, number
      case isFolder = "is_folder"
    }
  }

  enum CodingKeys: String, CodingKey {
    case id, name, owner, bytes, parent
    case fileName = "file_name"
    case isFolder = "is_folder"
    case claimedAt = "claimed_at"
  }

  /// The folders and files of a claim.
  package struct Place: Sendable, Equatable {
    package let folder: URL

    package init(_ id: String, in folders: SpoolFolders) { folder = folders.active.appending(path: id) }

    package var record: URL { folder.appending(path: "claim.json") }
    package var drop: URL { folder.appending(path: "drop") }
    package var output: URL { folder.appending(path: "output") }
    package var log: URL { folder.appending(path: "log.txt") }
    /// Where the job is about to appear: written when all is complete, before the rename.
    var mark: URL { folder.appending(path: "published.json") }
    /// What becomes the folder in `failed/`.
    package var failure: URL { folder.appending(path: "failure") }
    /// The folder in `failed/` that is tried again, as it came.
    var retried: URL { folder.appending(path: "retried") }
    var hold: URL { folder.appending(path: "held.json") }
    var children: URL { folder.appending(path: ChildList.fileName) }
    /// The job file as dropped.
    package var job: URL { drop.appending(path: "job.json") }
    /// Where the claim's drop lies.
    func target(of claim: Claim) -> URL { claim.isFolder ? drop : job }
  }
}

extension Claim {
  /// A drop that is to be taken.
  package struct Intent: Sendable {
    package let drop: Drop
    package let id: String
    package let name: String

    /// - Parameters:
    ///   - id: New for every claim.
    ///   - name: Not taken in outbox, failed or by another claim; see ``SpoolFolders/freeName(for:taken:)``.
    package init(_ drop: Drop, id: String, name: String) {
      (self.drop, self.id, self.name) = (drop, id, name)
    }
  }

  /// What became of an ``Intent``.
  package enum Taking: Sendable, Equatable {
    case taken(Claim)
    /// Its owner took it back.
    case gone
    /// It is still in the inbox, for example because it belongs to somebody else and the inbox's sticky bit is set.
    case refused(JobFailure)
  }

  /// Takes drops out of the inbox.
  ///
  /// The folders of the claims are made first, the rename of a drop into its folder is the claim itself: a crash before it
  /// leaves an empty claim that recovery removes, a crash after it a whole one. Several drops share the waits for the disk.
  ///
  /// - Returns: What became of each, in their order.
  /// - Throws: ``JobFailure`` `cannot_write`; some of the drops may have left the inbox then, which
  ///   ``all(in:files:)`` brings into order.
  package static func take(
    _ intents: [Intent], at now: Date, in folders: SpoolFolders, files: FileSystem = .system
  ) throws(JobFailure) -> [Taking] {
    guard !intents.isEmpty else { return [] }
    let width = FileSystem.waits
    _ = try concurrentMap(intents, width: width) { (intent) throws(JobFailure) in
      try prepare(intent, at: now, in: folders, files)
    }
    try files.sync([folders.active])
    let takings = try concurrentMap(intents, width: width) { (intent) throws(JobFailure) in
      try move(intent, at: now, in: folders, files)
    }
    // Where they were after where they are now: a power cut may leave a drop in both places, never in none.
    if takings.contains(where: { if case .taken = $0 { true } else { false } }) {
      try files.sync([folders.inbox])
    }
    return takings
  }

  private init(_ intent: Intent, at now: Date) {
    let drop = intent.drop
    self.init(
      id: intent.id, name: intent.name, fileName: drop.fileName, isFolder: drop.form == .folder,
      claimedAt: now,
      owner: JobOwner(uid: drop.owner), bytes: drop.bytes)
  }

  /// Makes the folder of a claim and its record.
  private static func prepare(
    _ intent: Intent, at now: Date, in folders: SpoolFolders, _ files: FileSystem
  ) throws(JobFailure) {
    let claim = Claim(intent, at: now)
    let place = Place(claim.id, in: folders)
    try files.makeFolder(place.folder, syncing: .none)
    if !claim.isFolder { try files.makeFolder(place.drop, syncing: .none) }
    try files.write(JobJSON.file(claim), to: place.record)
  }

  private static func move(
    _ intent: Intent, at now: Date, in folders: SpoolFolders, _ files: FileSystem
  ) throws(JobFailure) -> Taking {
    var claim = Claim(intent, at: now)
    let place = Place(claim.id, in: folders)
    let source = folders.inbox.appending(path: claim.fileName)
    let target = place.target(of: claim)
    var status = stat()
    do throws(JobFailure) {
      guard try files.rename(source, to: target, syncing: .target) else {
        throw JobFailure(.internalError, "the new claim \(claim.id) already holds a job")
      }
    } catch {
      guard lstat(target.path, &status) != 0 else { throw error }
      try files.remove(place.folder)
      return lstat(source.path, &status) != 0 ? .gone : .refused(error)
    }
    // Whose it is says what was taken, not what lay under that name before.
    if lstat(target.path, &status) == 0, status.st_uid != intent.drop.owner {
      claim.owner = JobOwner(uid: status.st_uid)
      try files.write(JobJSON.file(claim), to: place.record)
    }
    return .taken(claim)
  }

  /// Every whole claim in `active/`, oldest first; what a crash left half-made is cleared away.
  package static func all(in folders: SpoolFolders, files: FileSystem = .system) throws(JobFailure) -> [Claim]
  {
    let names: [String]
    do { names = try FileManager.default.contentsOfDirectory(atPath: folders.active.path) } catch {
      throw JobFailure(.cannotWrite, "cannot read \(folders.active.path): \(error.localizedDescription)")
    }
    var claims: [Claim] = []
    for id in names.sorted() {
      let place = Place(id, in: folders)
      guard !id.hasPrefix(".") else {
        try files.remove(place.folder)
        continue
      }
      var status = stat()
      let record = try PlainFile.value(Claim.self, at: place.record)
      if let record, lstat(place.retried.path, &status) == 0 { try record.unpackRetried(in: folders, files) }
      // The drop of a job folder is the renamed folder itself, which may be empty.
      let drop = record.map(place.target) ?? place.job
      let holdsDrop = lstat(drop.path, &status) == 0
      if let record, record.id == id,
        holdsDrop || hasContent(place.failure) || hasContent(place.output)
          || lstat(place.mark.path, &status) == 0
      {
        claims.append(record)
      } else if holdsDrop {
        // The record is written before the drop arrives; without one, somebody else has been here. Give the job back.
        _ = try files.rename(place.job, to: folders.inbox.appending(path: "\(id).json"))
      } else if !hasContent(place.output), !hasContent(place.drop) {
        try files.remove(place.folder)
      }
    }
    // A matrix before its children, and those in their order.
    return claims.sorted {
      ($0.claimedAt, $0.parent?.id ?? $0.id, $0.parent?.number ?? 0, $0.id)
        < ($1.claimedAt, $1.parent?.id ?? $1.id, $1.parent?.number ?? 0, $1.id)
    }
  }

  private static func hasContent(_ folder: URL) -> Bool {
    (try? FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty) == false
  }
}

extension SpoolFolders {
  /// The stem itself, or with -2, -3… appended: a name that neither outbox nor failed has, nor any of `taken`.
  package func freeName(for stem: String, taken: Set<String>) -> String {
    var status = stat()
    // A folder's name has at most 255 bytes; leave room for the number.
    var base = stem
    while base.utf8.count > 240 { base.removeLast() }
    var number = 1
    while true {
      let name = number == 1 ? base : "\(base)-\(number)"
      let isFree =
        !taken.contains(name) && lstat(outbox.path + "/" + name, &status) != 0
        && lstat(failed.path + "/" + name, &status) != 0
      if isFree { return name }
      number += 1
    }
  }
}
