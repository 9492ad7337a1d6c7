import Foundation
import Testing

@testable import Jobs

@Suite struct JobFailureTests {
  @Test func errorJSONAlwaysHasTheFourNames() throws {
    let file = try JobJSON.file(JobFailure(.workerDied, "the worker was killed by signal 9"))
    let values = try #require(JSONSerialization.jsonObject(with: file) as? [String: Any])
    #expect(Set(values.keys) == ["code", "message", "hint", "field", "disposition"])
    #expect(values["code"] as? String == "worker_died" && values["hint"] is NSNull)
  }

  @Test func leadsWithTheFirstProblemAndKeepsAll() throws {
    let text = generateJob("\"heigth\": 64", "\"steps\": 4")
    let failure = try #require(throws: JobFailure.self) { try JobRequest(reading: Data(text.utf8)) }
    #expect(failure.code == .unknownField && failure.field == "heigth")
    #expect(failure.message.hasSuffix("(and 1 more; see problems)"))
    #expect(try JobJSON.value(JobFailure.self, from: JobJSON.file(failure)) == failure)
  }

  @Test func exitCodesAreThoseOfSysexits() {
    let expected: [JobFailure.Code: Int32] = [
      .usage: 64, .notJSON: 65, .unknownField: 65, .badInput: 65, .outsideSpool: 65, .missingInput: 66,
      .noDaemon: 69,
      .internalError: 70, .cannotWrite: 73, .busy: 75,
    ]
    for (code, exit) in expected { #expect(code.exitCode == exit, "\(code)") }
    #expect(JobFailure.Code.allCases.allSatisfy { (64...75).contains($0.exitCode) })
  }

  @Test func onlyTheMachinesFailuresAreTriedAgain() {
    #expect(JobFailure(.cannotWrite, "read-only").disposition == .retry)
    #expect(JobFailure(.diskFull, "no space left").disposition == .hold)
    #expect(JobFailure(.unknownField, "x").disposition == .reject)
    #expect(JobFailure(.internalError, "x").disposition == .quarantine)
    #expect(JobFailure(.workerDied, "x", disposition: .quarantine).disposition == .quarantine)
  }
}
