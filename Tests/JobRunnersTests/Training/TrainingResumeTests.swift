import Foundation
import Jobs
import Synchronization
import Testing

@testable import JobRunners

extension ComputingTests {
  /// Whatever ends an attempt: what the job makes in the end is the same, byte for byte.
  @Suite struct TrainingResumeTests {
    private let training: TrainingSpool
    private var spool: TemporarySpool { training.spool }

    init() throws { training = try TrainingSpool() }

    @Test(arguments: 0..<3)
    func `a run killed at any step ends with the bytes of a run that was not`(kind: Int) throws {
      let (job, product) = TrainingSpool.kinds[kind]
      // A copy of the output folder is what a kill at that moment leaves.
      let moments = Mutex(0)
      let context = JobContext(progress: { [spool] _ in
        let number = moments.withLock {
          $0 += 1
          return $0
        }
        try? FileManager.default.copyItem(atPath: spool.path("whole"), toPath: spool.path("killed-\(number)"))
      })
      let whole = try spool.run(job, output: "whole", context)
      let expected = try spool.read("whole/\(product)")
      let metrics = try training.metrics("whole")
      let count = moments.withLock { $0 }
      #expect(count >= 3)
      for number in 1...count {
        let result = try spool.run(job, output: "killed-\(number)")
        #expect(try spool.read("killed-\(number)/\(product)") == expected, "moment \(number)")
        #expect(try training.metrics("killed-\(number)") == metrics, "moment \(number)")
        #expect(try trained(result).validation == trained(whole).validation, "moment \(number)")
        #expect(try trained(result).resumedFrom != nil || number < 3)
        #expect(!FileManager.default.fileExists(atPath: spool.path("killed-\(number)/.checkpoints")))
      }
    }

    @Test(arguments: 0..<3)
    func `a run asked to stop writes a checkpoint and goes on from it`(kind: Int) throws {
      let (job, product) = TrainingSpool.kinds[kind]
      _ = try spool.run(job, output: "whole")
      let steps = Mutex(0)
      let context = JobContext(
        progress: { progress in steps.withLock { $0 = progress.step } },
        isCancelled: { steps.withLock { $0 } >= 2 })
      let failure = #expect(throws: JobFailure.self) { try spool.run(job, output: "stopped", context) }
      #expect(failure?.code == .cancelled)
      let result = try spool.run(job, output: "stopped")
      // A round that is broken off is repeated as a whole; a step is finished first, whether a checkpoint is due or not.
      #expect(try trained(result).resumedFrom == (kind == 2 ? 2 : 3))
      #expect(try spool.read("stopped/\(product)") == spool.read("whole/\(product)"))
      #expect(try training.metrics("stopped") == training.metrics("whole"))
    }

    @Test func `a damaged checkpoint is passed over with the reason`() throws {
      let lines = Mutex<[String]>([])
      let stop = Mutex(false)
      let context = JobContext(
        progress: { progress in stop.withLock { $0 = progress.step >= 4 } },
        isCancelled: { stop.withLock { $0 } })
      _ = try spool.run(TrainingSpool.sft, output: "whole")
      _ = #expect(throws: JobFailure.self) { try spool.run(TrainingSpool.sft, output: "hurt", context) }
      let folder = spool.path("hurt/.checkpoints")
      let newest = try #require(FileManager.default.contentsOfDirectory(atPath: folder).sorted().last)
      var bytes = try spool.read("hurt/.checkpoints/\(newest)/learner.safetensors")
      bytes[bytes.count - 3] ^= 0x10
      try spool.write(bytes, to: "hurt/.checkpoints/\(newest)/learner.safetensors")
      let result = try spool.run(
        TrainingSpool.sft, output: "hurt",
        JobContext(log: { line in lines.withLock { $0.append(line.message) } }))
      #expect(try trained(result).resumedFrom == 4)
      #expect(
        lines.withLock { $0 }.contains {
          $0 == "checkpoint \(newest) is passed over: learner.safetensors is not what was written"
        })
      #expect(
        try spool.read("hurt/pytorch_lora_weights.safetensors")
          == spool.read("whole/pytorch_lora_weights.safetensors"))
    }

    @Test func `a checkpoint of another job is not gone on from`() throws {
      let stop = Mutex(false)
      let context = JobContext(
        progress: { progress in stop.withLock { $0 = progress.step >= 3 } },
        isCancelled: { stop.withLock { $0 } })
      _ = #expect(throws: JobFailure.self) { try spool.run(TrainingSpool.sft, output: "other", context) }
      let changed = TrainingSpool.sft.replacing("\"seed\": 5", with: "\"seed\": 6")
      let result = try spool.run(changed, output: "other")
      #expect(try trained(result).resumedFrom == nil)
      _ = try spool.run(changed, output: "alone")
      #expect(
        try spool.read("other/pytorch_lora_weights.safetensors")
          == spool.read("alone/pytorch_lora_weights.safetensors"))
    }

    @Test func `newer checkpoints of another job do not outlive the ones that are written`() throws {
      try stop(TrainingSpool.sft, after: 5, output: "other")
      let changed = TrainingSpool.sft.replacing("\"seed\": 5", with: "\"seed\": 6")
      try stop(changed, after: 2, output: "other")
      #expect(try trained(spool.run(changed, output: "other")).resumedFrom == 3)
      _ = try spool.run(changed, output: "alone")
      #expect(
        try spool.read("other/pytorch_lora_weights.safetensors")
          == spool.read("alone/pytorch_lora_weights.safetensors"))
    }

    @Test func `changed prompts begin anew`() throws {
      try stop(TrainingSpool.sft, after: 3, output: "other")
      let rows = String(decoding: try spool.read("data/metadata.jsonl"), as: UTF8.self)
      try spool.write(Data(rows.replacing("too early", with: "too late").utf8), to: "data/metadata.jsonl")
      #expect(try trained(spool.run(TrainingSpool.sft, output: "other")).resumedFrom == nil)
    }

    /// A promotion, even the job's own just before it was killed, moves what `current` means.
    @Test func `attempts begin with the adapter that the first one found`() throws {
      _ = try spool.run(TrainingSpool.sft, output: "first")
      let job = TrainingSpool.oft(#", "init_adapter": {"name": "current"}"#)
        .replacing(#""rank": 2, "lora_alpha": 2, "#, with: "")
      _ = try spool.run(job, output: "whole")
      try stop(job, after: 2, output: "stopped")
      _ = try spool.run(TrainingSpool.sft.replacing("\"seed\": 5", with: "\"seed\": 6"), output: "second")
      #expect(try trained(spool.run(job, output: "stopped")).resumedFrom != nil)
      #expect(
        try spool.read("stopped/last/pytorch_lora_weights.safetensors")
          == spool.read("whole/last/pytorch_lora_weights.safetensors"))
    }

    /// Rounds between checkpoints are not lost when a job is asked to stop in the middle of another.
    @Test func `a round that is broken off leaves the rounds before it`() throws {
      let job = TrainingSpool.oft(#", "checkpointing_steps": 3"#)
      _ = try spool.run(job, output: "whole")
      try stop(job, after: 2, output: "stopped")
      #expect(try trained(spool.run(job, output: "stopped")).resumedFrom == 2)
      #expect(
        try spool.read("stopped/last/pytorch_lora_weights.safetensors")
          == spool.read("whole/last/pytorch_lora_weights.safetensors"))
    }

    /// A kill or a damaged disk may leave any of the files of a run cut short.
    @Test(arguments: ["state.json", "checksums.json", "learner.safetensors", "best.safetensors"])
    func `without a good checkpoint training begins anew`(file: String) throws {
      try stop(TrainingSpool.sft, after: 3, output: "hurt")
      let folder = spool.path("hurt/.checkpoints")
      let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasPrefix("step-") }
      #expect(!names.isEmpty)
      for name in names {
        let bytes = try spool.read("hurt/.checkpoints/\(name)/\(file)")
        try spool.write(bytes.prefix(bytes.count / 2), to: "hurt/.checkpoints/\(name)/\(file)")
      }
      let lines = Mutex<[String]>([])
      let result = try spool.run(
        TrainingSpool.sft, output: "hurt",
        JobContext(log: { line in lines.withLock { $0.append(line.message) } }))
      #expect(try trained(result).resumedFrom == nil)
      #expect(lines.withLock { $0 }.count { $0.contains("is passed over: ") } == names.count)
      _ = try spool.run(TrainingSpool.sft, output: "whole")
      #expect(try training.metrics("hurt") == training.metrics("whole"))
      #expect(
        try spool.read("hurt/pytorch_lora_weights.safetensors")
          == spool.read("whole/pytorch_lora_weights.safetensors"))
    }

    @Test func `a cut metrics row is written again`() throws {
      _ = try spool.run(TrainingSpool.sft, output: "whole")
      try stop(TrainingSpool.sft, after: 3, output: "cut")
      let bytes = try spool.read("cut/metrics.jsonl")
      try spool.write(bytes + Data(#"{"step":4,"loss":0."#.utf8), to: "cut/metrics.jsonl")
      _ = try spool.run(TrainingSpool.sft, output: "cut")
      #expect(try training.metrics("cut") == training.metrics("whole"))
    }

    /// Validation is the longest that a step lasts.
    @Test func `a run asked to stop while it validates does the validation later`() throws {
      let whole = try spool.run(TrainingSpool.sft, output: "whole")
      let output = spool.path("stopped/images")
      // The first validation has two pictures; the third picture is in the second.
      let context = JobContext(isCancelled: {
        ((try? FileManager.default.contentsOfDirectory(atPath: output).count) ?? 0) >= 3
      })
      let failure = #expect(throws: JobFailure.self) {
        try spool.run(TrainingSpool.sft, output: "stopped", context)
      }
      #expect(failure?.code == .cancelled)
      let result = try spool.run(TrainingSpool.sft, output: "stopped")
      #expect(try trained(result).resumedFrom == 3)
      #expect(try trained(result).validation == trained(whole).validation)
      #expect(
        try spool.read("stopped/pytorch_lora_weights.safetensors")
          == spool.read("whole/pytorch_lora_weights.safetensors"))
    }

    /// Runs a job that is asked to stop once a step is done.
    private func stop(_ job: String, after step: Int, output: String) throws {
      let done = Mutex(0)
      let context = JobContext(
        progress: { progress in done.withLock { $0 = progress.step } },
        isCancelled: { done.withLock { $0 } >= step })
      let failure = #expect(throws: JobFailure.self) { try spool.run(job, output: output, context) }
      #expect(failure?.code == .cancelled)
    }

    private func trained(_ result: JobResult) throws -> TrainingResult {
      guard case .training(let trained) = result.outcome else {
        throw JobFailure(.internalError, "not a training's result")
      }
      return trained
    }
  }
}
