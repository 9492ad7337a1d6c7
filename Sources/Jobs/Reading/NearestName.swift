/// Finds the name that somebody probably meant.
package enum NearestName {
  /// The one of `candidates` closest to `name`, or nil when none is close enough to be a likely slip.
  ///
  /// Case, `-` and `_` do not count as differences; a name that only leaves off or adds a whole word
  /// (`steps` for `num_inference_steps`) counts as close.
  package static func of(_ name: String, in candidates: some Sequence<String>) -> String? {
    // A long name is no slip of the keyboard, and the table below grows with its square.
    guard name.unicodeScalars.count <= 64 else { return nil }
    let wanted = normalized(name)
    let ranked = candidates.map { candidate in
      (candidate: candidate, cost: cost(from: wanted, to: normalized(candidate)))
    }
    guard let best = ranked.min(by: { $0.cost < $1.cost }) else { return nil }
    return best.cost <= max(2, wanted.count / 3) ? best.candidate : nil
  }

  private static func normalized(_ name: String) -> [Character] {
    Array(name.lowercased().map { $0 == "-" || $0 == " " ? "_" : $0 })
  }

  private static func cost(from a: [Character], to b: [Character]) -> Int {
    let words = (Set(a.split(separator: "_")), Set(b.split(separator: "_")))
    if !words.0.isEmpty, words.0.isSubset(of: words.1) || words.1.isSubset(of: words.0) { return 1 }
    return editDistance(a, b)
  }

  /// Levenshtein's distance: insertions, deletions and substitutions that turn one into the other.
  static func editDistance(_ a: [Character], _ b: [Character]) -> Int {
    var row = Array(0...b.count)
    for (i, x) in a.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, y) in b.enumerated() {
        let substitution = diagonal + (x == y ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(substitution, row[j] + 1, diagonal + 1)
      }
    }
    return row[b.count]
  }
}
