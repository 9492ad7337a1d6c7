import Testing

@testable import Tokenizers

@Suite struct AddedTokenFinderTests {
  private func split(_ text: String, _ tokens: [AddedToken]) -> [AddedTokenFinder.Stretch] {
    AddedTokenFinder(tokens.enumerated().map { ($0.element, $0.offset) }).split(text)
  }

  @Test func cutsTheTextAtTokens() {
    #expect(
      split("a<e>b<e>", [AddedToken(content: "<e>")]) == [
        .text("a"), .token(id: 0), .text("b"), .token(id: 0),
      ])
    #expect(split("plain", [AddedToken(content: "<e>")]) == [.text("plain")])
    #expect(split("", [AddedToken(content: "<e>")]) == [])
  }

  @Test func theLongestOfTheLeftmostWins() {
    let tokens = [AddedToken(content: "<e"), AddedToken(content: "<e>"), AddedToken(content: "e>x")]
    #expect(split("<e>x", tokens) == [.token(id: 1), .text("x")])
  }

  @Test func strippingSwallowsWhiteSpaceOnTheAskedSide() {
    let token = AddedToken(content: "<e>", stripsLeft: true, stripsRight: true)
    #expect(split("a \u{3000}<e>\t b", [token]) == [.text("a"), .token(id: 0), .text("b")])
    #expect(
      split("a <e> b", [AddedToken(content: "<e>", stripsLeft: true)]) == [
        .text("a"), .token(id: 0), .text(" b"),
      ])
    #expect(split("<e> <e>", [token]) == [.token(id: 0), .token(id: 0)])
  }

  @Test func singleWordsDoNotMatchInsideWords() {
    let token = AddedToken(content: "cat", isSingleWord: true)
    #expect(split("cats cat", [token]) == [.text("cats "), .token(id: 0)])
    #expect(split("a cat.", [token]) == [.text("a "), .token(id: 0), .text(".")])
  }

  @Test func tokensAreToldApartByBytesNotByCanonicalEquivalence() {
    #expect(split("e\u{301}", [AddedToken(content: "\u{e9}")]) == [.text("e\u{301}")])
  }
}
