import CLinux
import Foundation
import Jobs

/// What sort of file system a folder lies on, as statfs(2) tells it.
package struct FileSystemKind: Sendable, Equatable {
  /// As mount(8) calls it; the number in hexadecimal where it is none of the known ones.
  package let name: String
  /// Whether things may change there of which inotify is not told: other machines write to it, or other layers.
  package let changesUnheard: Bool

  private static let known: [Int: (name: String, changesUnheard: Bool)] = [
    0xEF53: ("ext4", false), 0x5846_5342: ("xfs", false), 0x9123_683E: ("btrfs", false),
    0x0102_1994: ("tmpfs", false), 0x2FC1_2FC1: ("zfs", false), 0xF2F5_2010: ("f2fs", false),
    0xCA45_1A4E: ("bcachefs", false), 0x6969: ("nfs", true), 0xFF53_4D42: ("cifs", true),
    0xFE53_4D42: ("smb2", true), 0x517B: ("smb", true), 0x794C_7630: ("overlay", true),
    0x6573_5546: ("fuse", true), 0x0102_1997: ("9p", true), 0x5346_414F: ("afs", true),
    0x00C3_6400: ("ceph", true), 0x0BD0_0BD0: ("lustre", true), 0x4750_4653: ("gpfs", true),
    0x786F_4256: ("vboxsf", true), 0x0116_1970: ("gfs2", true), 0x7461_636F: ("ocfs2", true),
  ]

  /// - Parameter magic: statfs's `f_type`.
  package init(magic: Int) {
    let number = magic & 0xFFFF_FFFF
    (name, changesUnheard) = Self.known[number] ?? ("0x" + String(number, radix: 16), false)
  }

  /// Nil when the folder cannot be looked at.
  package init?(of folder: URL) {
    let magic = file_system_magic(folder.path)
    guard magic != -1 else { return nil }
    self.init(magic: magic)
  }
}
