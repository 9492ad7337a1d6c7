import Jobs
import Testing

struct CSVFieldTests {
  @Test(arguments: [
    ("", ""), ("plain", "plain"), ("a,b", "\"a,b\""), ("say \"no\"", "\"say \"\"no\"\"\""),
    ("two\nlines", "\"two\nlines\""),
    ("a\r\nb", "\"a\r\nb\""), (" spaced", "\" spaced\""), ("=1+1", "'=1+1"), ("-rf", "'-rf"),
    ("@x,y", "\"'@x,y\""),
  ])
  func `quotes what would break a row, and disarms formulas`(text: String, field: String) {
    #expect(CSVField.text(text) == field)
  }
}
