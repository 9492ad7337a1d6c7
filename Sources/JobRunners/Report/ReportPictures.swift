import Foundation
import Jobs

/// The pictures of a report as the page refers to them.
///
/// Small ones travel inside the page, so that it can be mailed; larger ones are files of the same folder.
struct ReportPictures {
  private let output: OutputFolder
  private let resolver: PathResolver

  /// Bytes of a picture inside the page, and of all of them together.
  private static let inlineLimit = 64 << 10
  private static let inlineTotal = 4 << 20

  init(output: OutputFolder, _ resolver: PathResolver) { (self.output, self.resolver) = (output, resolver) }

  /// What the pictures' `src` attributes say, in the same order; nil for one that the page cannot show.
  func sources(of files: [String], inOutput: Bool) -> [String?] {
    var left = Self.inlineTotal
    return files.map { file in
      let path = inOutput ? output.url(file).path : try? resolver.resolve(file, as: .file, field: "images")
      guard let path, let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int else {
        return nil
      }
      guard size <= Self.inlineLimit, size <= left, let data = try? Data(contentsOf: URL(filePath: path))
      else {
        return inOutput ? file : nil
      }
      left -= size
      let type = data.starts(with: [0xFF, 0xD8]) ? "jpeg" : "png"
      return "data:image/\(type);base64,\(data.base64EncodedString())"
    }
  }
}
