import Foundation

/// Calls `body` with the path of a folder that holds the given files, and removes the folder afterwards.
func withTemporaryFolder<Result>(
  _ files: [String: String] = [:], data: [String: [UInt8]] = [:], _ body: (String) throws -> Result
) throws -> Result {
  let path = FileManager.default.temporaryDirectory.appending(path: "tokenizers-\(UUID().uuidString)").path
  try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: path) }
  for (name, text) in files { try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)")) }
  for (name, bytes) in data { try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)")) }
  return try body(path)
}
