import Foundation
import Glibc

/// The pages of programs and libraries that this process keeps mapped: code, and data that nobody writes to.
///
/// A daemon sleeps for most of the year, and what it ran before, of thirty libraries, would count as its memory all the time,
/// though the pages are clean and in the page cache.
enum ProgramPages {
  /// Lets go of all that are as in their files; what runs next is mapped again without reading the disk.
  static func release() {
    // Files there have no size, and come in pieces.
    guard let file = FileHandle(forReadingAtPath: "/proc/self/smaps") else { return }
    defer { try? file.close() }
    let text = String(decoding: (try? file.readToEnd()) ?? Data(), as: UTF8.self)
    var current: Range<UInt>?
    for line in text.split(separator: "\n") {
      if let range = mapping(line) {
        current = range
      } else if line.hasPrefix("Private_Dirty:") {
        // What was written to, by the linker for example, is not as in the file.
        let isClean = line.split(separator: " ").dropFirst().first == "0"
        if let current, isClean, let start = UnsafeMutableRawPointer(bitPattern: current.lowerBound) {
          madvise(start, Int(current.count), MADV_DONTNEED)
        }
        current = nil
      }
    }
  }

  /// The range of a mapping's first line, if nobody can write to it and it is of a file; nil for all other lines.
  private static func mapping(_ line: Substring) -> Range<UInt>? {
    // 7f1c2e400000-7f1c2e7d5000 r-xp 00157000 fe:00 2883609    /usr/lib/libswiftCore.so
    let fields = line.split(separator: " ", maxSplits: 5)
    guard fields.count == 6, ["r-xp", "r--p"].contains(fields[1]),
      fields[5].drop(while: { $0 == " " }).hasPrefix("/")
    else { return nil }
    let ends = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
    return ends.count == 2 && ends[0] < ends[1] ? ends[0]..<ends[1] : nil
  }
}
