import Foundation
import Images
import Jobs

/// The pictures of a report as the page refers to them.
///
/// Small ones travel inside the page, so that it can be mailed. Larger ones of the job's own are files beside the page;
/// of larger ones elsewhere, which do not move with the page, it gets a reduced copy.
struct ReportPictures {
  private let output: OutputFolder
  private let resolver: PathResolver

  /// Bytes of a picture inside the page, and of all of them together.
  private static let inlineLimit = 64 << 10
  private static let inlineTotal = 8 << 20
  /// Longer side of a reduced copy.
  private static let copySide = 192

  init(output: OutputFolder, _ resolver: PathResolver) { (self.output, self.resolver) = (output, resolver) }

  /// What the pictures' `src` attributes say, in the same order; nil for one that the page cannot show.
  func sources(of files: [String], inOutput: Bool) -> [String?] {
    var left = Self.inlineTotal
    return files.map { file in
      let path = inOutput ? output.url(file).path : try? resolver.resolve(file, as: .file, field: "images")
      guard let path, left > 0 else { return inOutput ? file : nil }
      guard let data = inOutput ? Self.small(path) : Self.small(path) ?? Self.copy(path) else {
        return inOutput && FileManager.default.fileExists(atPath: path) ? file : nil
      }
      left -= data.count
      let type = data.starts(with: [0xFF, 0xD8]) ? "jpeg" : "png"
      return "data:image/\(type);base64,\(data.base64EncodedString())"
    }
  }

  /// The pictures of a generator benchmark with their scores.
  func scores() -> [GeneratorBenchmarkResult.Image] {
    guard let content = try? Data(contentsOf: output.url("scores.jsonl")) else { return [] }
    return content.split(separator: UInt8(ascii: "\n")).compactMap {
      try? JobJSON.value(GeneratorBenchmarkResult.Image.self, from: Data($0))
    }
  }

  /// The first lines of a text file of the spool; none when it cannot be read.
  func text(of file: String, lines: Int) -> [String] {
    guard let path = try? resolver.resolve(file, as: .file, field: "file"),
      let text = try? String(contentsOfFile: path, encoding: .utf8)
    else { return [] }
    return text.split(separator: "\n").prefix(lines).map(String.init)
  }

  /// The file as it is, when it is small.
  private static func small(_ path: String) -> Data? {
    guard let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int,
      size <= inlineLimit
    else { return nil }
    return try? Data(contentsOf: URL(filePath: path))
  }

  private static func copy(_ path: String) -> Data? {
    guard let picture = try? RGBImage(contentsOf: path) else { return nil }
    let side = max(picture.width, picture.height, copySide)
    return picture.resized(
      width: max(1, picture.width * copySide / side), height: max(1, picture.height * copySide / side),
      filter: .bilinear
    ).pngData()
  }
}
