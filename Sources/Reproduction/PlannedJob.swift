import Foundation
import Jobs

/// One job of the reproduction: a recipe from `SPOOL/reproduce/` with what is different in it.
package struct PlannedJob: Sendable, Equatable {
  /// The job's name: the stem of its file, and of its folder in the outbox.
  package var name: String
  /// The recipe's file without its ending.
  package var recipe: Recipe
  package var changes: [String: FieldValue]

  package enum Recipe: String, Sendable, CaseIterable {
    case scenes, evaluator, reward, sft, drawings, oft, generator
  }

  /// The job's file.
  ///
  /// - Parameter recipes: The folder of the recipes.
  /// - Throws: ``JobFailure`` when the recipe is missing or no job, or the changed job is none.
  package func file(recipes: URL) throws(JobFailure) -> Data {
    let path = recipes.appending(path: "\(recipe.rawValue).json").path
    guard let content = try? Data(contentsOf: URL(filePath: path)) else {
      throw JobFailure(
        .missingInput, "\(path) is missing", hint: "Copy the folder reproduce of the skeleton into the spool."
      )
    }
    guard var fields = try? JSONSerialization.jsonObject(with: content) as? [String: Any] else {
      throw JobFailure(.notJSON, "\(path) is no JSON object")
    }
    for (field, value) in changes { fields[field] = value.json }
    guard
      let file = try? JSONSerialization.data(
        withJSONObject: fields.filter { !($0.value is NSNull) },
        options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
    else { throw JobFailure(.internalError, "\(name) cannot be written as JSON") }
    _ = try JobRequest(reading: file)
    return file + [UInt8(ascii: "\n")]
  }

  /// The jobs that have to be done before.
  package func prerequisites(recipes: URL) throws(JobFailure) -> [String] {
    let job = try? JSONSerialization.jsonObject(with: try file(recipes: recipes)) as? [String: Any]
    return job?["after"] as? [String] ?? []
  }
}

/// A field's value in a job file.
package enum FieldValue: Sendable, Equatable {
  case text(String)
  case integer(Int)
  case number(Double)
  case flag(Bool)
  case list([FieldValue])
  case object([String: FieldValue])
  /// The field is left out.
  case absent

  fileprivate var json: Any {
    switch self {
    case .text(let value): value
    case .integer(let value): value
    case .number(let value): value
    case .flag(let value): value
    case .list(let values): values.map(\.json)
    case .object(let members): members.mapValues(\.json)
    case .absent: NSNull()
    }
  }
}

extension FieldValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
  package init(stringLiteral value: String) { self = .text(value) }
  package init(integerLiteral value: Int) { self = .integer(value) }
  package init(booleanLiteral value: Bool) { self = .flag(value) }
}

extension FieldValue: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
  package init(arrayLiteral elements: FieldValue...) { self = .list(elements) }
  package init(dictionaryLiteral elements: (String, FieldValue)...) {
    self = .object(Dictionary(elements) { $1 })
  }
}
