import Fingerprints
import Foundation
import Jobs

/// The images that earlier attempts of a generate job finished, kept in the output folder until the job is done.
///
/// The first line says which job and model they belong to; each further line is one image. A line is written after
/// its PNG is complete, so that a killed attempt loses at most the image it was drawing.
struct ImageRecord {
  static let file = ".images.jsonl"
  private let folder: OutputFolder
  /// By file name.
  private(set) var finished: [String: GeneratedImage] = [:]

  private struct Owner: Codable, Equatable {
    let fingerprint: String
  }

  /// Reads what is there; a record of another job or model, or of files that changed, counts for nothing.
  ///
  /// - Parameter fingerprint: Equal for attempts whose images would be equal.
  init(in folder: OutputFolder, fingerprint: String) throws(JobFailure) {
    self.folder = folder
    let owner = Owner(fingerprint: fingerprint)
    let content = (try? Data(contentsOf: folder.url(Self.file))) ?? Data()
    let lines = content.split(separator: UInt8(ascii: "\n"))
    guard let first = lines.first, (try? JobJSON.value(Owner.self, from: Data(first))) == owner else {
      try folder.write(try JobJSON.line(owner), to: Self.file)
      return
    }
    for line in lines.dropFirst() {
      // The last line may be cut where the attempt was killed.
      guard var image = try? JobJSON.value(GeneratedImage.self, from: Data(line)),
        let digest = try? SHA256.hexDigest(ofFile: folder.url(image.file)), digest == image.sha256
      else { continue }
      image.resumed = true
      finished[image.file] = image
    }
    // Written anew without the lines that count for nothing, so that a cut line does not swallow the next one.
    var kept = try JobJSON.line(owner)
    for image in finished.values { kept += try JobJSON.line(image) }
    try folder.write(kept, to: Self.file)
  }

  func add(_ image: GeneratedImage) throws(JobFailure) {
    try folder.append(try JobJSON.line(image), to: Self.file)
  }

  /// The job is done: the record is not for publication.
  func remove() { folder.remove(Self.file) }
}
