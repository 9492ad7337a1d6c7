import Foundation
import Jobs
import Pages

/// A template job's `review.html`: the pairs one after the other, to be accepted, rejected or swapped by key or click.
///
/// The page works from its file, without a server. It keeps decisions in the browser's local storage and saves them as a
/// `dataset` job with the source `review`.
struct ReviewPage {
  /// The template job's name.
  let of: String
  /// The data set to publish.
  let output: String
  /// Digest of the candidates: decisions about others are not taken for decisions about these.
  let candidates: String
  let rows: [CandidateRow]

  private struct Content: Encodable {
    let of: String
    let output: String
    let candidates: String
    let pairs: [Pair]
  }

  private struct Pair: Encodable {
    let name: String
    let law: String
    let subject: String
    let implicit: String
    let explicit: String
    let superficial: String
    let science: String
    let source: String
    let explicitImage: String
    let superficialImage: String
    let margin: Double?
  }

  var html: String {
    get throws(JobFailure) {
      let content = Content(
        of: of, output: output, candidates: candidates,
        pairs: rows.map {
          Pair(
            name: $0.pair, law: $0.law, subject: $0.subject, implicit: $0.implicitPrompt[0],
            explicit: $0.explicitPrompt[0], superficial: $0.superficialPrompt[0], science: $0.science,
            source: $0.source, explicitImage: Self.link($0.explicitImage[0]),
            superficialImage: Self.link($0.superficialImage[0]), margin: $0.margin)
        })
      // Within a script element only "<" could end the data.
      let data = String(decoding: try JobJSON.line(content), as: UTF8.self).replacing("<", with: "\\u003c")
      return Page(
        title: "Review of \(of)", kind: "review",
        summary: "Which picture shows what the prompt's science asks for? <span id=\"count\"></span>",
        main: "\(Self.pair)\n<script type=\"application/json\" id=\"data\">\(data)</script>",
        footer: """
          <p><button id="download">Save the decisions</button>
          Drop the saved file into the spool's inbox: it publishes the accepted pairs as
          datasets/\(output.escapedForHTML)/. Undecided pairs are left out.</p>
          """,
        style: Self.style, script: Self.script
      ).html
    }
  }

  private static func link(_ file: String) -> String {
    let name = file.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? file
    return "\(TemplateRunner.candidates)/\(name)"
  }

  /// What the script fills in with one pair after the other.
  private static let pair = """
    <progress id="progress" aria-label="pairs decided" value="0" max="1"></progress>
    <p id="note" hidden></p>
    <section id="pair" aria-live="polite">
    <p class="kind"><span id="law"></span> <span id="place"></span></p>
    <h2 id="implicit"></h2>
    <div class="pictures">
    <figure class="right"><img id="left-picture" alt=""><figcaption><b>right</b> <span id="left-text"></span></figcaption></figure>
    <figure class="wrong"><img id="right-picture" alt=""><figcaption><b>wrong</b> <span id="right-text"></span></figcaption></figure>
    </div>
    <p id="science"></p>
    <p class="kind"><span id="source"></span> <span id="margin"></span></p>
    <p class="buttons">
    <button id="accept">Accept <kbd>a</kbd></button>
    <button id="reject">Reject <kbd>r</kbd></button>
    <button id="swap">Swap <kbd>s</kbd></button>
    <button id="undo">Undo <kbd>u</kbd></button>
    <button id="previous" aria-label="previous pair"><kbd>←</kbd></button>
    <button id="next" aria-label="next pair"><kbd>→</kbd></button>
    </p>
    </section>
    <nav id="strip" aria-label="all pairs"></nav>
    """
}
