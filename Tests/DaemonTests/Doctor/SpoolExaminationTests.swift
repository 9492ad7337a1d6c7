import Daemon
import Foundation
import Glibc
import Jobs
import Testing

struct SpoolExaminationTests {
  private func bad(_ spool: TemporarySpool, at now: Date = Date()) -> [String: JobFailure.Code] {
    var codes: [String: JobFailure.Code] = [:]
    for finding in SpoolExamination(spool.folders).findings(at: now) {
      if case .bad(let code) = finding.grade {
        codes[finding.subject] = code
        #expect(finding.advice != nil, "\(finding)")
      }
    }
    return codes
  }

  @Test func `finds nothing bad in a spool that works`() throws {
    let spool = try TemporarySpool()
    defer { spool.remove() }
    #expect(bad(spool).isEmpty)
    try spool.drop(TemporarySpool.job(), as: "a.json")
    try spool.drain()
    #expect(bad(spool).isEmpty)
  }

  @Test func `finds missing folders, a damaged ledger and a clock that went back`() throws {
    let spool = try TemporarySpool()
    defer { spool.remove() }
    try spool.drop(TemporarySpool.job(), as: "a.json")
    try spool.drain()
    #expect(bad(spool, at: Date().addingTimeInterval(-3600)) == ["clock": .badInput])
    #expect(rmdir(spool.folders.answers.path) == 0)
    #expect(bad(spool) == ["folder": .missingInput])
    for ending in ["-wal", "-shm"] {
      try? FileManager.default.removeItem(atPath: spool.folders.ledger.path + ending)
    }
    try Data(repeating: 7, count: 9000).write(to: spool.folders.ledger)
    #expect(bad(spool)["ledger"] == .badInput)
  }
}
