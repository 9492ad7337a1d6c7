import Foundation

/// The body of a chat completions request.
struct ChatMessages: Encodable {
  var model: String
  var messages: [Message]
  var temperature: Double
  var maxTokens: Int

  enum CodingKeys: String, CodingKey {
    case model, messages, temperature
    case maxTokens = "max_tokens"
  }

  struct Message: Encodable {
    var role: String
    var content: Content
  }

  enum Content: Encodable {
    case text(String)
    case parts([Part])

    func encode(to encoder: any Encoder) throws {
      var value = encoder.singleValueContainer()
      switch self {
      case .text(let text): try value.encode(text)
      case .parts(let parts): try value.encode(parts)
      }
    }
  }

  enum Part: Encodable {
    case text(String)
    /// A data URL.
    case image(String)

    private enum CodingKeys: String, CodingKey {
      case type, text
      case imageURL = "image_url"
    }

    func encode(to encoder: any Encoder) throws {
      var values = encoder.container(keyedBy: CodingKeys.self)
      switch self {
      case .text(let text):
        try values.encode("text", forKey: .type)
        try values.encode(text, forKey: .text)
      case .image(let url):
        try values.encode("image_url", forKey: .type)
        try values.encode(["url": url], forKey: .imageURL)
      }
    }
  }
}
