import Foundation
import Testing

@testable import Jobs

@Suite struct JSONParserTests {
  private func failure(_ text: String) -> JSONSyntaxError? {
    do throws(JSONSyntaxError) {
      _ = try JSONParser.parse(Array(text.utf8))
      return nil
    } catch { return error }
  }

  @Test func readsCommentsOnlyWhereTheyAreAllowed() throws {
    let text = "// first\n{\"a\": /* two\nlines */ [1, // one\n 2] /**/ }// last"
    guard case .object(let members) = try JSONParser.parse(Array(text.utf8), allowsComments: true).content,
      case .array(let elements) = members[0].value.content
    else {
      Issue.record("not an object of a list")
      return
    }
    #expect(elements.map(\.summary) == ["1", "2"])
    // Inside a text they are text.
    guard
      case .string("/* a // b */") = try JSONParser.parse(
        Array("\"/* a // b */\"".utf8), allowsComments: true
      ).content
    else {
      Issue.record("a text was changed")
      return
    }
    for (text, kind) in [("/* x", JSONSyntaxError.Kind.truncated), ("/ 1", .malformed), ("// x", .empty)] {
      let error = #expect(throws: JSONSyntaxError.self) {
        try JSONParser.parse(Array(text.utf8), allowsComments: true)
      }
      #expect(error?.kind == kind, "\(text)")
    }
  }

  @Test func readsEveryKindOfValueInOrder() throws {
    let text = #" {"b": [1, -0.5e3, true, false, null], "a": "\u00e4\ud83c\udf4f\n\/"} "#
    guard case .object(let members) = try JSONParser.parse(Array(text.utf8)).content,
      case .array(let elements) = members[0].value.content,
      case .string(let string) = members[1].value.content
    else {
      Issue.record("not an object of a list and a text")
      return
    }
    #expect(members.map(\.name) == ["b", "a"])
    #expect(elements.map(\.summary) == ["1", "-0.5e3", "true", "false", "null"])
    #expect(string == "ä🍏\n/")
  }

  @Test(arguments: [
    "{\"a\": NaN}", "[Infinity]", "[-Infinity]", "[1,]", "{\"a\":1,}", "{a: 1}", "[01]", "[1.]", "[.5]",
    "[+1]",
    "[1e]", "['a']", "[1] 2", "// note\n[1]", "[\"\u{1}\"]", "[\"\\x\"]", "[\"\\ud800\"]", "[\"\\udc00\"]",
    "[tru]", "]",
  ])
  func refusesWhatIsNotJSON(text: String) {
    #expect(failure(text)?.kind == .malformed)
  }

  @Test(arguments: [
    "{", "[1", "{\"a\"", "{\"a\":", "{\"a\":1,", "\"abc", "\"abc\\", "\"\\u12", "tr", "[-", "[1.", "{\"k",
  ])
  func tellsTruncatedFromMalformed(text: String) {
    #expect(failure(text)?.kind == .truncated)
  }

  @Test(arguments: ["", "  \n\t ", "\u{FEFF}"])
  func namesEmptiness(text: String) {
    #expect(failure(text)?.kind == .empty)
  }

  @Test func refusesEqualNamesInOneObject() {
    #expect(failure("{\"a\": 1, \"a\": 2}")?.problem == "the field \"a\" stands twice in one object")
  }

  @Test func refusesDeepNestingBeforeTheStackDoes() {
    for opening in ["[", "{\"a\":"] {
      #expect(
        failure(String(repeating: opening, count: 1_000_000))?.problem == "nested more than 32 levels deep")
    }
  }

  @Test func refusesTextThatIsNotUTF8() {
    for bytes: [UInt8] in [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80]] {
      #expect(throws: JSONSyntaxError.self) { try JSONParser.parse([0x22] + bytes + [0x22]) }
    }
    #expect(throws: JSONSyntaxError.self) { try JSONParser.parse([0xFF, 0xFE, 0x7B, 0x00, 0x7D, 0x00]) }
  }

  @Test func passesOverAByteOrderMark() throws {
    _ = try JSONParser.parse([0xEF, 0xBB, 0xBF] + Array("{}".utf8))
  }

  @Test func countsLinesAndColumnsInScalars() throws {
    let text = "{\n  \"ä\": 1,\n  \"🍏\": x}"
    let error = try #require(failure(text))
    let position = TextPosition(of: error.offset, in: Array(text.utf8))
    #expect(position.line == 3)
    #expect(position.column == 8)
  }

  /// Every byte string either parses or throws; a trap would end the test run.
  @Test func survivesMutatedFiles() {
    let seed = Array(
      #"{"kind":"generate","model":"m","prompts":["a\u00e4\ud83c\udf4f",{"prompt":"b","seed":1e3}],"x":[[],{},-1.5,null]}"#
        .utf8)
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
    let alphabet = Array("{}[]\",:\\u0e-+.tfn \n".utf8) + [0, 0x80, 0xC3, 0xED, 0xF0, 0xFF]
    var accepted = 0
    for _ in 0..<8_000 {
      var bytes = seed
      for _ in 0...next(6) {
        let place = next(bytes.count)
        switch next(3) {
        case 0: bytes[place] = alphabet[next(alphabet.count)]
        case 1: bytes.insert(alphabet[next(alphabet.count)], at: place)
        default: bytes.removeSubrange(place..<min(bytes.count, place + 1 + next(8)))
        }
        if bytes.isEmpty { bytes = [0x5B] }
      }
      if (try? JSONParser.parse(bytes)) != nil { accepted += 1 }
      _ = try? JobRequest(reading: Data(bytes))
    }
    #expect(accepted > 0 && accepted < 8_000)
  }

  /// What this parser accepts, Foundation accepts too: it is stricter, never laxer.
  @Test func acceptsNothingThatFoundationRefuses() {
    for text in ["[1E+2]", "[-0]", "[1e-7]", "{\"\":{}}", "[\"\\u0000\"]", "\"a\"", "[1e400]"] {
      if failure(text) == nil, text != "[1e400]" {
        #expect(throws: Never.self) {
          try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
        }
      }
    }
  }
}
