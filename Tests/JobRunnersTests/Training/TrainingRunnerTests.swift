import Checkpoints
import Foundation
import Images
import Jobs
import Testing

@testable import JobRunners

extension ComputingTests {
  @Suite struct TrainingRunnerTests {
    private let training: TrainingSpool
    private var spool: TemporarySpool { training.spool }

    init() throws { training = try TrainingSpool() }

    @Test func `a trained scorer is used at once`() throws {
      let result = try trained(spool.run(TrainingSpool.reward, output: "reward"))
      #expect(result.steps == 6 && result.validation.map(\.step) == [0, 2, 4, 6])
      let entry = try #require(result.validation.last)
      #expect(entry.count == 2 && entry.categories["biology"]?.count == 2 && entry.accuracy != nil)
      let score =
        #"{"kind": "score", "model": "scorer", "items": [{"prompt": "x", "images": ["data/right-0.png"]}]}"#
      let items = try spool.run(score, output: "score").items()
      #expect(items[0].images[0].score.isFinite)
      // The weights are float32, and the configuration says so: transformers would round them otherwise.
      let text = String(decoding: try spool.read("models/scorer/config.json"), as: UTF8.self)
      #expect(!text.contains("bfloat16"))
    }

    @Test func `a trained adapter is used by its name, and is the current one when the gate lets it`() throws
    {
      let result = try trained(spool.run(TrainingSpool.sft, output: "sft"))
      #expect(result.promoted == true && result.validation.map(\.step) == [0, 3, 6])
      let adapter = try LowRankAdapter(path: spool.path("sft/pytorch_lora_weights.safetensors"))
      #expect(adapter.layers.allSatisfy { $0.hasSuffix("to_q") || $0.contains("attn") })
      #expect(adapter.updates.values.allSatisfy { $0.rank == 2 && $0.scale == 2 })
      func draw(_ more: String, _ output: String) throws -> String {
        let job = #"""
          {"kind": "generate", "model": "flux", "prompts": ["a fruit"], "height": 16, "width": 16, "num_inference_steps": 2,
           "max_sequence_length": 9\#(more)}
          """#
        return try spool.run(job, output: output).images()[0].sha256
      }
      let plain = try draw("", "plain")
      let tuned = try draw(#", "adapter": {"name": "tuned"}"#, "tuned")
      #expect(tuned != plain)
      #expect(try draw(#", "adapter": {"name": "current"}"#, "current") == tuned)
      let file = #", "adapter": {"path": "sft/pytorch_lora_weights.safetensors"}"#
      #expect(try draw(file, "file") == tuned)
    }

    @Test func `a gate that is not passed leaves the current adapter`() throws {
      _ = try spool.run(TrainingSpool.sft, output: "first")
      let job = TrainingSpool.sft.replacing("\"min_gain\": -100", with: "\"min_gain\": 100")
        .replacing("\"seed\": 5", with: "\"seed\": 6")
      let current = spool.path("models/flux/adapters/current")
      let before = try FileManager.default.destinationOfSymbolicLink(atPath: current)
      #expect(try trained(spool.run(job, output: "second")).promoted == false)
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: current) == before)
    }

    @Test func `promotion can be taken back`() throws {
      _ = try spool.run(TrainingSpool.sft, output: "first")
      _ = try spool.run(TrainingSpool.sft.replacing("\"seed\": 5", with: "\"seed\": 6"), output: "second")
      let library = AdapterLibrary(spoolRoot: spool.root, model: "flux")
      let current = spool.path("models/flux/adapters/current")
      let second = try FileManager.default.destinationOfSymbolicLink(atPath: current)
      let first = try library.rollBack()
      #expect(second != "versions/\(first)")
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: current) == "versions/\(first)")
      #expect("versions/\(try library.rollBack())" == second)
    }

    @Test func `online training goes on from an adapter and logs what guards against reward hacking`() throws
    {
      _ = try spool.run(TrainingSpool.sft, output: "sft")
      let job = TrainingSpool.oft(#", "init_adapter": {"name": "tuned"}"#)
        .replacing(#""rank": 2, "lora_alpha": 2, "#, with: "")
      let result = try trained(spool.run(job, output: "oft"))
      #expect(result.steps == 3)
      let rows = try training.metrics("oft")
      for name in [
        "reward_mean", "reward_std", "velocity_drift", "kl", "brightness", "saturation", "grad_norm", "lr",
      ] {
        #expect(rows.allSatisfy { $0.contains("\"\(name)\":") }, "\(name)")
      }
      #expect(rows[0].contains("\"velocity_drift\":0.0"))
    }

    @Test func `the published faults of boxes and pictures are what their switches bring`() throws {
      func shares(_ job: String, _ output: String) throws -> [Double] {
        _ = try spool.run(job, output: output)
        return try training.metrics(output).compactMap { row in
          row.firstMatch(of: /"box_share":([0-9.e-]+)/).flatMap { Double($0.1) }
        }
      }
      func quirk(_ name: String) -> String { ", \"detector_quirks\": {\"\(name)\": true}" }
      // Begins left of the picture: the reference's slice then counts from the far side and holds next to nothing.
      func beyond(_ more: String) -> String {
        TrainingSpool.oft(more, rounds: 1).replacing("[0.5, 0.5, 0.6, 0.5]", with: "[0, 0.5, 1, 0.5]")
          .replacing(#""height": 16, "width": 16"#, with: #""height": 64, "width": 64"#)
      }
      _ = try (shares(beyond(""), "plain"), shares(beyond(quirk("box_wrap_around")), "wrapped"))
      let last = "last/pytorch_lora_weights.safetensors"
      #expect(try spool.read("plain/\(last)") != spool.read("wrapped/\(last)"))

      let models = URL(filePath: #filePath).appending(path: "../../../../Spool/models").standardizedFileURL
        .path
      try FileManager.default.copyItem(
        atPath: "\(models)/grounding-dino-mini", toPath: spool.path("models/grounding-dino-mini"))
      func detected(_ more: String) -> String {
        beyond(more).replacing(
          #""detector": "boxes""#,
          with: #""detector": {"model": "grounding-dino-mini", "box_threshold": 0.01}"#)
      }
      let (seen, raw) = (
        try shares(detected(""), "seen"), try shares(detected(quirk("raw_detector_images")), "raw")
      )
      #expect(seen.count == 1 && raw.count == 1 && seen != raw)
    }

    @Test func `a limit of the guard stops the run and keeps the best so far`() throws {
      let result = try trained(
        spool.run(TrainingSpool.oft(#", "guard": {"max_velocity_drift": 1e-6}"#, rounds: 6), output: "oft"))
      #expect(result.steps == 2)
      #expect(result.stoppedBecause?.contains("max_velocity_drift") == true)
      // The validation after the limit was crossed may not choose what crossed it.
      #expect(result.bestStep == 0)
    }

    @Test func `without validation the guard keeps what was before the limit was crossed`() throws {
      let limit = #", "guard": {"max_velocity_drift": 1e-6}"#
      func unvalidated(_ job: String) -> String {
        job.replacing(#""validation_prompts": ["a fruit"], "validation_steps": 2, "#, with: "")
      }
      let result = try trained(spool.run(unvalidated(TrainingSpool.oft(limit, rounds: 6)), output: "oft"))
      #expect(result.steps == 2 && result.stoppedBecause != nil)
      _ = try spool.run(unvalidated(TrainingSpool.oft(rounds: 1)), output: "one")
      #expect(
        try spool.read("oft/pytorch_lora_weights.safetensors")
          == spool.read("one/last/pytorch_lora_weights.safetensors"))
    }

    @Test func `what was not trained is not promoted, even if no gain is asked for`() throws {
      let job = TrainingSpool.sft.replacing(#""min_gain": -100"#, with: #""min_gain": 0"#)
        .replacing(#""learning_rate": 1e-2"#, with: #""learning_rate": 1e-12"#)
      let result = try trained(spool.run(job, output: "sft"))
      #expect(result.bestStep == 0 && result.promoted == false)
      #expect(!FileManager.default.fileExists(atPath: spool.path("models/flux/adapters/current")))
    }

    @Test(arguments: ["current", "previous", "versions"])
    func `names of the library are no outputs`(name: String) throws {
      let failure = try spool.failure(
        TrainingSpool.sft.replacing(#""output": "tuned""#, with: #""output": "\#(name)""#))
      #expect(failure.code == .conflict && failure.field == "output")
    }

    @Test func `a reward job replaces no model but a reward job's`() throws {
      let job = TrainingSpool.reward.replacing(#""output": "scorer""#, with: #""output": "flux""#)
      let failure = try spool.failure(job)
      #expect(
        failure.code == .conflict && failure.field == "output" && failure.message.contains("models/flux"))
      for output in ["first", "second"] { _ = try spool.run(TrainingSpool.reward, output: output) }
      #expect(FileManager.default.fileExists(atPath: spool.path("models/.scorer.previous/config.json")))
    }

    @Test func `the page shows curves, and pictures over time`() throws {
      _ = try spool.run(TrainingSpool.sft, output: "sft")
      let page = String(decoding: try spool.read("sft/report.html"), as: UTF8.self)
      #expect(page.contains("<svg") && page.contains("Validation pictures") && page.contains("Loss"))
      #expect(page.contains("data:image/png;base64,"))
    }

    // What is wrong is said before the first step.

    @Test func `bad rows are named before anything is trained`() throws {
      let text = String(decoding: try spool.read("data/metadata.jsonl"), as: UTF8.self)
      try spool.write(
        Data((text.replacing("right-3.png", with: "nothing.png") + "{\"law\": 1}\n").utf8),
        to: "data/metadata.jsonl")
      let failure = try spool.failure(TrainingSpool.sft)
      #expect(failure.code == .badInput && failure.field == "dataset")
      #expect(failure.message.contains("row 4") && failure.problems.contains { $0.message.contains("row 7") })
      #expect(!FileManager.default.fileExists(atPath: spool.path("output")))
    }

    @Test func `a rank above a layer's width is refused with the layer`() throws {
      let failure = try spool.failure(TrainingSpool.sft.replacing("\"rank\": 2", with: "\"rank\": 400"))
      #expect(failure.message.contains("rank 400") && failure.message.contains("attn.to_"))
    }

    @Test func `an adapter of another architecture is refused`() throws {
      let other = LowRankAdapter(
        path: "other",
        updates: [
          "nowhere.to_q": .init(
            a: .init(repeating: 0, shape: [1, 4]), b: .init(repeating: 0, shape: [4, 1]), alpha: 1)
        ])
      try FileManager.default.createDirectory(
        atPath: spool.path("models/alien"), withIntermediateDirectories: true)
      try other.write(to: spool.path("models/alien/\(LowRankAdapter.fileName)"))
      let job = TrainingSpool.oft(#", "init_adapter": {"name": "alien"}"#)
        .replacing(#""rank": 2, "lora_alpha": 2, "#, with: "")
      #expect(try spool.failure(job).message.contains("nowhere.to_q"))
    }

    @Test func `a missing reward or detector is named`() throws {
      let reward = TrainingSpool.oft().replacing(
        #""reward": {"model": "clip"}"#, with: #""reward": {"model": "clap"}"#)
      #expect(try spool.failure(reward).field == "reward.model")
      let detector = TrainingSpool.oft().replacing(
        #""detector": "boxes""#, with: #""detector": {"model": "dino"}"#)
      #expect(try spool.failure(detector).field == "detector.model")
    }

    @Test func `a loss that is no number stops with the step and the rows`() throws {
      let shard = try #require(
        FileManager.default.contentsOfDirectory(atPath: spool.path("models/flux/transformer")).lazy
          .filter { $0.hasSuffix(".safetensors") }
          .map { "models/flux/transformer/\($0)" }
          .first { try! SafetensorsFile(path: spool.path($0)).names.contains("x_embedder.bias") })
      let file = try SafetensorsFile(path: spool.path(shard))
      var writer = SafetensorsWriter()
      for name in file.names {
        let values = try file.floats(name)
        writer.add(
          name, name == "x_embedder.bias" ? values.map { _ in .nan } : values,
          shape: try file.entry(name).shape)
      }
      try writer.write(to: spool.path(shard))
      let job =
        #"{"kind": "sft", "model": "flux", "dataset": "data", "output": "tuned", "rank": 2, "resolution": 16}"#
      let failure = try spool.failure(job)
      #expect(failure.code == .badInput)
      #expect(failure.message.contains("step 1") && failure.message.contains("rows"), "\(failure.message)")
    }

    private func trained(_ result: JobResult) throws -> TrainingResult {
      guard case .training(let trained) = result.outcome else {
        throw JobFailure(.internalError, "not a training's result")
      }
      return trained
    }
  }
}
