import Foundation
import Jobs

/// The pictures of a report as the page refers to them.
///
/// Small ones travel inside the page, so that it can be mailed. Larger ones of the job's own are files beside the page;
/// of larger ones elsewhere, which do not move with the page, it gets a reduced copy. Galleries show ``Thumbnails``.
struct ReportPictures {
  private let output: OutputFolder
  private let resolver: PathResolver
  private let thumbnails: Thumbnails

  /// Bytes of a picture inside the page, and of all of them together.
  private static let inlineLimit = 64 << 10
  private static let inlineTotal = 8 << 20

  init(output: OutputFolder, _ resolver: PathResolver, _ context: JobContext, _ clock: StageClock) {
    (self.output, self.resolver) = (output, resolver)
    thumbnails = Thumbnails(output: output, context: context, clock: clock)
  }

  /// What the pictures' `src` attributes say, in the same order; nil for one that the page cannot show.
  ///
  /// - Parameter isReduced: Whether the page gets copies of large pictures of the job's own, too: beside those of pictures
  ///   elsewhere they look alike.
  func sources(of files: [String], inOutput: Bool, isReduced: Bool = false) -> [String?] {
    var left = Self.inlineTotal
    return files.map { file in
      let path = inOutput ? output.url(file).path : try? resolver.resolve(file, as: .file, field: "images")
      guard let path, left > 0 else { return inOutput ? file : nil }
      let isWhole = inOutput && !isReduced
      guard let data = Self.small(path) ?? (isWhole ? nil : Thumbnails.copy(of: path)) else {
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

  /// Like ``sources(of:inOutput:)``, for any number of pictures of any size.
  ///
  /// - Throws: ``JobFailure`` `cancelled`.
  func forGallery(_ files: [String], inOutput: Bool) throws(JobFailure) -> [GallerySource] {
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
    let made = try thumbnails.make(
      of: open.map { .init(number: $0, file: files[$0], path: paths[$0] ?? "") })
    for (index, name) in zip(open, made) { sources[index].small = name ?? sources[index].file }
    return sources
  }

  /// The pictures of a benchmark with their scores.
  func scores<Row: Decodable>(as type: Row.Type) -> [Row] {
    guard let content = try? Data(contentsOf: output.url("scores.jsonl")) else { return [] }
    return content.split(separator: UInt8(ascii: "\n")).compactMap {
      try? JobJSON.value(type, from: Data($0))
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
}
