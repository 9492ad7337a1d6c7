import Fingerprints
import Foundation
import Images

/// Pictures drawn by earlier jobs, kept by what they were drawn from: model, adapter, prompt, seed, size and settings.
///
/// When the files exceed the limit, those not used for longest go. A cache that cannot be written, or a file that is no
/// picture, is no reason to fail: the picture is drawn again.
struct ImageCache {
  let folder: String
  /// Bytes of all files together.
  let limit: Int

  /// - Parameter folder: Made when the first picture is kept.
  init(folder: String, limit: Int) {
    (self.folder, self.limit) = (folder, limit)
    trim()
  }

  static func key(_ parts: [String]) -> String {
    SHA256.hexDigest(of: Data(parts.joined(separator: "\u{0}").utf8))
  }

  /// The PNG of a key, if it is there and whole.
  func png(_ key: String) -> Data? {
    let path = "\(folder)/\(key).png"
    guard let data = try? Data(contentsOf: URL(filePath: path)), (try? RGBImage(contentsOf: path)) != nil
    else { return nil }
    // Used now: not the next to go.
    try? FileManager.default.setAttributes([.modificationDate: Date()], ofItemAtPath: path)
    return data
  }

  func keep(_ png: Data, as key: String) {
    guard png.count <= limit else { return }
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try? png.write(to: URL(filePath: "\(folder)/\(key).png"), options: .atomic)
  }

  private func trim() {
    let manager = FileManager.default
    var files: [(path: String, size: Int, used: Date)] = []
    for name in (try? manager.contentsOfDirectory(atPath: folder)) ?? [] {
      let path = "\(folder)/\(name)"
      guard let facts = try? manager.attributesOfItem(atPath: path) else { continue }
      files.append((path, facts[.size] as? Int ?? 0, facts[.modificationDate] as? Date ?? .distantPast))
    }
    var sum = files.reduce(0) { $0 + $1.size }
    for file in files.sorted(by: { $0.used < $1.used }) where sum > limit {
      try? manager.removeItem(atPath: file.path)
      sum -= file.size
    }
  }
}
