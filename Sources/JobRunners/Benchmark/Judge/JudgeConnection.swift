import Foundation
import Jobs
import Judging

/// A judging model's endpoint with its key, from what a job and the daemon's environment say.
struct JudgeConnection {
  let client: ChatClient

  /// - Parameters:
  ///   - environment: The process's.
  ///   - log: Told where the key comes from; never the key.
  /// - Throws: ``JobFailure`` when a key that the job names is not there.
  init(
    _ request: JudgeEndpointRequest, environment: [String: String], resolver: PathResolver,
    log: (LogLine) -> Void
  ) throws(JobFailure) {
    guard let endpoint = request.endpoint.flatMap(ChatEndpoint.init) else {
      throw JobFailure(
        .badInput, "the endpoint is no base URL", hint: "For example http://127.0.0.1:8080/v1.",
        field: BenchmarkRequest.Field.endpoint.rawValue)
    }
    let source = try KeySource(request, environment: environment, resolver: resolver)
    var key = source?.key
    if let source {
      // A key that the job did not ask for is not shouted across a network.
      if source.isImplied && !endpoint.isPrivate { key = nil }
      log(
        LogLine(
          .info, "\(endpoint.host) is asked \(key == nil ? "without" : "with") the key of \(source.name)"))
    } else {
      log(LogLine(.info, "\(endpoint.host) is asked without a key"))
    }
    var settings = ChatClient.Settings()
    settings.timeout = request.timeoutSeconds
    settings.maxRetries = request.maxRetries
    settings.requestsPerMinute = request.requestsPerMinute
    client = ChatClient(endpoint, key: key, settings: settings)
  }
}

/// Where a key was found.
private struct KeySource {
  let key: APIKey
  /// Of the variable or file.
  let name: String
  /// The job did not name it.
  let isImplied: Bool

  /// Nil when there is no key and the job names none.
  init?(
    _ request: JudgeEndpointRequest, environment: [String: String], resolver: PathResolver
  ) throws(JobFailure) {
    if let credential = request.credential {
      let field = BenchmarkRequest.Field.credential.rawValue
      let path = try Self.path(credential, environment, resolver, field: field)
      key = try Self.key(try Self.text(path, credential, field: field), of: credential, field: field)
      (name, isImplied) = (credential, false)
      return
    }
    let variable = request.keyVariable ?? JudgeEndpointRequest.standardKeyVariable
    let field = BenchmarkRequest.Field.keyVariable.rawValue
    guard let text = environment[variable], !text.isEmpty else {
      if request.keyVariable == nil { return nil }
      throw JobFailure(
        .missingInput, "the environment has no \(variable)",
        hint:
          "Set it where the daemon is started (EnvironmentFile= in its unit), and start the daemon again.",
        field: field)
    }
    key = try Self.key(text, of: variable, field: field)
    (name, isImplied) = (variable, request.keyVariable == nil)
  }

  private static func key(_ text: String, of name: String, field: String) throws(JobFailure) -> APIKey {
    do throws(APIKey.Fault) { return try APIKey(text) } catch {
      throw JobFailure(
        .badInput, "the key of \(name) \(error.rawValue)",
        hint: "Servers that need no key are asked without one when the variable is not set.", field: field)
    }
  }

  /// A name stands below systemd's credentials; a path must lie where jobs may read, and not with the job.
  private static func path(
    _ credential: String, _ environment: [String: String], _ resolver: PathResolver, field: String
  ) throws(JobFailure) -> String {
    guard credential.contains("/") else {
      guard credential != "..", credential != ".", let folder = environment["CREDENTIALS_DIRECTORY"],
        !folder.isEmpty
      else {
        throw JobFailure(
          .missingInput, "there is no credentials directory to look for \(credential.quotedForMessage()) in",
          hint: "Add LoadCredential=\(credential):FILE to the daemon's unit, or give the path of a file.",
          field: field)
      }
      return "\(folder)/\(credential)"
    }
    let path = try resolver.resolve(credential, as: .file, field: field)
    let jobFolder = FileLookup.system.realPath(resolver.jobFolder) ?? resolver.jobFolder
    guard jobFolder == FileLookup.system.realPath(resolver.spoolRoot) || !path.hasPrefix(jobFolder + "/")
    else {
      throw JobFailure(
        .badInput,
        "\(credential.quotedForMessage()) lies in the job's folder, which is published with its result",
        hint: "Keep keys outside of jobs.", field: field)
    }
    return path
  }

  private static func text(_ path: String, _ name: String, field: String) throws(JobFailure) -> String {
    guard let file = FileHandle(forReadingAtPath: path) else {
      throw JobFailure(
        .missingInput, "cannot read the credential \(name.quotedForMessage())",
        hint: "The daemon's user must be able to read it.", field: field)
    }
    defer { try? file.close() }
    let bytes = (try? file.read(upToCount: APIKey.longest + 2)) ?? Data()
    return String(decoding: bytes, as: UTF8.self)
  }
}
