import Testing

@testable import Checkpoints

@Suite struct ModelConfigurationTests {
  private func configuration(_ text: String) throws -> ModelConfiguration {
    try ModelConfiguration(text: text, path: "vae/config.json")
  }

  private func complaint(
    _ text: String, sourceLocation: SourceLocation = #_sourceLocation,
    _ read: (ModelConfiguration) throws -> Void
  ) throws -> String {
    let configuration = try configuration(text)
    let error = #expect(throws: CheckpointError.self, sourceLocation: sourceLocation) {
      try read(configuration)
    }
    return error?.description ?? ""
  }

  @Test func readsEveryKindOfSetting() throws {
    let config = try configuration(
      #"{"layers": 2, "scale": 0.36, "flag": true, "act": "silu", "sizes": [1, 2], "names": ["a"], "none": null, "in": {"x": 3}}"#
    )
    #expect(try config.integer("layers") == 2)
    #expect(try config.number("scale") == 0.36)
    #expect(try config.number("layers") == 2)
    #expect(try config.bool("flag"))
    #expect(try config.string("act", oneOf: ["silu", "gelu"]) == "silu")
    #expect(try config.integers("sizes") == [1, 2])
    #expect(try config.strings("names") == ["a"])
    #expect(try config.nested("in").integer("x") == 3)
    #expect(config["none"] == nil && config["layers"] == .number("2"))
    #expect(config.keys.count == 8)
  }

  @Test func takesDefaultsForAbsentAndNull() throws {
    let config = try configuration(#"{"none": null}"#)
    #expect(try config.integer("none", default: 4) == 4)
    #expect(try config.number("x", default: 0.5) == 0.5)
    #expect(try config.bool("x", default: true))
    #expect(try config.string("x", oneOf: ["a"], default: "a") == "a")
    #expect(try config.integers("x", default: [1]) == [1])
    #expect(try config.strings("x", default: []) == [])
    #expect(try config.optionalInteger("none") == nil)
  }

  @Test func namesFileKeyFoundAndExpected() throws {
    #expect(
      try complaint(#"{"layers": 2.5}"#) { _ = try $0.integer("layers") }
        == #"vae/config.json: "layers": is not usable; found 2.5; expected a whole number in 1...1048576"#)
    #expect(
      try complaint("{}") { _ = try $0.integer("layers") }
        == #"vae/config.json: "layers": is missing; found no such key; expected a whole number"#)
    #expect(
      try complaint(#"{"in": {"act": "relu"}}"#) {
        _ = try $0.nested("in").string("act", oneOf: ["silu", "gelu"])
      }
        == #"vae/config.json: "in.act": is not supported; found "relu"; expected silu or gelu"#)
  }

  @Test(arguments: ["0", "-1", "1048577", "99999999999999999999", "\"2\"", "true", "[2]", "{}"])
  func refusesNumbersOutsideTheRange(text: String) throws {
    _ = try complaint("{\"n\": \(text)}") { _ = try $0.integer("n") }
    _ = try complaint("{\"n\": [2, \(text)]}") { _ = try $0.integers("n") }
  }

  @Test func refusesWrongKinds() throws {
    let text = #"{"x": 1, "y": "a", "z": [1, "a"]}"#
    _ = try complaint(text) { _ = try $0.bool("x") }
    _ = try complaint(text) { _ = try $0.string("x") }
    _ = try complaint(text) { _ = try $0.number("y") }
    _ = try complaint(text) { _ = try $0.strings("z") }
    _ = try complaint(text) { _ = try $0.nested("x") }
  }

  @Test func refusesUnsupportedSettingsByName() throws {
    let config = try configuration(#"{"a": false, "b": true, "c": null}"#)
    try config.require("a", is: .bool(false))
    try config.require("c", is: .bool(false))
    try config.require("d", is: .bool(false))
    #expect(throws: CheckpointError.self) { try config.require("b", is: .bool(false)) }
  }

  @Test func refusesTextThatIsNoObject() throws {
    #expect(throws: CheckpointError.self) { try configuration("[]") }
    #expect(throws: CheckpointError.self) { try configuration(#"{"a": 1, "a": 2}"#) }
    #expect(throws: CheckpointError.self) { try configuration("") }
  }

  @Test func readsTheConfigurationOfAFolder() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("config.json", text: #"{"a": 1}"#)
    #expect(try ModelConfiguration(path: folder.path).integer("a") == 1)
    #expect(try ModelConfiguration(path: path).integer("a") == 1)
    let error = #expect(throws: CheckpointError.self) { try ModelConfiguration(path: folder.path + "/none") }
    #expect(error?.description == "\(folder.path)/none: cannot be opened (No such file or directory)")
  }
}
