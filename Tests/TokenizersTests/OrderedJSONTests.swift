import Testing

@testable import Tokenizers

@Suite struct OrderedJSONTests {
  private func parse(_ text: String) throws -> OrderedJSON { try OrderedJSON(parsing: Array(text.utf8)) }

  @Test func keepsKeysApartThatSwiftStringsWouldMerge() throws {
    let json = try parse("{\"\u{e9}\": 1, \"e\u{301}\": 2}")
    let members = try #require(json.members)
    #expect(members.map { Array($0.key.utf8) } == [Array("\u{e9}".utf8), Array("e\u{301}".utf8)])
    #expect(members.map { $0.value.tokenID } == [1, 2])
  }

  @Test func decodesEscapesAndSurrogatePairs() throws {
    #expect(try parse(#""a\n\t\"\\\/\u0041\ud83d\ude00""#).string == "a\n\t\"\\/A😀")
  }

  @Test func readsNestedValuesAndNumbers() throws {
    let json = try parse(#" {"a": [true, null, -1.5e2, {}], "b": ""} "#)
    #expect(json["a"]?.array?.count == 4)
    #expect(json["a"]?.array?[2].number == -150)
    #expect(json["b"]?.string == "")
    #expect(json["c"] == nil)
  }

  @Test(
    "Broken text is an error, never a guess",
    arguments: [
      "", "{", "[1,", "[1 2]", "{\"a\" 1}", "{a: 1}", "tru", "\"\\ud800\"", "\"\\x\"", "\"", "1 2", "-",
      "\"a\u{1}\"",
    ])
  func brokenText(text: String) {
    #expect(throws: OrderedJSONError.self) { try parse(text) }
  }

  @Test func refusesDeepNestingInsteadOfOverflowingTheStack() {
    #expect(throws: OrderedJSONError.self) { try parse(String(repeating: "[", count: 100_000)) }
  }

  @Test func integersThatDoNotFitAnIdAreNone() throws {
    #expect(try parse("1000000000000000019884624838656").tokenID == nil)
    #expect(try parse("-9223372036854775808").tokenID == nil)
    #expect(try parse("2147483647").tokenID == nil)
    #expect(try parse("-1").tokenID == nil)
    #expect(try parse("1.5").tokenID == nil)
    #expect(try parse("49407").tokenID == 49407)
  }
}
