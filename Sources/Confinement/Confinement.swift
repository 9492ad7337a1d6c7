import CLinux
import Foundation
import Glibc

/// Takes away from this process, for good, the files that it has no business with: Landlock, which the kernel checks at every
/// opening, so that no link that is changed in the last moment and no link inside a folder leads anywhere else.
///
/// What has been opened before stays open, stat(2) still tells of everything, and programs may still be started.
package enum Confinement {
  package enum Outcome: Sendable, Equatable {
    /// - Parameter version: Of the kernel's interface.
    case confined(version: Int)
    /// Nothing has changed.
    case unavailable(String)
  }

  /// What any process needs that computes, draws text and asks servers: libraries, names and certificates, fonts, the
  /// machine's figures. Of `/proc` all, for libdispatch ends a process whose threads' `/proc/<thread>/stat` it cannot read;
  /// what other processes' folders there tell is the kernel's to guard.
  package static let ofTheSystem = [
    "/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/hosts", "/etc/host.conf", "/etc/resolv.conf",
    "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/services", "/etc/passwd", "/etc/group", "/etc/localtime",
    "/etc/timezone", "/etc/ssl", "/etc/ca-certificates", "/etc/pki", "/etc/fonts", "/var/cache/fontconfig",
    "/run/systemd/resolve", "/run/nscd", "/proc", "/sys/devices/system", "/sys/fs/cgroup", "/sys/kernel/mm",
    "/dev/urandom", "/dev/random", "/dev/zero",
  ]

  /// Linux 5.19: renames from one folder into another are refused altogether before.
  private static let leastVersion = 2

  /// - Parameters:
  ///   - writable: Files and folders that stay readable and writable, with all below them.
  ///   - readable: Those that stay readable. What is not there is passed over.
  package static func confine(writable: [String], readable: [String]) -> Outcome {
    let version = Int(landlock_version())
    guard version >= leastVersion else {
      return .unavailable(
        version < 0
          ? "the kernel has no Landlock (\(String(cString: strerror(errno))))"
          : "the kernel's Landlock has version \(version), \(leastVersion) is needed")
    }
    let all = Rights.all(version)
    let ruleset = landlock_ruleset(all.rawValue)
    guard ruleset >= 0 else { return failed("make rules") }
    defer { close(ruleset) }
    let rules = writable.map { ($0, all) } + readable.map { ($0, Rights.reading) }
    for (path, rights) in rules {
      guard add(rights, to: path, ruleset) else { return failed("add \(path)") }
    }
    guard landlock_enter(ruleset) == 0 else { return failed("enter") }
    return .confined(version: version)
  }

  private static func failed(_ what: String) -> Outcome {
    .unavailable("Landlock: cannot \(what): \(String(cString: strerror(errno)))")
  }

  private static func add(_ rights: Rights, to path: String, _ ruleset: Int32) -> Bool {
    let place = open_place(path)
    guard place >= 0 else { return true }
    defer { close(place) }
    var status = stat()
    guard fstat(place, &status) == 0 else { return true }
    let isFolder = status.st_mode & S_IFMT == S_IFDIR
    let fitting = isFolder ? rights : rights.intersection(.ofFiles)
    return landlock_allow(ruleset, place, fitting.rawValue) == 0
  }

  /// The kernel's bits.
  private struct Rights: OptionSet {
    let rawValue: UInt64

    static let writeFile = Rights(rawValue: 1 << 1)
    static let readFile = Rights(rawValue: 1 << 2)
    static let readFolder = Rights(rawValue: 1 << 3)
    /// Removing, making and renaming of whatever kind.
    static let changeFolder = Rights(rawValue: (1 << 14) - (1 << 4))
    static let truncate = Rights(rawValue: 1 << 14)

    static let reading: Rights = [.readFile, .readFolder]
    static let ofFiles: Rights = [.readFile, .writeFile, .truncate]

    static func all(_ version: Int) -> Rights {
      let rights: Rights = [.writeFile, .readFile, .readFolder, .changeFolder]
      return version >= 3 ? rights.union(.truncate) : rights
    }
  }
}
