import ArgumentParser
import Foundation
import JobRunners
import Jobs

extension Bench {
  /// Measures the machine for ``Validate``'s times.
  struct Calibrate: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "Measures how fast this machine computes, in half a minute, for the times of `validate --plan`.",
      discussion: """
        EXAMPLE
          scispool bench calibrate && scispool validate --plan night.json

        Kept for this host in $XDG_CACHE_HOME/scispool, or ~/.cache/scispool. Measure when nothing else computes.
        """)

    func run() throws {
      guard let place = Self.place else {
        throw JobFailure(
          .cannotWrite, "there is no place for it: HOME is not set", hint: "Set HOME or XDG_CACHE_HOME.")
      }
      let (calibration, trials) = try Calibration.measured()
      try FileManager.default.createDirectory(
        at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
      try JobJSON.file(calibration).write(to: place, options: .atomic)
      func rate(_ quantity: Work.Quantity) -> Int {
        calibration.seconds[quantity].map { $0 > 0 ? Int(1e-9 / $0) : 0 } ?? 0
      }
      let rows = trials.map { trial in
        let reckoned = calibration.seconds(of: trial.work)
        return [
          trial.what, String(format: "%.2f", 1000 * trial.seconds), String(format: "%.2f", 1000 * reckoned),
          String(format: "%+.0f %%", 100 * (reckoned / trial.seconds - 1)),
        ]
      }
      print(Terminal.table(["WHAT", "TOOK, MS", "RECKONED, MS", "OFF BY"], rows, rightAligned: [1, 2, 3]))
      print(
        """

        \(calibration.threads) threads, \(calibration.kernels)
        products \(rate(.operations)) GFLOP/s, with signed bytes \(rate(.byteOperations)), convolutions \
        \(rate(.convolutionOperations))
        \(place.path)
        """)
    }

    private static var place: URL? {
      Calibration.place(
        environment: ProcessInfo.processInfo.environment, host: ProcessInfo.processInfo.hostName)
    }

    /// What was measured on this host.
    static func kept() -> Calibration? {
      guard let place, let data = try? Data(contentsOf: place) else { return nil }
      return try? JobJSON.value(Calibration.self, from: data)
    }
  }
}
