import Foundation

/// How fast a machine computes, from which a job's time is reckoned.
package struct Calibration: Codable, Sendable, Equatable {
  /// Seconds of one of each quantity; of operations, for half a multiplication and addition.
  package var seconds: [Work.Quantity: Double] = [:]
  package var threads = 0
  /// The instruction set of the kernels that were measured.
  package var kernels = ""

  /// Seconds that an amount of computing takes.
  package func seconds(of work: Work) -> Double {
    seconds.reduce(0) { $0 + $1.value * work[$1.key] }
  }

  /// Where a machine's is kept: one for each host, as homes may be shared.
  ///
  /// - Parameter environment: `XDG_CACHE_HOME`, or `HOME`, says where.
  package static func place(environment: [String: String], host: String) -> URL? {
    let cache =
      environment["XDG_CACHE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
      ?? environment["HOME"].map { "\($0)/.cache" }
    let name = host.map { $0.isLetter || $0.isNumber || $0 == "-" ? $0 : "_" }
    return cache.map { URL(filePath: "\($0)/scispool/calibration-\(String(name)).json") }
  }
}
