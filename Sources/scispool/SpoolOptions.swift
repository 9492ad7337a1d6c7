import ArgumentParser
import Configuration
import Foundation
import Jobs
import Spooling

/// `--spool` and `--config`, shared by all subcommands that work on a spool.
struct SpoolOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "A spool's name in the configuration, or its root folder (default: $SCISPOOL_SPOOL, else the configuration's default_spool, else /var/spool/scispool).",
      valueName: "spool"))
  var spool: String?
  @Option(
    name: .long,
    help: ArgumentHelp(
      "The configuration (default: $SCISPOOL_CONFIG, else ~/.config/scispool/config.jsonc, else /etc/scispool/config.jsonc).",
      valueName: "file"))
  var config: String?

  static var environment: [String: String] { ProcessInfo.processInfo.environment }

  /// What holds, with what the command line says over all else.
  func configuration(_ commandLine: SettingLayer = [:]) throws(JobFailure) -> Configuration {
    try Self.configuration(config, commandLine)
  }

  /// - Parameter file: The value of `--config`.
  static func configuration(
    _ file: String?, _ commandLine: SettingLayer = [:], _ globals: [GlobalKey: Setting] = [:]
  ) throws(JobFailure) -> Configuration {
    try Configuration(
      file: ConfigurationPlaces.file(named: file, environment: environment), environment: environment,
      commandLine: commandLine, globals: globals)
  }

  /// The folders of the spool that is meant.
  ///
  /// - Throws: ``JobFailure`` of a configuration that cannot be read, for a folder that is named by its path needs none; and
  ///   where this user may not enter the spool.
  var folders: SpoolFolders {
    get throws(JobFailure) {
      let folders = try named
      if access(folders.root.path, X_OK) != 0, errno == EACCES {
        throw JobFailure(
          .missingInput, "cannot enter the spool \(folders.root.path): \(String(cString: strerror(EACCES)))",
          hint: "Join its group\(Self.group(of: folders.root)), and log in again.")
      }
      return folders
    }
  }

  private static func group(of folder: URL) -> String {
    var status = stat()
    guard stat(folder.path, &status) == 0, let group = getgrgid(status.st_gid) else { return "" }
    let name = String(cString: group.pointee.gr_name)
    return " with `usermod -aG \(name) USER`"
  }

  private var named: SpoolFolders {
    get throws(JobFailure) {
      if config == nil, let path = spool ?? Self.environment["SCISPOOL_SPOOL"], path.contains("/") {
        return SpoolFolders(root: URL(filePath: path))
      }
      return SpoolFolders(root: URL(filePath: try configuration().spool(spool).rootPath))
    }
  }
}
