import Foundation
import Jobs

/// Where the configuration file is looked for.
package enum ConfigurationPlaces {
  package static let variable = "SCISPOOL_CONFIG"

  /// The file that holds: the one that is named, else `$SCISPOOL_CONFIG`, else the user's own, else the machine's.
  ///
  /// - Returns: Nil when nobody names one and neither of the two is there.
  package static func file(
    named path: String?, environment: [String: String]
  ) throws(JobFailure) -> ConfigurationFile? {
    if let path = path ?? environment[variable].flatMap({ $0.isEmpty ? nil : $0 }) {
      return try ConfigurationFile(path: path)
    }
    for path in standard(environment) where FileManager.default.fileExists(atPath: path) {
      return try ConfigurationFile(path: path)
    }
    return nil
  }

  /// The user's and the machine's.
  package static func standard(_ environment: [String: String]) -> [String] {
    let own =
      environment["XDG_CONFIG_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
      ?? environment["HOME"].flatMap { $0.hasPrefix("/") ? $0 + "/.config" : nil }
    return [own, "/etc"].compactMap { $0.map { $0 + "/scispool/config.jsonc" } }
  }
}
