import Glibc

/// Arrays whose neighbours are pages that nobody may touch, or bytes that are looked at afterwards: what a kernel reads or
/// writes beside its arrays ends the test.
final class GuardedMemory {
  private struct Area {
    let start: UnsafeMutableRawPointer
    let length: Int
    let bytes: Range<Int>
  }

  private static let page = 4096
  private static let filling: UInt8 = 0xA5
  /// Whether arrays end where their page does, or begin where it does.
  private let atEnd: Bool
  private var areas: [Area] = []

  init(atEnd: Bool) { self.atEnd = atEnd }

  deinit { for area in areas { munmap(area.start, area.length) } }

  func array<Element: BitwiseCopyable>(_ values: [Element]) -> UnsafeMutablePointer<Element> {
    let count = values.count * MemoryLayout<Element>.stride
    let pages = max(1, (count + Self.page - 1) / Self.page)
    let length = (pages + 2) * Self.page
    guard let start = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      start != MAP_FAILED
    else { fatalError("no memory for a test") }
    memset(start, Int32(Self.filling), length)
    mprotect(start, Self.page, PROT_NONE)
    mprotect(start + length - Self.page, Self.page, PROT_NONE)
    let first = atEnd ? length - Self.page - count : Self.page
    areas.append(Area(start: start, length: length, bytes: first..<first + count))
    let pointer = (start + first).bindMemory(to: Element.self, capacity: values.count)
    pointer.initialize(from: values, count: values.count)
    return pointer
  }

  /// Whether nothing was written in the arrays' pages beside them.
  var isUntouchedBeside: Bool {
    areas.allSatisfy { area in
      (Self.page..<area.length - Self.page).allSatisfy {
        area.bytes.contains($0) || area.start.load(fromByteOffset: $0, as: UInt8.self) == Self.filling
      }
    }
  }
}
