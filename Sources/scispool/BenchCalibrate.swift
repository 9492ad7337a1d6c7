import ArgumentParser
import Foundation
import JobRunners
import Jobs

extension Bench {
  /// Measures the machine for ``Validate``'s times.
  struct Calibrate: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "Measures how fast this machine computes, in some twenty seconds, for the times of `validate --plan`.",
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
      let calibration = try Calibration.measured()
      try FileManager.default.createDirectory(
        at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
      try JobJSON.file(calibration).write(to: place, options: .atomic)
      func rate(_ seconds: Double) -> Int { seconds > 0 ? Int(1e-9 / seconds) : 0 }
      print(
        """
        \(calibration.threads) threads, \(calibration.kernels)
        products \(rate(calibration.operation)) GFLOP/s, with signed bytes \(rate(calibration.byteOperation)), convolutions \
        \(rate(calibration.convolutionOperation))
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
