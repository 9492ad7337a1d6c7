import Fingerprints
import Foundation

/// One request to a model that judges: the rubric protocol for one picture, or the choice between two
/// (Science-T2I, arXiv:2504.13129; the wording is ours).
package struct JudgeQuestion: Sendable, Equatable {
  package enum Subject: Sendable, Equatable {
    case rubric(image: JudgedImage, prompt: String, scene: String, reality: String)
    case pair(first: JudgedImage, second: JudgedImage, prompt: String, chainOfThought: Bool)
  }

  /// What the answer depends on beside the subject.
  package struct Settings: Sendable, Equatable {
    package var model: String
    package var temperature: Double
    /// Tokens of the answer.
    package var maxTokens: Int

    package init(model: String, temperature: Double = 0, maxTokens: Int = 512) {
      (self.model, self.temperature, self.maxTokens) = (model, temperature, maxTokens)
    }
  }

  package let subject: Subject
  package let settings: Settings
  /// SHA-256 of all that the answer depends on; equal questions need one answer.
  package let key: String

  /// Changes with every word of the messages: answers to other words are other answers.
  package static let protocolVersion = "1"

  package init(_ subject: Subject, _ settings: Settings) {
    (self.subject, self.settings) = (subject, settings)
    var parts = [Self.protocolVersion, settings.model, "\(settings.temperature)", "\(settings.maxTokens)"]
    switch subject {
    case .rubric(let image, let prompt, let scene, let reality):
      parts += ["rubric", image.sha256, prompt, scene, reality]
    case .pair(let first, let second, let prompt, let chainOfThought):
      parts += ["pair", first.sha256, second.sha256, prompt, chainOfThought ? "reasons" : "plain"]
    }
    key = SHA256.hexDigest(of: Data(parts.joined(separator: "\u{0}").utf8))
  }

  /// The body of the request, the same bytes each time; the pictures are read now.
  package func body() throws -> Data {
    let content = ChatMessages(
      model: settings.model, messages: try messages(), temperature: settings.temperature,
      maxTokens: settings.maxTokens)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(content)
  }

  private func messages() throws -> [ChatMessages.Message] {
    switch subject {
    case .rubric(let image, let prompt, let scene, let reality):
      let text = "Input: \(try Self.input(prompt, scene, reality))\n\(Self.rubricForm)"
      return [
        .init(role: "system", content: .text(Self.rubricTask)),
        .init(role: "user", content: .parts([.image(try image.dataURL()), .text(text)])),
      ]
    case .pair(let first, let second, let prompt, let chainOfThought):
      let form = chainOfThought ? Self.reasoningForm : Self.pairForm
      let parts: [ChatMessages.Part] = [
        .text("Image-1:"), .image(try first.dataURL()), .text("Image-2:"), .image(try second.dataURL()),
        .text("Prompt: \(prompt)\n\(Self.pairTask)\n\(form)"),
      ]
      return [.init(role: "user", content: .parts(parts))]
    }
  }

  /// The members in the protocol's order.
  private static func input(_ prompt: String, _ scene: String, _ reality: String) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    func json(_ text: String) throws -> String { String(decoding: try encoder.encode(text), as: UTF8.self) }
    return """
      {"Prompt": \(try json(prompt)), "Scene Grading": \(try json(scene)), "Reality Grading": \(try json(reality))}
      """
  }

  private static let rubricTask = """
    You are an experienced scientist who grades a generated image. Describe the image in detail first. Then grade its \
    scene by the scene grading criteria. If the image does not meet all of them, its reality score is 0. If it does, \
    grade how true to science it is by the reality grading criteria, and pay no heed to style or to small details of \
    the background. Keep strictly to the criteria.
    """

  private static let rubricForm = """
    Answer with one JSON object of this form: {"description": "…", "scene score": number, "reality score": number}
    """

  private static let pairTask = """
    Compare the two images with care and choose the one that agrees best with what the prompt means in the real world.
    """

  private static let pairForm = """
    Answer with one JSON object and nothing else: {"choice": "image-1"} or {"choice": "image-2"}
    """

  private static let reasoningForm = """
    First think step by step: what does the prompt imply, and what does each image show? Then end with one JSON object: \
    {"choice": "image-1"} or {"choice": "image-2"}
    """
}
