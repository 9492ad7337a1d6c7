import Foundation
import Images
import Jobs

/// The pictures of a report as the page refers to them.
///
/// Small ones travel inside the page, so that it can be mailed. Larger ones of the job's own are files beside the page;
/// of larger ones elsewhere, which do not move with the page, it gets a reduced copy. Galleries show reduced copies that lie
/// in `thumbnails/` beside the page.
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

  /// A picture in a gallery, and the whole one behind it; nil for what there is none of.
  struct GallerySource {
    var small: String?
    var file: String?
  }

  /// Longer side of a thumbnail in pixels: twice what a gallery shows of it, for dense screens.
  private static let thumbnailSide = 384
  private static let thumbnails = "thumbnails"

  /// Like ``sources(of:inOutput:)``, for any number of pictures of any size.
  func forGallery(_ files: [String], inOutput: Bool) -> [GallerySource] {
    let paths = files.map {
      inOutput ? output.url($0).path : try? resolver.resolve($0, as: .file, field: "images")
    }
    var left = Self.inlineTotal
    var sources = zip(files, paths).map { file, path -> GallerySource in
      guard let path, FileManager.default.fileExists(atPath: path) else { return GallerySource() }
      let link = inOutput ? file.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) : nil
      guard Self.isSmall(path) else { return GallerySource(small: nil, file: link) }
      guard left > 0, let data = Self.small(path) else { return GallerySource(small: link, file: link) }
      left -= data.count
      let type = data.starts(with: [0xFF, 0xD8]) ? "jpeg" : "png"
      return GallerySource(small: "data:image/\(type);base64,\(data.base64EncodedString())", file: link)
    }
    let open = sources.indices.filter { sources[$0].small == nil && paths[$0] != nil }
    guard !open.isEmpty, (try? output.makeFolder(Self.thumbnails)) != nil else {
      return sources.map { GallerySource(small: $0.small ?? $0.file, file: $0.file) }
    }
    let made = inParallel(open.count) { turn in thumbnail(of: paths[open[turn]] ?? "", number: open[turn]) }
    for (index, name) in zip(open, made) { sources[index].small = name ?? sources[index].file }
    return sources
  }

  /// Writes a reduced copy; nil for a picture that is small enough as it is, cannot be read, or whose copy cannot be written.
  private func thumbnail(of path: String, number: Int) -> String? {
    guard let picture = try? RGBImage(contentsOf: path) else { return nil }
    let side = max(picture.width, picture.height)
    let shown =
      side <= Self.thumbnailSide
      ? picture
      : picture.resized(
        width: max(1, picture.width * Self.thumbnailSide / side),
        height: max(1, picture.height * Self.thumbnailSide / side), filter: .bilinear)
    let digits = String(number)
    let name = "\(Self.thumbnails)/\(String(repeating: "0", count: max(0, 5 - digits.count)))\(digits).jpg"
    return (try? output.write(shown.jpegData(), to: name)) == nil ? nil : name
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

  private static func isSmall(_ path: String) -> Bool {
    let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
    return size.map { $0 <= inlineLimit } ?? false
  }

  /// The file as it is, when it is small.
  private static func small(_ path: String) -> Data? {
    isSmall(path) ? try? Data(contentsOf: URL(filePath: path)) : nil
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
