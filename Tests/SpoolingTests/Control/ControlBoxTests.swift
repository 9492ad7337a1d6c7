import Foundation
import Glibc
import Jobs
import Spooling
import Testing

struct ControlBoxTests {
  let spool: TemporaryFolders
  let box: ControlBox

  init() throws {
    spool = try TemporaryFolders()
    box = ControlBox(folders: spool.folders)
  }

  @Test func `hands requests over oldest first, and answers back once`() throws {
    defer { spool.remove() }
    let asked = [
      ControlRequest(.hold, name: "a", reason: "not now"), ControlRequest(.cancel, name: "b", id: "1"),
    ]
    let ids = try asked.map { request throws(JobFailure) in
      defer { usleep(20_000) }
      return try box.post(request)
    }
    let posted = try box.requests()
    #expect(posted.map(\.id) == ids)
    #expect(try posted.map { try $0.content.get() } == asked)
    #expect(posted.map(\.owner) == [NSUserName(), NSUserName()])
    try box.answer(posted[0], .done("held a"), at: Date())
    #expect(try box.requests().map(\.id) == [ids[1]])
    #expect(box.takeAnswer(to: ids[0]) == .done("held a") && box.takeAnswer(to: ids[0]) == nil)
    let refusal = ControlAnswer.refused(JobFailure(.missingInput, "no", hint: "look"))
    try box.answer(posted[1], refusal, at: Date())
    #expect(box.takeAnswer(to: ids[1]) == refusal)
  }

  @Test func `clears answers away that nobody fetches`() throws {
    defer { spool.remove() }
    for _ in 0..<2 { _ = try box.post(ControlRequest(.release, name: "a")) }
    let posted = try box.requests()
    try box.answer(posted[0], .done("old"), at: Date())
    try box.answer(posted[1], .done("new"), at: Date().addingTimeInterval(3602))
    #expect(try spool.names(in: spool.folders.answers) == ["\(posted[1].id).json"])
  }

  @Test(arguments: ["", ".", "..", "a/b", "/etc"])
  func `takes no path for a name`(name: String) throws {
    defer { spool.remove() }
    _ = try box.post(ControlRequest(.retry, name: name))
    let failure = #expect(throws: JobFailure.self) { try box.requests()[0].content.get() }
    #expect(failure?.code == .badInput && failure?.field == "name")
  }
}
