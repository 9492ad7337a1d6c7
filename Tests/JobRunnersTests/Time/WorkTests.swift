import Foundation
import Jobs
import Testing

@testable import JobRunners

@Suite struct WorkTests {
  private static let models = URL(filePath: #filePath).appending(path: "../../../../Spool/models")
    .standardizedFileURL.path

  @Test func `a step's arithmetic is that of its blocks`() throws {
    let step = try FluxWork(folder: "\(Self.models)/flux-mini").step(height: 64, width: 64, text: 16)
    // 16 picture tokens and 16 of text through two double and four single blocks of width 192.
    #expect(step[.blocks] == 6 && step[.elements] == 6 * 32 * 192)
    let (products, attention): (Double, Double) = (2 * 32 * 12 * 192 * 192, 4 * 32 * 32 * 192)
    #expect(step[.operations] == 6 * products + 6 * attention)
    #expect(step[.byteOperations] == 0 && step[.convolutions] == 0)
  }

  @Test func `twice the pictures are twice the work, and steps only where they are asked for`() throws {
    func parts(_ change: (inout GenerateRequest) -> Void) throws -> [String: Work] {
      var job = GenerateRequest(model: "flux-mini", prompts: .inline([PromptRequest("an apple")]))
      (job.height, job.width, job.inferenceSteps) = (64, 64, 4)
      change(&job)
      let root = URL(filePath: Self.models).deletingLastPathComponent().path
      let folders = JobFolders(job: root, spoolRoot: root, allowedRoots: [], output: "")
      let request = JobRequest(work: .generate(job))
      let found = try #require(WorkPlanner(folders.resolver).parts(request))
      return Dictionary(uniqueKeysWithValues: found.map { ($0.name, $0.work) })
    }
    let plain = try parts { _ in }
    let pairs = try parts { $0.imagesPerPrompt = 2 }
    #expect(pairs["steps"] == 2 * plain["steps"]! && pairs["decoding"] == 2 * plain["decoding"]!)
    #expect(pairs["prompts"] == plain["prompts"])
    let guided = try parts { $0.trueCFGScale = 2 }
    #expect(guided["steps"] == 2 * plain["steps"]! && guided["decoding"] == plain["decoding"])
  }

  @Test func `examples of a batch share its blocks, and blocks that are not kept are passed once more`()
    throws
  {
    func steps(_ change: (inout [String: Any]) -> Void) throws -> Work {
      var fields: [String: Any] = [
        "kind": "sft", "model": "flux-mini", "dataset": "d", "output": "o", "max_train_steps": 4,
        "train_batch_size": 1, "gradient_accumulation_steps": 1, "resolution": 64,
      ]
      change(&fields)
      let root = URL(filePath: Self.models).deletingLastPathComponent().path
      let folders = JobFolders(job: root, spoolRoot: root, allowedRoots: [], output: "")
      let request = try JobRequest(reading: JSONSerialization.data(withJSONObject: fields))
      return try #require(WorkPlanner(folders.resolver).parts(request)?.first { $0.name == "steps" }).work
    }
    let (one, eight) = (try steps { _ in }, try steps { $0["train_batch_size"] = 8 })
    #expect(eight[.blocks] == one[.blocks] && eight[.gradientBlocks] == one[.blocks])
    #expect(abs(eight[.operations] / one[.operations] - 8) < 1e-9 && eight[.scores] == 8 * one[.scores])
    #expect(eight[.updateElements] == 8 * one[.updateElements] && eight[.parameters] == one[.parameters])
    // Two double blocks with four adapted layers, four single ones with three, all of width 192.
    let higher = try steps { $0["rank"] = 32 }
    #expect(higher[.operations] - one[.operations] == 4 * 3 * 2 * 32 * 16 * Double(20 * 2 * 192))
    #expect(one[.parameters] == 4 * 16 * Double(20 * 2 * 192))
    #expect(higher[.updateElements] == one[.updateElements])
    // A small step keeps all its blocks: what is said of them changes nothing.
    #expect(try steps { $0["gradient_checkpointing"] = false } == one)
    func large(_ checkpointing: Bool) throws -> Work {
      try steps {
        $0.merge(["resolution": 1024, "train_batch_size": 8, "gradient_checkpointing": checkpointing]) { $1 }
      }
    }
    let (again, kept) = (try large(true), try large(false))
    #expect(again[.operations] > 1.4 * kept[.operations] && again[.operations] < 2 * kept[.operations])
    #expect(again[.gradientOperations] == kept[.gradientOperations])
  }

  @Test func `what was measured of sums gives the summands`() {
    let truth = [3e-5, 2e-10, 1e-11]
    let points = [(4.0, 24e3, 1e8), (4.0, 4e5, 2e9), (4.0, 8e5, 1e10), (4.0, 5e6, 2e11)].map { a, b, c in
      (amounts: [a, b, c], seconds: truth[0] * a + truth[1] * b + truth[2] * c)
    }
    for (found, expected) in zip(Fit.coefficients(points), truth) {
      #expect(abs(found / expected - 1) < 0.02)
    }
    // Time that falls with an amount is nobody's.
    #expect(Fit.coefficients([([1, 1], 2), ([1, 2], 1), ([1, 3], 0.5)])[1] == 0)
  }

  @Test func `a calibration is written and read with the names of its quantities`() throws {
    var calibration = Calibration()
    calibration.threads = 2
    calibration.seconds = [.operations: 1e-11, .gradientBlocks: 2e-5]
    let data = try JobJSON.file(calibration)
    #expect(String(decoding: data, as: UTF8.self).contains("\"gradient_blocks\""))
    #expect(try JobJSON.value(Calibration.self, from: data) == calibration)
    let work = Work([.operations: 1e12, .gradientBlocks: 5, .parameters: 7])
    #expect(abs(calibration.seconds(of: work) - 10.0001) < 1e-9)
  }

  @Test func `a calibration is kept for the host, below the cache`() {
    #expect(
      Calibration.place(environment: ["HOME": "/home/a"], host: "b.c/d")?.path
        == "/home/a/.cache/scispool/calibration-b_c_d.json")
    #expect(
      Calibration.place(environment: ["HOME": "/home/a", "XDG_CACHE_HOME": "/x"], host: "h")?.path
        == "/x/scispool/calibration-h.json")
    #expect(Calibration.place(environment: ["XDG_CACHE_HOME": "relative"], host: "h") == nil)
  }
}
