import Foundation
import Jobs
import Ledger
import Spooling

extension SpoolService {
  /// Fills a new ledger from the published folders, oldest first; one that was interrupted begins anew and skips what is there.
  ///
  /// What only the ledger knew, attempts and events, is gone; jobs, images and scores come back. A claim that was
  /// published and not yet removed is left to `recover()`.
  func fillLedger() throws(JobFailure) {
    let open = Set(try Claim.all(in: options.folders, files: options.files).map(\.id))
    var count = 0
    for folder in Self.folders(in: options.folders.outbox) + Self.folders(in: options.folders.failed) {
      guard let id = publication.id(ofPublished: folder), !open.contains(id) else { continue }
      count += try record(published: folder, id) ? 1 : 0
    }
    try ledger.noteFilled()
    if count > 0 {
      log.warning("the ledger lacked \(count) published jobs: they were recorded from their folders")
    }
  }

  private func record(published folder: URL, _ id: String) throws(JobFailure) -> Bool {
    func value<Value: Decodable>(_ type: Value.Type, in file: String) -> Value? {
      (try? Data(contentsOf: folder.appending(path: file))).flatMap { try? JobJSON.value(type, from: $0) }
    }
    let name = folder.lastPathComponent
    func record(_ kind: String?, at date: Date) {
      ledger.record(
        claimed: id, name: name, fileName: "\(name).json", kind: kind, options: JobOptions(),
        owner: publication.owner(ofPublished: folder), parent: publication.parent(ofPublished: folder)?.id,
        at: date)
    }
    if let result = value(JobResult.self, in: "result.json") {
      record(result.outcome.kind.rawValue, at: result.started)
      return try ledger.finish(
        id, attempt: nil, images: LedgerImage.all(of: result.outcome), at: result.finished)
    }
    if let result = value(MatrixResult.self, in: "result.json") {
      record(MatrixResult.kind, at: result.started)
      return try ledger.finish(id, attempt: nil, images: [], at: result.finished)
    }
    guard let failure = value(JobFailure.self, in: "error.json") else { return false }
    let date = Self.date(of: folder)
    record(nil, at: date)
    return try ledger.fail(id, attempt: nil, failure: failure, at: date)
  }

  private static func date(of folder: URL) -> Date {
    (try? FileManager.default.attributesOfItem(atPath: folder.path))?[.modificationDate] as? Date ?? Date()
  }

  private static func folders(in folder: URL) -> [URL] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.sorted().map { folder.appending(path: $0) }.sorted { date(of: $0) < date(of: $1) }
  }
}
