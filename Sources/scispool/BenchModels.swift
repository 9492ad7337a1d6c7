import ArgumentParser
import ChildProcesses
import Foundation
import JobRunners
import Jobs
import Kernels
import ModelTrials
import Tensors

extension Bench {
  /// Times the parts of real models, and the same in PyTorch beside it.
  struct Models: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Times parts of models of the published shapes, and the same in PyTorch in turns.",
      discussion: """
        EXAMPLE
          scispool bench models --row clip-images --row vae-decode
          scispool bench models --against torch --python venv/bin/python
          scispool bench models --against sd.cpp --binary stable-diffusion.cpp/build/bin/sd-cli

        ROWS
        \(ModelRow.allCases.map { "  \($0.rawValue): \($0.what)" }.joined(separator: "\n"))

        Weights are random and written into --folder at the first call (11 GB for all rows). Each measurement is a process
        of its own, for its peak of memory; figures are medians over the rounds. The peak is what the processor's float32
        units give in registers. --against needs torch 2.13, diffusers 0.42 and transformers 5.23, and a checkout: it runs
        Tests/Benchmarks/models.py, with float32 weights, in turns with each measurement of ours. --against sd.cpp draws
        with stable-diffusion.cpp from the same weights (int8 as q8_0) and takes the times that it tells; it has the rows
        \(StableDiffusionCpp.rows.map(\.rawValue).joined(separator: ", ")), with \(StableDiffusionCpp.textTokens) text tokens.
        """)

    enum Peer: String, CaseIterable, ExpressibleByArgument {
      case torch
      case stableDiffusionCpp = "sd.cpp"
    }

    @Option(
      name: .customLong("row"), help: ArgumentHelp("A row; may be repeated (default: all).", valueName: "row")
    )
    var rows: [ModelRow] = []
    @Option(help: "Measurements of each row.") var rounds = 3
    @Option(help: "Another program to time in turns: torch or sd.cpp.") var against: Peer?
    @Option(help: ArgumentHelp("The program sd-cli of stable-diffusion.cpp.", valueName: "path"))
    var binary: String?
    @Option(help: "The Python that has it.") var python = "python3"
    @Option(help: "The script that it runs.") var script = "Tests/Benchmarks/models.py"
    @Option(
      help: ArgumentHelp("Where weights are kept (default: scispool-bench in $TMPDIR).", valueName: "dir"))
    var folder: String?
    @Option(help: "Threads (default: all processors).") var threads: Int?
    @Option(help: .hidden) var once: ModelRow?
    @Option(help: .hidden) var textTokens = ModelRow.textTokens

    func validate() throws {
      guard rounds > 0, threads ?? 1 > 0 else { throw ValidationError("rounds and threads are at least 1") }
      guard against == .stableDiffusionCpp else { return }
      guard binary != nil else {
        throw ValidationError("--against sd.cpp needs --binary, the path of sd-cli")
      }
      if let row = rows.first(where: { !StableDiffusionCpp.rows.contains($0) }) {
        let known = StableDiffusionCpp.rows.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("sd.cpp cannot be timed at \(row.rawValue), but at \(known)")
      }
    }

    /// What a process says that measured once.
    private struct Measurement: Codable {
      let seconds: Double
      var peakBytes: Int?
      /// Pages of memory that the last computation took from the system.
      var freshPages: Int?

      enum CodingKeys: String, CodingKey {
        case seconds
        case freshPages = "fresh_pages"
        case peakBytes = "peak_rss_bytes"
      }
    }

    private var root: String {
      folder ?? FileManager.default.temporaryDirectory.appending(path: "scispool-bench").path
    }

    func run() throws {
      if let threads { Parallelism.threads = threads }
      if let once { return try measure(once) }
      guard against != .torch || access(script, R_OK) == 0 else {
        throw JobFailure(
          .missingInput, "cannot read \(script): \(String(cString: strerror(errno)))",
          hint: "Run it in a checkout of scispool, or name the file with --script.")
      }
      if let binary, access(binary, X_OK) != 0 {
        throw JobFailure(
          .missingInput, "cannot run \(binary): \(String(cString: strerror(errno)))",
          hint: "Name the program sd-cli that stable-diffusion.cpp's build makes.")
      }
      try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
      let peak = MachinePeak.measured()
      print(
        """
        \(Parallelism.threads) threads, \(String(cString: elementwise().pointee.name)), \
        at most \(Int(peak.floatOperations / 1e9)) GFLOP/s, \(Int(peak.integerOperations / 1e9)) with whole numbers

        | row | seconds | least to most | GFLOP/s | of the peak | memory, MB |\(peerHeads.map { " \($0) |" }.joined())
        |---|---|---|---|---|---|\(peerHeads.map { _ in "---|" }.joined())
        """)
      let all = against == .stableDiffusionCpp ? StableDiffusionCpp.rows : ModelRow.allCases
      for row in rows.isEmpty ? all : rows { try show(row, peak) }
    }

    private var peerHeads: [String] {
      switch against {
      case nil: []
      case .torch: ["torch", "ratio", "goal", "torch's memory", "ratio"]
      case .stableDiffusionCpp: ["sd.cpp", "least to most", "ratio"]
      }
    }

    private func show(_ row: ModelRow, _ peak: MachinePeak) throws {
      try row.prepare(in: root)
      var (ours, theirs): ([Measurement], [Measurement]) = ([], [])
      let threads = "\(Parallelism.threads)"
      let textTokens = against == .stableDiffusionCpp ? StableDiffusionCpp.textTokens : ModelRow.textTokens
      let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
      for _ in 0..<rounds {
        ours.append(
          try Self.call(
            program,
            [
              "bench", "models", "--once", row.rawValue, "--folder", root, "--threads", threads,
              "--text-tokens",
              "\(textTokens)",
            ]))
        switch against {
        case nil: break
        case .torch:
          theirs.append(
            try Self.call(
              // Which looks for it.
              "/usr/bin/env",
              [python, script, row.rawValue, "\(root)/\(row.peerFolder)", "--threads", threads])
          )
        case .stableDiffusionCpp:
          let peer = StableDiffusionCpp(binary: binary ?? "")
          theirs.append(
            Measurement(seconds: try peer.seconds(row, in: root, threads: Parallelism.threads)))
        }
      }
      let seconds = ours.map(\.seconds).sorted()
      let (middle, memory) = (seconds[rounds / 2], ours.compactMap(\.peakBytes).sorted()[rounds / 2])
      let rate = row.operations(textTokens: textTokens) / middle
      var line =
        "| \(row.rawValue) | \(Self.text(middle)) | \(Self.text(seconds[0])) to \(Self.text(seconds[rounds - 1])) "
        + "| \(Int(rate / 1e9)) | \(Int((100 * rate / (row.isInteger ? peak.integerOperations : peak.floatOperations)).rounded())) % | \(memory / 1_000_000) |"
      let others = theirs.map(\.seconds).sorted()
      let othersMemory = theirs.compactMap(\.peakBytes).sorted()
      switch against {
      case nil: break
      case .torch:
        line +=
          " \(Self.text(others[rounds / 2])) | \(Self.ratio(middle / others[rounds / 2])) | ≤ \(row.goal) "
          + "| \(othersMemory[rounds / 2] / 1_000_000) | \(Self.ratio(Double(memory) / Double(othersMemory[rounds / 2]))) |"
      case .stableDiffusionCpp:
        line +=
          " \(Self.text(others[rounds / 2])) | \(Self.text(others[0])) to \(Self.text(others[rounds - 1])) "
          + "| \(Self.ratio(middle / others[rounds / 2])) |"
      }
      print(line)
      fflush(nil)
    }

    private static func text(_ seconds: Double) -> String {
      seconds < 1 ? String(format: "%.4f", seconds) : String(format: "%.2f", seconds)
    }

    private static func ratio(_ ratio: Double) -> String { String(format: "%.2f", ratio) }

    /// The time of one computation, after one that is not timed: the median of as many as fit into some seconds.
    private func measure(_ row: ModelRow) throws {
      try row.prepare(in: root)
      let work = try row.work(in: root, textTokens: textTokens)
      work()
      let clock = ContinuousClock()
      var (seconds, freshPages): ([Double], Int) = ([], 0)
      let began = clock.now
      while seconds.count < 3 || (clock.now - began < .seconds(2) && seconds.count < 200) {
        let (start, before) = (clock.now, FloatMemory.freshPages)
        work()
        seconds.append((clock.now - start) / .seconds(1))
        freshPages = FloatMemory.freshPages - before
        if clock.now - began > .seconds(20) { break }
      }
      let line = try JobJSON.line(
        Measurement(
          seconds: seconds.sorted()[seconds.count / 2], peakBytes: Memory.peakResident, freshPages: freshPages
        ))
      print(String(decoding: line, as: UTF8.self), terminator: "")
    }

    private static func call(_ program: String, _ arguments: [String]) throws -> Measurement {
      let child = try ChildProcess(program, arguments, input: .nothing, output: .pipe)
      let said = child.output?.readDataToEndOfFile() ?? Data()
      let end = child.wait()
      let line = said.split(separator: UInt8(ascii: "\n")).last ?? Data()
      guard end == .exited(status: 0),
        let measurement = try? JSONDecoder().decode(Measurement.self, from: line)
      else {
        throw JobFailure(
          .internalError, "\(program) \(arguments.joined(separator: " ")) ended with \(end)",
          hint: "Run it by hand to see what it says.")
      }
      return measurement
    }
  }
}

extension ModelRow: ExpressibleByArgument {}
