import Foundation
import Testing

@testable import Jobs

@Suite struct JobMatrixTests {
  private func matrix(_ text: String) throws -> JobMatrix {
    guard case .matrix(let matrix) = try DroppedJob(reading: Data(text.utf8)) else {
      throw JobFailure(.internalError, "one job")
    }
    return matrix
  }

  private func generate(_ matrix: String, _ more: String = "") -> String {
    #"{"kind": "generate", "model": "m", "prompts": ["a \"green\" apple"]\#(more), "matrix": \#(matrix)}"#
  }

  private func failure(_ text: String) throws -> JobFailure {
    try #require(throws: JobFailure.self) { try DroppedJob(reading: Data(text.utf8)) }
  }

  @Test func everyCombinationIsAJobAndTheLastFieldChangesFastest() throws {
    let matrix = try matrix(
      generate(
        #"{"seed": [9223372036854775807, 2], "sampler.s_churn": [0, 0.10]}"#, #", "sampler": {"kind": "sde"}"#
      ))
    #expect(matrix.axes == ["seed", "sampler.s_churn"])
    #expect(matrix.children.map(\.number) == [1, 2, 3, 4])
    #expect(
      matrix.children.map { "\($0.values["seed"]!) \($0.values["sampler.s_churn"]!)" }
        == ["9223372036854775807 0", "9223372036854775807 0.10", "2 0", "2 0.10"])
    for child in matrix.children {
      guard case .single(let request) = try DroppedJob(reading: Data(child.text.utf8)) else {
        Issue.record("a matrix in a matrix")
        continue
      }
      #expect(request == child.request)
      guard case .generate(let job) = request.work, case .sde(let churn, _) = job.sampler else {
        Issue.record("another job")
        continue
      }
      #expect("\(job.seed)" == child.values["seed"] && churn == Double(child.values["sampler.s_churn"]!))
    }
  }

  @Test func fieldsOfTheWholeStayWithIt() throws {
    let matrix = try matrix(
      generate(
        #"{"seed": [1, 2]}"#,
        #", "unique_key": "k", "on_conflict": "replace", "priority": 3, "after": ["x"], "labels": {"a": "b"}"#
      ))
    #expect(matrix.options.uniqueKey == "k" && matrix.options.onConflict == .replace)
    #expect(matrix.options.priority == 3 && matrix.options.labels == ["a": "b"])
    #expect(matrix.options.after.isEmpty)
    for child in matrix.children {
      #expect(child.request.options.uniqueKey == nil)
      #expect(child.request.options.after == ["x"] && child.request.options.priority == 3)
    }
  }

  @Test func whatTrainingsMakeGetsNamesOfItsOwn() throws {
    let job =
      #"{"kind": "sft", "model": "m", "dataset": "d", "output": "o", "matrix": {"learning_rate": [1e-5, 1e-4]}}"#
    let names = try matrix(job).children.map { child in
      guard case .sft(let request) = child.request.work else { return "" }
      return request.output
    }
    #expect(names == ["o-1", "o-2"])
    let named = #"{"kind": "sft", "model": "m", "dataset": "d", "matrix": {"output": ["x", "y"]}}"#
    #expect(try matrix(named).children.map { $0.values["output"] } == ["\"x\"", "\"y\""])
  }

  @Test(
    arguments: [
      ("[1]", "matrix: found a list of 1, expected an object"), ("{}", "is an empty object"),
      (#"{"seed": 1}"#, "matrix.seed: found 1, expected a list of one or more values"),
      (#"{"seed": []}"#, "matrix.seed: found a list of 0"),
      (#"{"": [1]}"#, "is no name of a field"), (#"{"sampler.": [1]}"#, "is no name of a field"),
      (#"{"kind": ["score"]}"#, "matrix.kind: is the same for all jobs"),
      (#"{"matrix": [1]}"#, "matrix.matrix: is the same for all jobs"),
      (#"{"unique_key": ["a"]}"#, "is the same for all jobs"),
      (#"{"model": ["a"]}"#, "matrix.model: stands beside the matrix, too"),
      (#"{"model.x": ["a"]}"#, "\"model\" is \"m\", no object"),
      (#"{"sampler": [{}], "sampler.kind": ["ode"]}"#, "set the same field"),
      (#"{"sed": [1]}"#, "unknown field \"sed\"; did you mean \"seed\"?"),
      (#"{"seed": [1, -1]}"#, "job 2 of the matrix, seed = -1"),
    ])
  func problemsAreNamed(matrix: String, message: String) throws {
    let failure = try failure(generate(matrix))
    #expect("\(failure.message)\n\(failure)".contains(message), "\(failure)")
    #expect(failure.problems.allSatisfy { $0.line == 1 && $0.column != nil })
  }

  @Test func placesAreThoseOfTheFile() throws {
    let failure = try failure(
      "{\"kind\": \"generate\", \"model\": \"m\", \"prompts\": [\"a\"],\n\"matrix\": {\"seed\":\n [1, \"x\"]}}"
    )
    #expect(failure.problems.first?.line == 3 && failure.problems.first?.column == 6)
    #expect(failure.problems.first?.field == "seed")
  }

  @Test func tooManyOrTooLargeAreRefusedBeforeTheyAreMade() throws {
    let many = "[\((0..<32).map(String.init).joined(separator: ","))]"
    let failure = try failure(generate("{\"seed\": \(many), \"height\": \(many)}"))
    #expect(failure.code == .outOfRange && failure.message.contains("makes 1024 jobs, at most 1000"))
    let long = String(repeating: "x", count: 200_000)
    let large = """
      {"kind": "generate", "model": "m", "prompts": ["\(long)"], "labels": {}, "matrix": {"seed": [\
      \((0..<500).map(String.init).joined(separator: ","))]}}
      """
    #expect(try self.failure(large).code == .outOfRange || self.failure(large).code == .tooLarge)
  }

  @Test func oneJobHasNoMatrix() throws {
    let failure = try #require(throws: JobFailure.self) {
      try JobRequest(reading: Data(generate(#"{"seed": [1]}"#).utf8))
    }
    #expect(failure.code == .conflict && failure.field == "matrix")
  }
}
