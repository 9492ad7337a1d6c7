import Foundation
import Testing

@testable import Jobs

@Suite struct ResolvedTrainingTests {
  private let shape = LoRAShape(rank: 4, alpha: 8, targetModules: ["to_v", "to_q"])

  private func sft(_ fields: String...) throws -> SFTRequest {
    let text =
      fields.isEmpty ? trainingJob(.sft) : trainingJob(.sft, fields.joined(separator: ", "))
    guard case .sft(let job) = try trainingWork(text) else { throw CocoaError(.featureUnsupported) }
    return job
  }

  /// What a resolved job says when its file is dropped again.
  private func again(_ work: ResolvedJob.Work) throws -> JobRequest.Work {
    let file = try JobJSON.file(ResolvedJob(options: JobOptions(), work: work))
    return try trainingWork(String(decoding: file, as: UTF8.self))
  }

  @Test(arguments: ["reward", "sft", "oft"])
  func aResolvedExampleIsAJobFileThatSaysTheSame(name: String) throws {
    let file = SchemaTests.spool.appending(path: "examples/\(name).json")
    let work = try trainingWork(String(decoding: try Data(contentsOf: file), as: UTF8.self))
    switch work {
    case .reward(let job): #expect(try again(.reward(job)) == work)
    case .sft(let job):
      let resolved = try ResolvedSFT(job, initial: nil, maxSequenceLength: 77)
      guard case .sft(let read) = try again(.sft(resolved)) else { return }
      #expect(try ResolvedSFT(read, initial: nil, maxSequenceLength: 1).request == read)
      #expect(read.adapter.maxSequenceLength == 77 && read.adapter.rank == 16)
      #expect(read.adapter.validationPrompts.map(\.seed) == [7, 8, 40])
      #expect(try again(.sft(try ResolvedSFT(read, initial: nil, maxSequenceLength: 1))) == .sft(read))
    case .oft(let job):
      guard case .inline(let prompts) = job.prompts else { return }
      let resolved = try ResolvedOFT(job, prompts: prompts, initial: shape, maxSequenceLength: 77)
      guard case .oft(let read) = try again(.oft(resolved)) else { return }
      #expect(read.prompts == job.prompts && read.adapter.rank == 4 && read.detector == .boxes)
      let next = try ResolvedOFT(read, prompts: prompts, initial: shape, maxSequenceLength: 1)
      #expect(try again(.oft(next)) == .oft(read))
    default: Issue.record("not a training job")
    }
  }

  @Test func detectorModelsAndFilesReadBack() throws {
    let text = trainingJob(.oft, #""prompts": [{"prompt": "a", "object": "b"}]"#)
      .replacing(#""detector": "boxes""#, with: #""detector": {"model": "g", "text_threshold": 0.5}"#)
    guard case .oft(let job) = try trainingWork(text) else { return }
    let resolved = try ResolvedOFT(
      job, prompts: [EntityPrompt("c", object: "d")], initial: nil, maxSequenceLength: 77)
    guard case .oft(let read) = try again(.oft(resolved)) else { return }
    #expect(read.detector == .model("g", boxThreshold: 0.35, textThreshold: 0.5))
    #expect(read.prompts == .inline([EntityPrompt("c", object: "d")]))
  }

  @Test func aNewAdapterTakesTheJobsShapeAndThePapersDefaults() throws {
    #expect(try sft().adapter.shape(initial: nil) == .standard)
    let wanted = LoRAShape(rank: 2, alpha: 16, targetModules: ["a"])
    #expect(try sft(#""rank": 2"#, #""target_modules": ["a"]"#).adapter.shape(initial: nil) == wanted)
  }

  @Test func anInitialAdapterBringsItsShape() throws {
    #expect(try sft().adapter.shape(initial: shape) == shape)
    let same = try sft(#""rank": 4"#, #""lora_alpha": 8"#, #""target_modules": ["to_q", "to_v"]"#)
    #expect(try same.adapter.shape(initial: shape) == shape)
  }

  @Test(arguments: [
    (#""rank": 16"#, "rank"), (#""lora_alpha": 4"#, "lora_alpha"),
    (#""target_modules": ["to_q"]"#, "target_modules"),
  ])
  func refusesAnotherShapeThanTheInitialAdapters(field: String, name: String) throws {
    let failure = try #require(throws: JobFailure.self) { try sft(field).adapter.shape(initial: shape) }
    #expect(failure.code == .conflict && failure.field == name)
  }
}
