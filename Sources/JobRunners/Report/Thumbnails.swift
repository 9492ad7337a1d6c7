import Fingerprints
import Foundation
import Images
import Jobs
import Threads

/// Reduced copies of pictures, in `thumbnails/` beside the page that shows them.
///
/// A copy's name tells of which state of which picture it is one: what an interrupted attempt made is taken as it is, unless
/// the picture has changed since.
struct Thumbnails {
  struct Picture {
    /// Its place in the gallery.
    let number: Int
    /// As the page knows it.
    let file: String
    let path: String
  }

  let output: OutputFolder
  let context: JobContext
  let clock: StageClock

  private static let folder = "thumbnails"
  /// Longer side of a copy in pixels: twice what a page shows of it, for dense screens.
  private static let side = 384
  /// Copies made between two looks at whether the job is cancelled.
  private static let stretch = 16

  /// Makes the copies that are not there, and removes what is there beside them.
  ///
  /// - Returns: In the same order the copies' files, relative to the output folder; nil for a picture that cannot be read, or
  ///   whose copy cannot be written.
  /// - Throws: ``JobFailure`` `cancelled`.
  func make(of pictures: [Picture]) throws(JobFailure) -> [String?] {
    guard !pictures.isEmpty, (try? output.makeFolder(Self.folder)) != nil else {
      return pictures.map { _ in nil }
    }
    return try clock.measure(.thumbnails) { () throws(JobFailure) -> [String?] in
      var names = pictures.map(Self.name)
      let present = removeAll(but: Set(names.compactMap(\.self)))
      let missing = names.indices.filter { names[$0].map { !present.contains($0) } ?? false }
      var meter = ProgressMeter(total: names.count, done: names.count - missing.count, clock: clock)
      for first in stride(from: 0, to: missing.count, by: Self.stretch) {
        try context.checkCancellation()
        let part = missing[first..<min(first + Self.stretch, missing.count)]
        let orders = part.map { (path: pictures[$0].path, name: names[$0] ?? "") }
        let areMade = concurrentMap(orders) { [output] in Self.write($0.name, of: $0.path, to: output) }
        for (index, isMade) in zip(part, areMade) where !isMade { names[index] = nil }
        context.progress(meter.advance(.thumbnails, by: part.count))
      }
      return names.map { $0.map { "\(Self.folder)/\($0)" } }
    }
  }

  /// Nil for a picture that is not there.
  private static func name(of picture: Picture) -> String? {
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: picture.path),
      let size = attributes[.size] as? Int, let changed = attributes[.modificationDate] as? Date
    else { return nil }
    let state = "\(picture.file)\n\(size)\n\(changed.timeIntervalSinceReferenceDate)"
    let digits = String(picture.number)
    let number = String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    return "\(number)-\(SHA256.hexDigest(of: Data(state.utf8)).prefix(12)).jpg"
  }

  /// - Returns: Which of the wanted files are there.
  private func removeAll(but wanted: Set<String>) -> Set<String> {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: output.url(Self.folder).path)) ?? []
    for name in names where !wanted.contains(name) { output.remove("\(Self.folder)/\(name)") }
    return wanted.intersection(names)
  }

  private static func write(_ name: String, of path: String, to output: OutputFolder) -> Bool {
    guard let content = copy(of: path) else { return false }
    return (try? output.write(content, to: "\(folder)/\(name)", isSynced: false)) != nil
  }

  /// A picture as JPEG, reduced when it is large; nil when it cannot be read.
  static func copy(of path: String) -> Data? {
    guard let picture = try? RGBImage(contentsOf: path) else { return nil }
    let longer = max(picture.width, picture.height)
    guard longer > side else { return picture.jpegData() }
    return picture.resized(
      width: max(1, picture.width * side / longer), height: max(1, picture.height * side / longer),
      filter: .bilinear
    ).jpegData()
  }
}
