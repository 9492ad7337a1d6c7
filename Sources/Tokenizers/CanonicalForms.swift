import Foundation

/// Normal forms by the tables of Unicode 9, which tokenizers 0.23.3 uses.
///
/// Normalisation is stable: what Unicode 9 knew has the same form today. Later scalars counted as unassigned, that is as
/// starters that neither decompose nor compose, so they pass as they are and nothing is reordered across them.
extension String {
  /// NFC.
  var precomposedByUnicode9: String {
    if unicodeScalars.allSatisfy({ $0.value < 0x300 }) { return self }
    // By way of NFD, because Swift 6.3's NFC alone leaves a syllable LV followed by a T jamo apart.
    return normalizingRuns { $0.decomposedStringWithCanonicalMapping.precomposedStringWithCanonicalMapping }
  }

  /// NFD.
  var decomposedByUnicode9: String {
    if utf8.allSatisfy({ $0 < 0x80 }) { return self }
    return normalizingRuns(\.decomposedStringWithCanonicalMapping)
  }

  private func normalizingRuns(_ form: (String) -> String) -> String {
    var result = String()
    var run = String.UnicodeScalarView()
    for scalar in unicodeScalars {
      guard scalar.isInertInUnicode9 else {
        run.append(scalar)
        continue
      }
      if !run.isEmpty { result.unicodeScalars.appendEach(of: form(String(run))) }
      run.removeAll(keepingCapacity: true)
      result.unicodeScalars.append(scalar)
    }
    if !run.isEmpty { result.unicodeScalars.appendEach(of: form(String(run))) }
    return result
  }
}

extension Unicode.Scalar {
  /// What came after Unicode 9, a starter that takes part in no composition.
  fileprivate var isInertInUnicode9: Bool { value >= 0x300 && !isAssigned(inUnicode: 9) }
}

extension String.UnicodeScalarView {
  /// Appends scalar by scalar: `append(contentsOf:)` takes microseconds a call, whatever the length (Swift 6.3).
  mutating func appendEach(of text: String) {
    for scalar in text.unicodeScalars { append(scalar) }
  }
}
