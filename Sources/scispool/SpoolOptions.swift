import ArgumentParser
import Foundation
import Spooling

/// `--spool DIR`, shared by all subcommands that work on a spool.
struct SpoolOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "The spool's root folder (default: $SCISPOOL_SPOOL, else /var/spool/scispool).", valueName: "dir"))
  var spool: String?

  var folders: SpoolFolders {
    let path = spool ?? ProcessInfo.processInfo.environment["SCISPOOL_SPOOL"] ?? "/var/spool/scispool"
    return SpoolFolders(root: URL(filePath: path))
  }
}
