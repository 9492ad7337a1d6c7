import Fingerprints
import Foundation
import Testing

@testable import Judging

@Suite struct JudgeProtocolTests {
  private func reply(_ content: String, finishReason: String = "stop") throws -> ChatReply {
    let body: [String: Any] = [
      "choices": [["finish_reason": finishReason, "message": ["role": "assistant", "content": content]]]
    ]
    return try ChatReply(JSONSerialization.data(withJSONObject: body))
  }

  private func verdict(_ content: String) throws -> RubricVerdict { try RubricVerdict(try reply(content)) }
  private func choice(_ content: String) throws -> PairChoice { try PairChoice(try reply(content)) }

  @Test(arguments: [
    #"{"description": "an apple", "scene score": 1, "reality score": 2}"#,
    "Sure! Here is my evaluation:\n```json\n{\n  \"description\": \"an {odd} \\\"apple\\\" }\",\n  \"scene score\": 1,\n  \"reality score\": \"2\"\n}\n```\nHope {this} helps.",
    #"<think>{"scene score": 0, "reality score": 0} seems harsh</think>{"description":"","scene score":"1/1","reality score":"2/3"}"#,
    #"{"evaluation": {"scene score": 1.0, "reality score": 2.0}}"#,
  ])
  func findsTheScoresInProse(content: String) throws {
    let verdict = try verdict(content)
    #expect(verdict.scene == 1 && verdict.reality == 2 && !verdict.contradictsItself)
  }

  @Test func anUnmetSceneHasNoReality() throws {
    let verdict = try verdict(#"{"scene score": 0, "reality score": 3}"#)
    #expect(verdict.reality == 0 && verdict.contradictsItself)
    #expect(try self.verdict(#"{"reality score": 3}"#).reality == 3)
    #expect(try self.verdict(#"{"reality score": 3}"#).scene == nil)
  }

  @Test(arguments: [
    ("", "empty"), ("I like it: 3 of 3", "no JSON object"), (#"{"scene score": 1}"#, "no JSON object"),
    (#"{"reality score": 4}"#, "not in 0…3"), (#"{"reality score": -1}"#, "not in 0…3"),
    (#"{"reality score": "high"}"#, "no number"), (#"{"reality score": true}"#, "no number"),
    (#"{"reality score": null}"#, "no number"), (#"{"reality score": 2"#, "no JSON object"),
  ])
  func tellsWhyAnAnswerCannotBeScored(content: String, reason: String) throws {
    let fault = try #require(throws: Unparsable.self) { try verdict(content) }
    #expect(fault.reason.contains(reason), "\(fault.reason)")
  }

  @Test func tellsOfAnswersThatWereCutOff() throws {
    let cut = try reply(#"{"description": "a long"#, finishReason: "length")
    let fault = try #require(throws: Unparsable.self) { try RubricVerdict(cut) }
    #expect(fault.reason.contains("max_tokens"))
  }

  @Test func hostileTextsAreReadInBoundedTime() throws {
    for text in [String(repeating: "{", count: 1 << 20), String(repeating: "{\"", count: 1 << 19)] {
      #expect(throws: Unparsable.self) { try verdict(text) }
    }
    let deep = String(repeating: #"{"a":"#, count: 5000) + "1" + String(repeating: "}", count: 5000)
    #expect(throws: Unparsable.self) { try choice(deep) }
  }

  @Test func readsChoices() throws {
    #expect(try choice(#"{"choice": "image-1"}"#) == .first)
    #expect(try choice(#"The first {seems} right. {"choice": "Image_2"}"#) == .second)
    #expect(try choice(#"{"choice": "image-1"}, or rather {"choice": 2}"#) == .second)
    #expect(throws: Unparsable.self) { try choice(#"{"choice": "both"}"#) }
    #expect(throws: Unparsable.self) { try choice("image-1") }
  }

  @Test(arguments: ["", "[]", "{}", #"{"choices": []}"#, #"{"choices": [{}]}"#, "nonsense"])
  func refusesWhatIsNoChatCompletion(body: String) {
    #expect(throws: ChatReply.Malformed.self) { try ChatReply(Data(body.utf8)) }
  }

  @Test func readsPartsAndRefusals() throws {
    let parts = #"{"choices": [{"message": {"content": [{"type": "text", "text": "a"}, {"text": "b"}]}}]}"#
    #expect(try ChatReply(Data(parts.utf8)).content == "ab")
    let refusal =
      #"{"choices": [{"message": {"content": null, "refusal": "no"}}], "usage": {"prompt_tokens": -5}}"#
    #expect(try ChatReply(Data(refusal.utf8)).content.isEmpty)
    #expect(try ChatReply(Data(refusal.utf8)).promptTokens == 0)
  }

  // MARK: Requests

  private func image(_ bytes: [UInt8]) throws -> JudgedImage {
    let url = FileManager.default.temporaryDirectory.appending(path: "judged-\(UUID().uuidString)")
    try Data(bytes).write(to: url)
    return try JudgedImage(path: url.path)
  }

  private let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 1]
  private let jpeg: [UInt8] = [0xFF, 0xD8, 2]

  @Test func aRubricRequestShowsPicturePromptAndBothRubrics() throws {
    let image = try image(png)
    let question = JudgeQuestion(
      .rubric(image: image, prompt: "an \"unripe\" apple", scene: "one apple", reality: "3: green"),
      .init(model: "judge", temperature: 0, maxTokens: 512))
    let body = try question.body()
    #expect(try question.body() == body)
    let object = try #require(JSONSerialization.jsonObject(with: body) as? [String: Any])
    #expect(object["model"] as? String == "judge" && object["max_tokens"] as? Int == 512)
    #expect(object["temperature"] as? Int == 0)
    let messages = try #require(object["messages"] as? [[String: Any]])
    #expect(messages.map { $0["role"] as? String } == ["system", "user"])
    let parts = try #require(messages[1]["content"] as? [[String: Any]])
    #expect(parts.map { $0["type"] as? String } == ["image_url", "text"])
    let url = (parts[0]["image_url"] as? [String: String])?["url"]
    #expect(url == "data:image/png;base64,\(Data(png).base64EncodedString())")
    let text = try #require(parts[1]["text"] as? String)
    #expect(
      text.hasPrefix(
        #"Input: {"Prompt": "an \"unripe\" apple", "Scene Grading": "one apple", "Reality Grading": "3: green"}"#
      ))
    #expect(text.contains("\"scene score\"") && text.contains("\"reality score\""))
  }

  @Test func aPairRequestShowsBothPicturesInOrder() throws {
    let (first, second) = (try image(png), try image(jpeg))
    func body(_ chainOfThought: Bool) throws -> String {
      String(
        decoding: try JudgeQuestion(
          .pair(first: first, second: second, prompt: "p", chainOfThought: chainOfThought), .init(model: "m")
        ).body(), as: UTF8.self)
    }
    let plain = try body(false)
    let places = ["Image-1:", "data:image/png", "Image-2:", "data:image/jpeg", "Prompt: p"].map {
      plain.range(of: $0)?.lowerBound
    }
    #expect(
      places.allSatisfy { $0 != nil } && places.compactMap(\.self) == places.compactMap(\.self).sorted())
    let reasoned = try body(true)
    #expect(!plain.contains("step by step") && reasoned.contains("step by step"))
  }

  @Test func theKeyChangesWithAllThatTheAnswerDependsOn() throws {
    let (one, two) = (try image(png), try image(jpeg))
    let settings = JudgeQuestion.Settings(model: "m")
    var others = Array(repeating: settings, count: 3)
    (others[0].model, others[1].temperature, others[2].maxTokens) = ("n", 1, 100)
    let subjects: [JudgeQuestion.Subject] = [
      .rubric(image: one, prompt: "p", scene: "s", reality: "r"),
      .rubric(image: two, prompt: "p", scene: "s", reality: "r"),
      .rubric(image: one, prompt: "q", scene: "s", reality: "r"),
      .rubric(image: one, prompt: "p", scene: "t", reality: "r"),
      .rubric(image: one, prompt: "p", scene: "s", reality: "u"),
      .pair(first: one, second: two, prompt: "p", chainOfThought: false),
      .pair(first: two, second: one, prompt: "p", chainOfThought: false),
      .pair(first: one, second: two, prompt: "p", chainOfThought: true),
    ]
    let keys =
      subjects.map { JudgeQuestion($0, settings).key } + others.map { JudgeQuestion(subjects[0], $0).key }
    #expect(Set(keys).count == keys.count && keys.allSatisfy { $0.count == 64 })
    // The same picture elsewhere is the same question.
    let copy = JudgeQuestion(.rubric(image: try image(png), prompt: "p", scene: "s", reality: "r"), settings)
    #expect(copy.key == keys[0])
  }

  @Test func aPictureThatChangesIsNotSent() throws {
    let image = try image(png)
    let question = JudgeQuestion(
      .rubric(image: image, prompt: "p", scene: "s", reality: "r"), .init(model: "m"))
    try Data([0xFF, 0xD8]).write(to: URL(filePath: image.path))
    #expect(throws: JudgedImage.Fault.self) { try question.body() }
    let text = JudgeQuestion(
      .rubric(image: try self.image([1, 2, 3]), prompt: "p", scene: "s", reality: "r"), .init(model: "m"))
    #expect(throws: JudgedImage.Fault.self) { try text.body() }
  }

  // MARK: Batches

  @Test func aBatchLineIsARequestAndItsAnswerIsRead() throws {
    let question = JudgeQuestion(
      .rubric(image: try image(png), prompt: "a\nb", scene: "s", reality: "r"), .init(model: "m"))
    let line = try BatchFormat.line(question)
    #expect(line.count { $0 == UInt8(ascii: "\n") } == 1 && line.last == UInt8(ascii: "\n"))
    let object = try #require(JSONSerialization.jsonObject(with: line) as? [String: Any])
    #expect(object["custom_id"] as? String == question.key && object["method"] as? String == "POST")
    #expect(
      object["url"] as? String == "/v1/chat/completions"
        && (object["body"] as? [String: Any])?["model"] as? String == "m")

    let body = #"{"choices":[{"message":{"content":"x"}}]}"#
    let good = try BatchFormat.answer(
      Data(#"{"id":"b","custom_id":"k","response":{"status_code":200,"body":\#(body)},"error":null}"#.utf8))
    let content = try ChatReply(good.outcome.get()).content
    #expect(good.id == "k" && content == "x")
    for bad in [
      #"{"custom_id":"k","response":{"status_code":400,"body":{}}}"#,
      #"{"custom_id":"k","response":null,"error":{"message":"batch_expired"}}"#,
    ] {
      #expect(throws: ChatFault.self) { try BatchFormat.answer(Data(bad.utf8)).outcome.get() }
    }
    #expect(throws: BatchFormat.BadLine.self) { try BatchFormat.answer(Data("[]".utf8)) }
    #expect(throws: BatchFormat.BadLine.self) { try BatchFormat.answer(Data("{}".utf8)) }
  }
}
