import Jobs
import Testing

struct PlainTextTests {
  @Test(arguments: [
    ("a green apple 🍏, größer", "a green apple 🍏, größer"), ("two\nlines\r\n", #"two\nlines\r\n"#),
    ("\u{1B}[31mred\u{1B}[0m", #"\u{1B}[31mred\u{1B}[0m"#), ("\u{9B}2J", #"\u{009B}2J"#),
    ("\u{7F}\u{0}\u{7}", #"\u{7F}\0\u{07}"#), ("a\u{202E}b", #"a\u{202E}b"#),
    ("a\u{2028}b", #"a\u{2028}b"#), ("👩\u{200D}🔬", "👩\u{200D}🔬"),
  ])
  func `spells out what would act on a terminal, and nothing else`(text: String, expected: String) {
    #expect(text.spelledOut() == expected)
    #expect(text.spelledOut().spelledOut() == expected)
  }

  @Test func `keeps lines where they are wanted`() {
    #expect("one\n\ttwo\u{1B}".spelledOut(keepsLines: true) == "one\n\ttwo\\u{1B}")
  }
}
