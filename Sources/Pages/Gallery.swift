import Foundation

/// Pictures that their reader filters, sorts and enlarges.
///
/// The page has them as data and makes elements for a screenful at a time, so that ten thousand are no burden; without
/// scripts it shows the first ones.
package struct Gallery: Sendable {
  package struct Picture: Sendable, Encodable, Equatable {
    /// The picture as it is, as seen from the page; nil when the page has no way to it.
    package var file: String?
    /// What is shown in the gallery: a data URL, or a file beside the page; nil for a picture that is not there.
    package var small: String?
    package var width: Int?
    package var height: Int?
    package var prompt: String
    package var negativePrompt: String?
    package var object: String?
    package var score: Double?
    /// A text: JavaScript's numbers are too short for some.
    package var seed: String?
    package var tier: String?
    package var category: String?
    package var law: String?
    package var verdict: String?
    /// What else is said of it.
    package var note: String?

    package init(prompt: String) { self.prompt = prompt }

    enum CodingKeys: String, CodingKey {
      case file, small, width, height, prompt
      case negativePrompt = "negative_prompt"
      case object, score, seed, tier, category, law, verdict, note
    }
  }

  package var title: String
  package var pictures: [Picture]
  /// A generate job with an empty list of prompts, into which the page puts a picture's; nil when there is no such job.
  package var job: String?
  /// Whether the best scores come first.
  package var isByScore: Bool

  package init(title: String, pictures: [Picture], job: String? = nil, isByScore: Bool = false) {
    (self.title, self.pictures, self.job, self.isByScore) = (title, pictures, job, isByScore)
  }

  private struct Content: Encodable {
    let job: String?
    let order: String
    let pictures: [Picture]
  }

  /// How many a page shows without scripts.
  private static let firstOnes = 24

  /// Needs ``PageScript/galleries``.
  package var html: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "∞", negativeInfinity: "−∞", nan: "none")
    let content = Content(job: job, order: isByScore ? "falling" : "given", pictures: pictures)
    // Texts and numbers can always be encoded. Within a script element only "<" could end the data.
    let data = (try? encoder.encode(content)).map { String(decoding: $0, as: UTF8.self) } ?? "null"
    let figures = pictures.prefix(Self.firstOnes).map(Self.figure).joined(separator: "\n")
    return """
      <section class="gallery" aria-label="\(title.escapedForHTML)">
      <h2>\(title.escapedForHTML)</h2>
      <div class="controls" hidden></div>
      <p class="note" role="status"></p>
      <div class="row"></div>
      <p><button type="button" class="more" hidden>Show more</button></p>
      \(Self.dialog)
      <noscript><p class="note">The first pictures; the others are in result.json and scores.jsonl.</p>
      <div class="row">
      \(figures)
      </div></noscript>
      <script type="application/json">\(data.replacing("<", with: "\\u003c"))</script>
      </section>
      """
  }

  private static func figure(_ picture: Picture) -> String {
    let image =
      picture.small.map {
        "<img loading=\"lazy\" src=\"\($0.escapedForHTML)\" alt=\"\(picture.prompt.escapedForHTML)\">"
      } ?? "<span class=\"missing\">\(picture.prompt.escapedForHTML)</span>"
    let score = picture.score.map { "<b>\($0.rounded(to: 2))</b> · " } ?? ""
    let seed = picture.seed.map { "seed \($0) · " } ?? ""
    return "<figure>\(image)<figcaption>\(score)\(seed)\(picture.prompt.escapedForHTML)</figcaption></figure>"
  }

  private static let dialog = """
    <dialog aria-label="One picture">
    <div class="stage"><img alt=""></div>
    <p class="prompt"></p>
    <table></table>
    <p class="buttons">
    <button type="button" class="previous" aria-label="previous picture">←</button>
    <button type="button" class="next" aria-label="next picture">→</button>
    <button type="button" class="copy">Copy as job</button>
    <button type="button" class="close">Close</button>
    <span class="note" role="status"></span>
    </p>
    <pre tabindex="0" aria-label="a job that draws this picture"></pre>
    </dialog>
    """
}
