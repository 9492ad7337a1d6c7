import Foundation

/// What a model says of a picture by the rubrics.
package struct RubricVerdict: Sendable, Equatable {
  /// By the scene rubric, whose scale the data set decides; nil when the answer leaves it out.
  package var scene: Double?
  /// 0…``fullReality``; 0 when the scene is not what was asked for.
  package var reality: Double
  /// The model gave the scene 0 and still graded the reality, which then counts as 0.
  package var contradictsItself: Bool

  package static let fullReality = 3.0
  private static let (sceneKey, realityKey) = ("scene score", "reality score")

  /// - Throws: ``Unparsable`` when there is no reality score in 0…3.
  package init(_ reply: ChatReply) throws(Unparsable) {
    guard let object = AnswerObject.last(in: reply.content, withAnyOf: [Self.realityKey]) else {
      throw .without("\"\(Self.realityKey)\"", in: reply)
    }
    guard let said = Self.number(object[Self.realityKey]) else {
      throw Unparsable(reason: "the \(Self.realityKey) is no number")
    }
    guard (0...Self.fullReality).contains(said) else {
      throw Unparsable(reason: "the \(Self.realityKey) \(said) is not in 0…3")
    }
    scene = Self.number(object[Self.sceneKey])
    contradictsItself = scene == 0 && said > 0
    reality = contradictsItself ? 0 : said
  }

  /// A number, or the one that a text begins with: `2`, `"2"`, `"2/3"`, `"2 of 3"`.
  private static func number(_ value: Any?) -> Double? {
    let number: Double?
    if let text = value as? String {
      let digits = text.trimmingCharacters(in: .whitespaces).prefix { "+-.0123456789".contains($0) }
      number = Double(digits)
    } else if let value = value as? NSNumber, String(cString: value.objCType) != "c" {
      // "c" is true or false.
      number = value.doubleValue
    } else {
      number = nil
    }
    return number.flatMap { $0.isFinite ? $0 : nil }
  }
}
