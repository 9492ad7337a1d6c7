import Checkpoints
import FLUX
import Fingerprints
import Foundation
import Images
import Jobs
import Synchronization
import Tensors
import Testing

@testable import JobRunners

extension ComputingTests {
  @Suite struct GenerateRunnerTests {
    private let spool: TemporarySpool
    private let twoPrompts =
      #""prompts": ["a green apple", "a red apple"], "num_images_per_prompt": 2, "seed": 7"#

    init() throws { spool = try TemporarySpool() }

    @Test func leavesACompleteFolder() throws {
      let artifacts = Mutex<[JobArtifact]>([])
      let steps = Mutex<[JobProgress]>([])
      let context = JobContext(
        progress: { progress in steps.withLock { $0.append(progress) } },
        artifact: { artifact in artifacts.withLock { $0.append(artifact) } })
      let result = try spool.run(TemporarySpool.generate(twoPrompts), context)
      let images = try result.images()
      #expect(
        images.map(\.file) == [
          "images/0000-0.png", "images/0000-1.png", "images/0001-0.png", "images/0001-1.png",
        ])
      #expect(images.map(\.seed) == [7, 8, 9, 10])
      #expect(images.map(\.prompt) == ["a green apple", "a green apple", "a red apple", "a red apple"])
      #expect(images.allSatisfy { $0.height == 32 && $0.width == 48 && !$0.resumed })
      #expect(Set(images.map(\.sha256)).count == 4)
      for image in images {
        let data = try spool.read("output/\(image.file)")
        #expect(SHA256.hexDigest(of: data) == image.sha256)
        let size = try RGBImage.size(of: spool.path("output/\(image.file)"))
        #expect(size == (48, 32))
      }
      let names = try FileManager.default.contentsOfDirectory(atPath: spool.path("output"))
      #expect(
        Set(names) == ["images", "job.json", "result.json", "report.html", "contact-sheet.png", "log.txt"])
      #expect(try JobJSON.value(JobResult.self, from: spool.read("output/result.json")).images() == images)
      _ = try JobRequest(reading: spool.read("output/job.json"))

      for artifact in artifacts.withLock({ $0 }) {
        #expect(SHA256.hexDigest(of: try spool.read("output/\(artifact.file)")) == artifact.sha256)
      }
      let all = steps.withLock { $0 }
      let last = try #require(all.last)
      #expect(last.step == 12 && last.total == 12 && last.eta == 0)
    }

    @Test func writesItsParametersIntoThePNG() throws {
      let job = TemporarySpool.generate(
        #""prompts": [{"prompt": "a café", "negative_prompt": "tea", "seed": 3}]"#)
      _ = try spool.run(job)
      let texts = RGBImage.pngTexts(in: try spool.read("output/images/0000-0.png"))
      let parameters = try #require(texts.first { $0.keyword == "parameters" }?.text)
      #expect(
        parameters == """
          a café
          Negative prompt: tea
          Steps: 2, Sampler: Euler, CFG scale: 1.0, Distilled CFG Scale: 3.5, Seed: 3, Size: 48x32, Model: flux-mini
          """)
      let json = try #require(texts.first { $0.keyword == "scispool" }?.text)
      let values = try #require(JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
      #expect(values["prompt"] as? String == "a café" && values["seed"] as? Int == 3)
    }

    @Test func loadsNothingForASecondJobOnTheSameModels() throws {
      let shelf = ModelShelf(budget: 1 << 30)
      let job = TemporarySpool.generate(#""prompts": ["x"], "score": {"model": "clip-mini"}"#)
      let first = try spool.run(job, output: "1", shelf: shelf)
      let second = try spool.run(job, output: "2", shelf: shelf)
      #expect(first.timings.models.map(\.resident) == [false, false])
      #expect(second.timings.models.map(\.resident) == [true, true])
      #expect(second.timings.stages["load"] == 0)
      #expect(try first.images()[0].sha256 == second.images()[0].sha256)
    }

    @Test func anImageDependsOnItsPromptAndSeedAlone() throws {
      let shelf = ModelShelf(budget: 1 << 30)
      let all = try spool.run(TemporarySpool.generate(twoPrompts), output: "1", shelf: shelf).images()
      let alone = try spool.run(
        TemporarySpool.generate(#""prompts": [{"prompt": "a red apple", "seed": 10}]"#), output: "2",
        shelf: shelf
      ).images()
      #expect(all[3].sha256 == alone[0].sha256)
    }

    @Test func goesOnWhereAKilledAttemptEnded() throws {
      let shelf = ModelShelf(budget: 1 << 30)
      let job = TemporarySpool.generate(twoPrompts)
      let whole = try spool.run(job, output: "whole", shelf: shelf).images()

      let drawn = Mutex(0)
      let stopping = JobContext(
        artifact: { _ in drawn.withLock { $0 += 1 } }, isCancelled: { drawn.withLock { $0 == 2 } })
      let failure = try #require(throws: JobFailure.self) {
        try spool.run(job, output: "cut", shelf: shelf, stopping)
      }
      #expect(failure.code == .cancelled)
      // What a kill in the middle of a line leaves.
      let record = spool.path("cut/\(ImageRecord.file)")
      let handle = try #require(FileHandle(forWritingAtPath: record))
      try handle.seekToEnd()
      try handle.write(contentsOf: Data("{\"file\": \"images/00".utf8))
      try handle.close()

      let rest = try spool.run(job, output: "cut", shelf: shelf).images()
      #expect(rest.map(\.resumed) == [true, true, false, false])
      #expect(rest.map(\.sha256) == whole.map(\.sha256))
      #expect(!FileManager.default.fileExists(atPath: record))
    }

    @Test func drawsAgainWhatAnEarlierAttemptLeftDamagedOrForAnotherJob() throws {
      let shelf = ModelShelf(budget: 1 << 30)
      let job = TemporarySpool.generate(twoPrompts)
      func attempt(_ job: String, stopAfter count: Int) throws {
        let drawn = Mutex(0)
        let context = JobContext(
          artifact: { _ in drawn.withLock { $0 += 1 } }, isCancelled: { drawn.withLock { $0 == count } })
        #expect(throws: JobFailure.self) { try spool.run(job, shelf: shelf, context) }
      }
      try attempt(job, stopAfter: 2)
      try spool.write(Data("no picture".utf8), to: "output/images/0000-1.png")
      #expect(try spool.run(job, shelf: shelf).images().map(\.resumed) == [true, false, false, false])

      try attempt(job, stopAfter: 2)
      let other = TemporarySpool.generate(twoPrompts, #""guidance_scale": 2"#)
      #expect(try spool.run(other, shelf: shelf).images().allSatisfy { !$0.resumed })
    }

    @Test func latentsOfAFileGiveTheImageOfTheSeedTheyWereDrawnFrom() throws {
      let shelf = ModelShelf(budget: 1 << 30)
      let seeded = try spool.run(
        TemporarySpool.generate(#""prompts": ["x", "y"], "seed": 40"#), output: "1", shelf: shelf
      ).images()
      let pipeline = try FluxPipeline(folder: "\(TemporarySpool.models)/flux-mini")
      let noise = (40...41).map { seed in
        var generator = TorchGenerator(seed: UInt64(seed))
        return pipeline.noise(from: &generator, height: 32, width: 48)
      }
      let latents = Tensor.concatenated(noise, axis: 0)
      var writer = SafetensorsWriter()
      writer.add("latents", latents.values, shape: latents.shape)
      try writer.write(to: spool.path("start.safetensors"))
      let given = try spool.run(
        TemporarySpool.generate(#""prompts": ["x", "y"], "latents": "start.safetensors""#), output: "2",
        shelf: shelf
      ).images()
      for (a, b) in zip(seeded, given) {
        #expect(
          try RGBImage(contentsOf: spool.path("1/\(a.file)"))
            == RGBImage(contentsOf: spool.path("2/\(b.file)")))
        #expect(b.seed == nil)
      }

      let failure = try spool.failure(
        TemporarySpool.generate(#""prompts": ["x"], "latents": "start.safetensors""#))
      #expect(
        failure.field == "latents" && failure.message.contains("[2, 6, 64], expected [1, 6, 64]"),
        "\(failure)")
    }

    @Test(arguments: [
      #""sampler": {"kind": "sde", "s_churn": 0.5}"#,
      #""sampler": {"kind": "sde", "s_churn": 0.5, "drift": "reference"}"#,
      #""true_cfg_scale": 4"#, #""max_sequence_length": 5"#, #""num_inference_steps": 3"#,
    ])
    func settingsChangeTheImage(setting: String) throws {
      let shelf = ModelShelf(budget: 1 << 30)
      let prompts = #""prompts": [{"prompt": "a green apple in a garden", "negative_prompt": "a red car"}]"#
      let steps = setting.contains("steps") ? [] : [#""num_inference_steps": 2"#]
      func digest(_ output: String, _ extra: [String]) throws -> String {
        let fields =
          [#""kind": "generate""#, #""model": "flux-mini""#, #""height": 32"#, #""width": 32"#, prompts]
          + extra
        return try spool.run("{\(fields.joined(separator: ", "))}", output: output, shelf: shelf).images()[0]
          .sha256
      }
      func pixels(_ output: String) throws -> RGBImage {
        try RGBImage(contentsOf: spool.path("\(output)/images/0000-0.png"))
      }
      _ = try digest("plain", [#""num_inference_steps": 2"#])
      let once = try digest("once", steps + [setting])
      #expect(try digest("again", steps + [setting]) == once)
      #expect(try pixels("once") != pixels("plain"))
    }

    @Test func takesSizeAndSequenceLengthFromTheModel() throws {
      let job = #"{"kind": "generate", "model": "flux-mini", "prompts": ["x"], "num_inference_steps": 1}"#
      #expect(try spool.run(job).images().map { [$0.height, $0.width] } == [[64, 64]])
      let resolved = try JobRequest(reading: spool.read("output/job.json"))
      guard case .generate(let generate) = resolved.work else { return }
      #expect(generate.maxSequenceLength == 16)
    }

    @Test func readsPromptsFromAFile() throws {
      try spool.write(Data("a green apple\na red apple\n".utf8), to: "list.txt")
      let images = try spool.run(TemporarySpool.generate(#""prompts_file": "list.txt""#)).images()
      #expect(images.map(\.prompt) == ["a green apple", "a red apple"])
    }

    @Test func refusesBeforeAnythingExpensive() throws {
      let cases: [(String, JobFailure.Code, String)] = [
        (#""prompts": ["x"], "adapter": {"name": "a"}"#, .missingInput, "adapter.name"),
        (#""prompts_file": "none.txt""#, .missingInput, "prompts_file"),
        (#""prompts": ["x"], "latents": "none.safetensors""#, .missingInput, "latents"),
        (#""prompts": ["x"], "score": {"model": "none"}"#, .missingInput, "score.model"),
        (#""prompts": ["x"], "score": {"model": "flux-mini"}"#, .badInput, "score.model"),
      ]
      for (fields, code, field) in cases {
        let failure = try spool.failure(TemporarySpool.generate(fields))
        #expect(failure.code == code && failure.field == field, "\(failure)")
      }
      #expect(!FileManager.default.fileExists(atPath: spool.path("output")))
    }

    @Test func namesTheFileThatAModelFolderLacks() throws {
      try FileManager.default.copyItem(
        atPath: "\(TemporarySpool.models)/flux-mini", toPath: spool.path("broken"))
      try FileManager.default.removeItem(atPath: spool.path("broken/vae/diffusion_pytorch_model.safetensors"))
      let failure = try spool.failure(
        #"{"kind": "generate", "model": "broken", "prompts": ["x"], "num_inference_steps": 1}"#)
      #expect(
        failure.code == .badInput && failure.field == "model" && failure.message.contains("vae"), "\(failure)"
      )
    }
  }
}
