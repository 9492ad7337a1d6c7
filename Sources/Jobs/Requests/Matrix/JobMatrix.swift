import Foundation

/// A job file that stands for several jobs: one for each combination of the values that `matrix` lists.
///
/// `"matrix": {"seed": [1, 2], "sampler.s_churn": [0, 0.1]}` makes four; the last field changes fastest.
package struct JobMatrix: Sendable {
  /// One combination.
  package struct Child: Sendable, Equatable {
    /// From 1, in order.
    package let number: Int
    /// What was put in by the fields' names, as compact JSON.
    package let values: [String: String]
    /// The job file.
    package let text: String
    package let request: JobRequest
  }

  /// What concerns all of them together: the rest is each child's own.
  package let options: JobOptions
  /// Names of the fields that change, in the order of the file.
  package let axes: [String]
  package let children: [Child]

  /// Jobs that one matrix may make.
  package static let limit = 1000
  /// Bytes of the children's files together.
  package static let sizeLimit = 64 << 20
  /// Fields that are the matrix's own and cannot differ between its children.
  private static let ownFields: Set<String> = Set(
    [JobOptions.Field.matrix, .uniqueKey, .onConflict].map(\.rawValue))

  /// Reads a job file that has the field `matrix`.
  ///
  /// - Throws: ``JobFailure`` with every problem of the matrix, else with those of the first child that has any; lines and
  ///   columns are those of the file.
  init(reading node: JSONNode, bytes: [UInt8]) throws(JobFailure) {
    let problems = ProblemCollector(bytes: bytes)
    let base = node.removing(Self.ownFields)
    let axes = Axis.all(of: node, base: base, problems: problems)
    try problems.throwIfAny()
    self.axes = axes.map(\.name)

    let count = axes.reduce(1) { $0 * $1.values.count }
    var children: [Child] = []
    var size = 0
    for index in 0..<count {
      let child = try Self.child(index, of: base, axes, bytes)
      size += child.text.utf8.count
      guard size <= Self.sizeLimit else {
        throw JobFailure(
          .tooLarge,
          "the \(count) job files that the matrix makes have more than \(Self.sizeLimit >> 20) MiB together",
          hint: "Put long prompt lists into a prompts_file next to the job.",
          field: JobOptions.Field.matrix.rawValue)
      }
      children.append(child)
    }
    self.children = children

    // The children's fields have been looked at; what is left are those of the whole.
    let own = node.removing([JobOptions.Field.matrix.rawValue])
    let fields = FieldReader<JobOptions.Field>(own, passingOver: true, problems: problems)
    var options = fields.map(JobOptions.init(reading:)) ?? JobOptions()
    try problems.throwIfAny()
    (options.notBefore, options.deadline, options.timeout, options.after) = (nil, nil, nil, [])
    self.options = options
  }

  private static func child(
    _ index: Int, of base: JSONNode, _ axes: [Axis], _ bytes: [UInt8]
  ) throws(JobFailure) -> Child {
    var (node, rest) = (base, index)
    var values: [String: String] = [:]
    for axis in axes.reversed() {
      let value = axis.values[rest % axis.values.count]
      rest /= axis.values.count
      node = node.setting(value, at: axis.path[...])
      values[axis.name] = value.text
    }
    // Two children that make the same thing would replace each other's.
    let output = ["output"]
    if case .string(let name)? = base[output[...]]?.content, !axes.contains(where: { $0.path == output }) {
      let own = JSONNode(content: .string("\(name)-\(index + 1)"), offset: base[output[...]]?.offset ?? 0)
      node = node.setting(own, at: output[...])
    }
    let problems = ProblemCollector(bytes: bytes)
    let request = JobRequest.read(node, among: JobRequest.Kind.allCases, problems: problems)
    do throws(JobFailure) { try problems.throwIfAny() } catch {
      var failure = error
      let combination = axes.map { "\($0.name) = \(values[$0.name]?.cut(to: 60) ?? "")" }
      failure.message += "; job \(index + 1) of the matrix, \(combination.joined(separator: ", "))"
      throw failure
    }
    guard let request else {
      throw JobFailure(.internalError, "a job of a matrix that cannot be read has no problem to name")
    }
    return Child(number: index + 1, values: values, text: node.fileText, request: request)
  }
}

extension JobMatrix {
  /// One field with the values that it takes.
  private struct Axis {
    let name: String
    let path: [String]
    let values: [JSONNode]

    /// The axes of a matrix; problems are reported, and the axes are then of no use.
    static func all(of node: JSONNode, base: JSONNode, problems: ProblemCollector) -> [Axis] {
      let field = JobOptions.Field.matrix.rawValue
      guard let matrix = node[[field][...]] else { return [] }
      guard case .object(let members) = matrix.content else {
        problems.report(
          .wrongType, field: field, at: matrix.offset,
          "found \(matrix.summary), expected an object of fields and lists of their values",
          hint: "For example {\"seed\": [1, 2, 3]}.")
        return []
      }
      if members.isEmpty {
        problems.report(.outOfRange, field: field, at: matrix.offset, "is an empty object")
      }
      var axes: [Axis] = []
      for member in members {
        let path = member.name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard let values = values(of: member, path, base, problems) else { continue }
        if let other = axes.first(where: { $0.path.starts(with: path) || path.starts(with: $0.path) }) {
          problems.report(
            .conflict, field: "\(field).\(member.name.cut(to: 120))", at: member.nameOffset,
            "\(member.name.quotedForMessage()) and \(other.name.quotedForMessage()) set the same field")
        }
        axes.append(Axis(name: member.name, path: path, values: values))
      }
      let count = axes.reduce(1.0) { $0 * Double($1.values.count) }
      if count > Double(JobMatrix.limit) {
        problems.report(
          .outOfRange, field: field, at: matrix.offset,
          "makes \(count.formatted(.number.grouping(.never))) jobs, at most \(JobMatrix.limit) are allowed",
          hint: "Split it into several files.")
      }
      return axes
    }

    private static func values(
      of member: JSONMember, _ path: [String], _ base: JSONNode, _ problems: ProblemCollector
    ) -> [JSONNode]? {
      let field = "\(JobOptions.Field.matrix.rawValue).\(member.name.cut(to: 120))"
      func report(_ code: JobFailure.Code, _ message: String, hint: String? = nil) {
        problems.report(code, field: field, at: member.nameOffset, message, hint: hint)
      }
      if path.contains(where: \.isEmpty) {
        report(
          .outOfRange, "is no name of a field", hint: "A field within an object is written \"sampler.kind\".")
        return nil
      }
      if JobMatrix.ownFields.contains(path[0]) || path == [JobOptions.Field.kind.rawValue] {
        report(.conflict, "is the same for all jobs of a matrix")
        return nil
      }
      if base[path[...]] != nil {
        report(.conflict, "stands beside the matrix, too", hint: "Leave it out there.")
        return nil
      }
      for length in path.indices.dropFirst() {
        guard let outer = base[path[..<length]] else { continue }
        guard case .object = outer.content else {
          report(
            .conflict,
            "\(path[..<length].joined(separator: ".").quotedForMessage()) is \(outer.summary), no object")
          return nil
        }
      }
      guard case .array(let values) = member.value.content, !values.isEmpty else {
        problems.report(
          .wrongType, field: field, at: member.value.offset,
          "found \(member.value.summary), expected a list of one or more values")
        return nil
      }
      return values
    }
  }
}

/// What lies in a job file: one job, or a matrix of them.
package enum DroppedJob: Sendable {
  case single(JobRequest)
  case matrix(JobMatrix)

  /// - Throws: As ``JobRequest/init(reading:sizeLimit:kinds:)`` and ``JobMatrix``.
  package init(reading content: Data) throws(JobFailure) {
    try JobRequest.check(size: content.count, limit: JobRequest.sizeLimit)
    let bytes = [UInt8](content)
    let node = try JSONNode(jobText: bytes)
    if case .object(let members) = node.content,
      members.contains(where: { $0.name == JobOptions.Field.matrix.rawValue })
    {
      self = .matrix(try JobMatrix(reading: node, bytes: bytes))
    } else {
      self = .single(try JobRequest(reading: node, bytes: bytes, kinds: JobRequest.Kind.allCases))
    }
  }

  /// The kind of the job, or of every job of the matrix.
  package var kind: JobRequest.Kind {
    switch self {
    case .single(let request): request.kind
    case .matrix(let matrix): matrix.children[0].request.kind
    }
  }
}
