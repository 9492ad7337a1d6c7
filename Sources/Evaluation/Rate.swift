import Scenes

/// A share of successes with what is needed to judge it.
package struct Rate: Sendable, Equatable, Encodable {
  package var successes: Int
  package var n: Int

  package init(successes: Int = 0, n: Int = 0) { (self.successes, self.n) = (successes, n) }

  package mutating func count(_ success: Bool) {
    n += 1
    if success { successes += 1 }
  }

  package var rate: Double { n > 0 ? Double(successes) / Double(n) : 0 }

  /// Of the binomial share: √(p(1−p)/n).
  package var standardError: Double { n > 0 ? (rate * (1 - rate) / Double(n)).squareRoot() : 0 }

  enum CodingKeys: String, CodingKey {
    case successes, n, rate
    case standardError = "standard_error"
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(successes, forKey: .successes)
    try values.encode(n, forKey: .n)
    try values.encode(rate, forKey: .rate)
    try values.encode(standardError, forKey: .standardError)
  }
}

/// A rate for each task, and over all of them.
package struct RateByTask: Sendable, Equatable, Encodable {
  package private(set) var tasks: [Task: Rate] = [:]
  package private(set) var total = Rate()

  package init() {}

  package mutating func count(_ success: Bool, for task: Task) {
    tasks[task, default: Rate()].count(success)
    total.count(success)
  }

  enum CodingKeys: String, CodingKey {
    case tasks, successes, n, rate
    case standardError = "standard_error"
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    let named = tasks.map { ($0.key.rawValue, $0.value) }
    try values.encode(Dictionary(uniqueKeysWithValues: named), forKey: .tasks)
    try values.encode(total.successes, forKey: .successes)
    try values.encode(total.n, forKey: .n)
    try values.encode(total.rate, forKey: .rate)
    try values.encode(total.standardError, forKey: .standardError)
  }
}
