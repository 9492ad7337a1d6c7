import Foundation
import Glibc

/// The pages of code that this process keeps mapped.
///
/// A start runs much code that a year of serving does not: parsing of arguments, migrations, recovery. Its pages would count
/// as this process's memory for ever, though they are clean and in the page cache.
enum ProgramPages {
  /// Lets go of all mapped code; what runs next is mapped again without reading the disk.
  static func release() {
    let maps = (try? String(contentsOfFile: "/proc/self/maps", encoding: .utf8)) ?? ""
    for line in maps.split(separator: "\n") {
      // 7f1c2e400000-7f1c2e7d5000 r-xp 00157000 fe:00 2883609    /usr/lib/libswiftCore.so
      let fields = line.split(separator: " ", omittingEmptySubsequences: true)
      // Only what can be executed is never written to: all else may differ from the file.
      guard fields.count >= 6, fields[1] == "r-xp", fields[5].hasPrefix("/") else { continue }
      let ends = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
      guard ends.count == 2, let start = UnsafeMutableRawPointer(bitPattern: ends[0]) else { continue }
      madvise(start, Int(ends[1] - ends[0]), MADV_DONTNEED)
    }
  }
}
