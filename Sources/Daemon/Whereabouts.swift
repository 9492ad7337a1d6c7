import Foundation
import Glibc
import Jobs
import Ledger
import Spooling

/// Where a job is, seen from outside the daemon: the folders say it, and the ledger of jobs whose folders were fetched.
package enum Whereabouts: Sendable, Equatable {
  /// In the inbox.
  case dropped
  /// Claimed; waiting or running.
  case claimed(id: String)
  case done
  case failed(id: String?, JobFailure?)
  case unknown

  package init(ofJobNamed name: String, in folders: SpoolFolders) {
    if let claim = Self.claim(named: name, in: folders) {
      self = .claimed(id: claim.id)
      return
    }
    let failed = folders.failed.appending(path: name)
    if Self.exists(folders.outbox.appending(path: name)) {
      self = .done
    } else if Self.exists(failed) {
      let failure = (try? Data(contentsOf: failed.appending(path: "error.json")))
        .flatMap { try? JobJSON.value(JobFailure.self, from: $0) }
      self = .failed(id: Publication(folders: folders).id(ofPublished: failed), failure)
    } else if let drops = try? Drop.scan(folders.inbox), drops.contains(where: { $0.stem == name }) {
      self = .dropped
    } else if let claim = Self.claim(named: name, in: folders) {
      // It was claimed while we looked.
      self = .claimed(id: claim.id)
    } else {
      self.init(recordedOf: name, in: folders)
    }
  }

  /// Of a job whose folder was fetched.
  private init(recordedOf name: String, in folders: SpoolFolders) {
    guard let last = try? Ledger.reading(path: folders.ledger.path).job(named: name) else {
      self = .unknown
      return
    }
    switch last.state {
    case .done: self = .done
    case .failed:
      let code = last.code.flatMap(JobFailure.Code.init) ?? .internalError
      self = .failed(id: last.id, JobFailure(code, last.message ?? ""))
    case .queued, .running: self = .claimed(id: last.id)
    }
  }

  private static func exists(_ folder: URL) -> Bool {
    var status = stat()
    return lstat(folder.path, &status) == 0
  }

  private static func claim(named name: String, in folders: SpoolFolders) -> Claim? {
    let ids = (try? FileManager.default.contentsOfDirectory(atPath: folders.active.path)) ?? []
    for id in ids where !id.hasPrefix(".") {
      let place = Claim.Place(id, in: folders)
      guard let data = try? Data(contentsOf: place.record),
        let claim = try? JobJSON.value(Claim.self, from: data), claim.name == name
      else { continue }
      return claim
    }
    return nil
  }
}
