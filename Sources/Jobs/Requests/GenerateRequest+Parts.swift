/// A LoRA adapter for the transformer.
package struct AdapterRequest: Sendable, Equatable {
  package enum Source: Sendable, Equatable {
    /// A folder under the spool's `models/`.
    case name(String)
    /// A file or a folder.
    case path(String)
  }

  package var source: Source
  /// Multiplies the adapter's change to the weights.
  package var scale: Double

  package enum Field: String, FieldNames, CodingKey { case name, path, scale }

  init(reading fields: FieldReader<Field>) {
    source = Source(reading: fields, name: .name, path: .path)
    scale = fields.number(.scale, in: -100...100) ?? 1
  }
}

extension AdapterRequest.Source {
  /// The one of two fields that is given; both or neither are reported.
  init<Field>(reading fields: FieldReader<Field>, name: Field, path: Field) {
    if fields.has(name) == fields.has(path) {
      fields.report(
        .conflict, name, "give one of name and path, not \(fields.has(name) ? "both" : "neither")")
    }
    self = fields.string(path).map(Self.path) ?? .name(fields.string(name) ?? "")
  }
}

extension AdapterRequest: Encodable {
  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Field.self)
    switch source {
    case .name(let name): try fields.encode(name, forKey: .name)
    case .path(let path): try fields.encode(path, forKey: .path)
    }
    try fields.encode(scale, forKey: .scale)
  }
}

/// How the flow is walked from noise to image.
package enum SamplerRequest: Sendable, Equatable {
  /// Euler steps of the ordinary differential equation: what diffusers does.
  case ode
  /// Steps with fresh noise, as online fine-tuning needs them (arXiv:2504.13129).
  case sde(churn: Double, drift: Drift)

  package enum Kind: String, Sendable, CaseIterable { case ode, sde }

  /// Which sign the score term of the stochastic drift has.
  package enum Drift: String, Sendable, Codable, CaseIterable {
    /// The score of a rectified flow.
    case theory
    /// The published implementation's, for repeating its runs.
    case reference
  }

  package enum Field: String, FieldNames, CodingKey {
    case kind
    case churn = "s_churn"
    case drift
  }

  init(reading fields: FieldReader<Field>) {
    fields.require(.kind, "\"ode\" or \"sde\"")
    let kind = fields.choice(.kind, of: Kind.self)
    let churn = fields.number(.churn, in: 0...1000)
    let drift = fields.choice(.drift, of: Drift.self)
    guard kind != .sde else {
      self = .sde(churn: churn ?? 0.1, drift: drift ?? .theory)
      return
    }
    for field in [Field.churn, .drift] where kind == .ode && fields.has(field) {
      fields.report(.conflict, field, "belongs to the sampler kind \"sde\"")
    }
    self = .ode
  }
}

extension SamplerRequest: Encodable {
  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Field.self)
    switch self {
    case .ode: try fields.encode(Kind.ode.rawValue, forKey: .kind)
    case .sde(let churn, let drift):
      try fields.encode(Kind.sde.rawValue, forKey: .kind)
      try fields.encode(churn, forKey: .churn)
      try fields.encode(drift, forKey: .drift)
    }
  }
}

/// Which model scores the images that a generate job draws.
package struct ScoringRequest: Sendable, Equatable, Encodable {
  /// A transformers CLIPModel folder, or the name of one under the spool's `models/`.
  package var model: String

  package init(model: String) { self.model = model }

  package enum Field: String, FieldNames { case model }

  init(reading fields: FieldReader<Field>) {
    fields.require(.model, "a CLIP model folder, or a name under the spool's models/")
    model = fields.string(.model) ?? ""
  }
}
