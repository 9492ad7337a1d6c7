import Testing

@testable import Checkpoints

@Suite struct StrictJSONTests {
  @Test func readsEveryKindOfValue() throws {
    let value = try StrictJSON.parse(
      #" {"a": [1, -2.5e3, true, false, null], "b": {"c": "x\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é"}, "": 0} "#)
    let object = try #require(value.object)
    #expect(object.keys == ["a", "b", ""])
    #expect(object["a"] == .array([.number("1"), .number("-2.5e3"), .bool(true), .bool(false), .null]))
    #expect(object["a"]?.array?[1].double == -2500)
    #expect(object["b"]?.object?["c"]?.string == "x\"\\/\u{8}\u{C}\n\r\té😀é")
  }

  @Test func keepsLargeIntegersExact() throws {
    #expect(try StrictJSON.parse("9007199254740993").integer == 9_007_199_254_740_993)
    #expect(try StrictJSON.parse("9223372036854775808").integer == nil)
    #expect(try StrictJSON.parse("1.0").integer == nil)
    #expect(try StrictJSON.parse("1e999").double == nil)
  }

  @Test(arguments: [
    "", " ", "{", "}", "[1,]", "[1 2]", "{\"a\":1,}", "{a:1}", "{\"a\" 1}", "01", "+1", "1.", ".5", "1e", "-",
    "tru",
    "nulll", "\"", "\"\\x\"", "\"\\u12g4\"", "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\"", "\"a\nb\"",
    "NaN",
    "1 2", "'a'", "[\"a\"", "{\"a\"", "\u{0}", "1\u{0}",
  ])
  func refusesWhatIsNotJSON(text: String) {
    #expect(throws: StrictJSONError.self) { try StrictJSON.parse(text) }
  }

  @Test func refusesEqualKeysAndSaysWhere() throws {
    let error = #expect(throws: StrictJSONError.self) {
      try StrictJSON.parse(#"{"a":1,"b":{"c":1,"\u0063":2}}"#)
    }
    #expect(error?.description == #"the key "c" stands twice in one object at byte 18"#)
  }

  @Test func refusesDeepNestingInsteadOfOverflowingTheStack() throws {
    let deepest = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
    #expect(throws: Never.self) { try StrictJSON.parse(deepest) }
    #expect(throws: StrictJSONError.self) { try StrictJSON.parse(String(repeating: "[", count: 1_000_000)) }
    let objects = String(repeating: "{\"a\":", count: 100_000)
    #expect(throws: StrictJSONError.self) { try StrictJSON.parse(objects) }
  }

  @Test func refusesTextThatIsNotUTF8() {
    let broken: [UInt8] = [0x22, 0xC3, 0x28, 0x22]
    #expect(throws: StrictJSONError.self) { try broken.withUnsafeBytes { try StrictJSON.parse($0) } }
  }
}
