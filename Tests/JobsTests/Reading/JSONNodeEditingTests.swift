import Foundation
import Testing

@testable import Jobs

@Suite struct JSONNodeEditingTests {
  private func node(_ text: String) throws -> JSONNode { try JSONNode(jobText: Array(text.utf8)) }

  @Test(
    arguments: [
      #"{"b": 1e400, "a": [true, null, {"x": -0.10}], "ä\"\\\n\u0001\u007f": "\u2028é😀"}"#, "[]", "{}",
      #""\t""#, "9223372036854775808",
    ])
  func whatIsWrittenIsReadAsTheSame(text: String) throws {
    let node = try node(text)
    let once = node.text
    #expect(try self.node(once).text == once)
    #expect(try self.node(node.fileText).text == once)
    // What Foundation makes of it, too, but for a number that it does not know.
    guard !text.contains("1e400") else { return }
    let objects = try [text, once, node.fileText].map {
      try JSONSerialization.jsonObject(with: Data($0.utf8), options: .fragmentsAllowed) as? NSObject
    }
    #expect(objects[0] == objects[1] && objects[1] == objects[2])
  }

  @Test func membersAreSetMadeAndRemoved() throws {
    let base = try node(#"{"a": {"b": 1}, "c": 2}"#)
    let three = try node("3")
    #expect(base.setting(three, at: ["a", "b"]).text == #"{"a": {"b": 3}, "c": 2}"#)
    #expect(base.setting(three, at: ["a", "d"]).text == #"{"a": {"b": 1, "d": 3}, "c": 2}"#)
    #expect(base.setting(three, at: ["e", "f"]).text == #"{"a": {"b": 1}, "c": 2, "e": {"f": 3}}"#)
    #expect(base.removing(["a"]).text == #"{"c": 2}"#)
    #expect(base[["a", "b"]]?.text == "1" && base[["a", "x"]] == nil && base[["c", "x"]] == nil)
  }
}
