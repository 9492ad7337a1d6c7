import Foundation
import Images
import Jobs
import Pages
import Scenes

extension JobRunner {
  /// Images on one sheet; beyond this many nobody tells them apart.
  private static let sheetLimit = 240

  /// A PNG with all images of a job, each with its prompt, seed and score; nil when a picture cannot be read back.
  static func contactSheet(
    _ result: GenerateResult, _ output: OutputFolder, _ context: JobContext
  ) throws(JobFailure) -> Data? {
    var cells: [ContactSheet.Cell] = []
    for image in result.images.prefix(sheetLimit) {
      try context.checkCancellation()
      guard let picture = try? RGBImage(contentsOf: output.url(image.file).path) else { return nil }
      let score = image.score.map { " · score \($0.rounded(to: 2))" } ?? ""
      let seed = image.seed.map { " · seed \($0)" } ?? ""
      cells.append(ContactSheet.Cell(smaller(picture), caption: image.prompt + seed + score))
    }
    guard !cells.isEmpty else { return nil }
    let columns = min(8, max(2, Int(Double(cells.count).squareRoot().rounded(.up))))
    let sheet = ContactSheet(columns: min(columns, cells.count), cellSize: 192, captionLines: 3)
    return sheet.image(of: cells).pngData()
  }

  /// The picture at no more than twice a cell's side, so that a sheet of large images stays small in memory.
  private static func smaller(_ picture: RGBImage) -> RGBImage {
    let side = max(picture.width, picture.height)
    guard side > 384 else { return picture }
    return picture.resized(
      width: max(1, picture.width * 384 / side), height: max(1, picture.height * 384 / side),
      filter: .bilinear)
  }
}
