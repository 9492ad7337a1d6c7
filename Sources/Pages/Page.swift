import Fingerprints
import Foundation

/// A static page of the one style that all pages of the program share; it needs no network.
///
/// Its content security policy lets nothing but this page's own script run, should a text ever become markup.
package struct Page {
  package var title: String
  /// What sort of thing the page shows: a short text above the heading.
  package var kind: String
  /// Below the heading. HTML, as are ``main`` and ``footer``.
  package var summary: String
  package var main: String
  package var footer: String
  /// Rules beside those of all pages.
  package var style: String
  /// What works on the page's own elements; runs when they are there.
  package var script: String
  /// Seconds after which browsers load the page again; nil for never.
  package var refresh: Int?

  /// - Parameters:
  ///   - title: Text, as is `kind`; all others are HTML, CSS and JavaScript.
  package init(
    title: String, kind: String, summary: String, main: String, footer: String = "", style: String = "",
    script: String = ""
  ) {
    (self.title, self.kind, self.summary, self.main) = (title, kind, summary, main)
    (self.footer, self.style, self.script) = (footer, style, script)
  }

  package var html: String {
    """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    \(refresh.map { "<meta http-equiv=\"refresh\" content=\"\($0)\">\n" } ?? "")\(Self.policy(script: script.isEmpty ? nil : "\n\(script)\n"))
    <title>\(title.escapedForHTML) – scispool</title>
    <style>
    \(Self.style)\(style.isEmpty ? "" : "\n" + style)
    </style>
    </head>
    <body>
    <header>
    <p class="kind">\(kind.escapedForHTML)</p>
    <h1>\(title.escapedForHTML)</h1>
    <p class="summary">\(summary)</p>
    </header>
    <main>
    \(main)
    </main>
    \(footer.isEmpty ? "" : "<footer>\n\(footer)\n</footer>\n")\(script.isEmpty ? "" : "<script>\n\(script)\n</script>\n")</body>
    </html>

    """
  }

  /// The policy of a page whose only script is the given one.
  ///
  /// - Parameter script: What stands between the tags, to the letter.
  private static func policy(script: String?) -> String {
    let scripts = script.map { "script-src 'sha256-\(SHA256.base64Digest(of: Data($0.utf8)))'; " } ?? ""
    return """
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; \(scripts)style-src 'unsafe-inline'; \
      img-src 'self' file: data:; base-uri 'none'; form-action 'none'">
      """
  }
}
