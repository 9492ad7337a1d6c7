import Foundation

/// The language model that judges, where it is asked and how: what the suites `judge` and `pairwise` share.
package struct JudgeEndpointRequest: Sendable, Equatable {
  /// As the endpoint calls it; the answers are kept under this name.
  package var model = ""
  /// Base URL of an OpenAI-compatible server, usually ending in `/v1`; nil where nothing is asked.
  package var endpoint: String?
  /// The environment variable that holds the key; nil for ``standardKeyVariable``, should it be set.
  package var keyVariable: String?
  /// A file below systemd's credentials directory, or the path of one that jobs may read, which holds the key.
  package var credential: String?
  /// Requests under way at a time.
  package var maxConcurrency = 4
  /// For one request.
  package var timeoutSeconds = 120.0
  package var maxRetries = 5
  /// Nil for no limit.
  package var requestsPerMinute: Double?
  package var temperature = 0.0
  /// Tokens of an answer.
  package var maxTokens = 512
  /// US dollars, or whatever the account is kept in; nil for no costs.
  package var pricePerMillionInputTokens: Double?
  package var pricePerMillionOutputTokens: Double?
  package var mode = Mode.online
  /// A file of batch answers, or a folder of such files.
  package var batchAnswers: String?

  package static let standardKeyVariable = "OPENAI_API_KEY"
  /// What a variable's name must end in: a job must not send other secrets of the daemon away.
  package static let keyVariableSuffix = "_API_KEY"

  /// How questions that the cache does not answer get their answers.
  package enum Mode: String, Sendable, Codable, CaseIterable {
    /// The endpoint is asked.
    case online
    /// The requests are written as files for a batch service; nothing is asked.
    case writeBatch = "write_batch"
    /// The answers are read from such a service's files; nothing is asked.
    case readBatch = "read_batch"
  }

  static let fields: [BenchmarkRequest.Field] = [
    .endpoint, .keyVariable, .credential, .maxConcurrency, .timeoutSeconds, .maxRetries, .requestsPerMinute,
    .temperature, .maxTokens, .pricePerMillionInputTokens, .pricePerMillionOutputTokens, .mode, .batchAnswers,
  ]

  init(reading fields: FieldReader<BenchmarkRequest.Field>) {
    fields.require(.model, "the judging model as the endpoint calls it")
    model = fields.string(.model) ?? model
    endpoint = fields.string(.endpoint, limit: 2048)
    keyVariable = fields.string(.keyVariable, limit: 255)
    credential = fields.string(.credential)
    maxConcurrency = fields.integer(.maxConcurrency, in: 1...256) ?? maxConcurrency
    timeoutSeconds = fields.number(.timeoutSeconds, in: 1...3600) ?? timeoutSeconds
    maxRetries = fields.integer(.maxRetries, in: 0...20) ?? maxRetries
    requestsPerMinute = fields.number(.requestsPerMinute, in: 0.1...1e6)
    temperature = fields.number(.temperature, in: 0...2) ?? temperature
    maxTokens = fields.integer(.maxTokens, in: 1...100_000) ?? maxTokens
    pricePerMillionInputTokens = fields.number(.pricePerMillionInputTokens, in: 0...1e6)
    pricePerMillionOutputTokens = fields.number(.pricePerMillionOutputTokens, in: 0...1e6)
    mode = fields.choice(.mode, of: Mode.self) ?? mode
    batchAnswers = fields.string(.batchAnswers)
    check(fields)
  }

  private func check(_ fields: FieldReader<BenchmarkRequest.Field>) {
    if let endpoint, !Self.isBaseURL(endpoint) {
      // The URL may hold a password: it is not repeated.
      fields.report(
        .outOfRange, .endpoint, "is no http or https URL with a host and without user, query or fragment",
        hint: "For example http://127.0.0.1:8080/v1; keys belong into api_key_env or credential.")
    }
    if let keyVariable, !Self.isKeyVariable(keyVariable) {
      fields.report(
        .outOfRange, .keyVariable, "is not the name of a variable that ends in \(Self.keyVariableSuffix)",
        hint: "This is the variable's name, not the key: put the key into the daemon's environment.")
    }
    if keyVariable != nil && credential != nil {
      fields.report(
        .conflict, .credential, "the key comes from api_key_env or from credential, not from both")
    }
    if (pricePerMillionInputTokens == nil) != (pricePerMillionOutputTokens == nil) {
      let missing: BenchmarkRequest.Field =
        pricePerMillionInputTokens == nil ? .pricePerMillionInputTokens : .pricePerMillionOutputTokens
      fields.report(.missingField, missing, "is missing: costs need both prices")
    }
    switch mode {
    case .online: fields.require(.endpoint, "the base URL of an OpenAI-compatible server")
    case .readBatch: fields.require(.batchAnswers, "the answers that the batch service gave")
    case .writeBatch: break
    }
    if mode != .readBatch && batchAnswers != nil {
      fields.report(.conflict, .batchAnswers, "belongs to the mode \"read_batch\"")
    }
  }

  /// Whether keys and questions may be sent there: a plain base URL.
  static func isBaseURL(_ text: String) -> Bool {
    guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), let parts = URLComponents(string: text) else {
      return false
    }
    return ["http", "https"].contains(parts.scheme?.lowercased()) && parts.host?.isEmpty == false
      && parts.user == nil && parts.password == nil && parts.query == nil && parts.fragment == nil
  }

  private static func isKeyVariable(_ name: String) -> Bool {
    name.hasSuffix(keyVariableSuffix)
      && name.utf8.allSatisfy {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0)
          || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
          || $0 == UInt8(ascii: "_")
      }
  }

  func encode(into fields: inout KeyedEncodingContainer<BenchmarkRequest.Field>) throws {
    try fields.encode(model, forKey: .model)
    try fields.encodeIfPresent(endpoint, forKey: .endpoint)
    try fields.encodeIfPresent(keyVariable, forKey: .keyVariable)
    try fields.encodeIfPresent(credential, forKey: .credential)
    try fields.encode(maxConcurrency, forKey: .maxConcurrency)
    try fields.encode(timeoutSeconds, forKey: .timeoutSeconds)
    try fields.encode(maxRetries, forKey: .maxRetries)
    try fields.encodeIfPresent(requestsPerMinute, forKey: .requestsPerMinute)
    try fields.encode(temperature, forKey: .temperature)
    try fields.encode(maxTokens, forKey: .maxTokens)
    try fields.encodeIfPresent(pricePerMillionInputTokens, forKey: .pricePerMillionInputTokens)
    try fields.encodeIfPresent(pricePerMillionOutputTokens, forKey: .pricePerMillionOutputTokens)
    try fields.encode(mode, forKey: .mode)
    try fields.encodeIfPresent(batchAnswers, forKey: .batchAnswers)
  }
}
