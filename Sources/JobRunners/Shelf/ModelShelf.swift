import Foundation
import Jobs

/// Keeps models in memory from one job to the next, within a budget.
///
/// A model is the same one as long as its folder holds the same files: a folder that changed is loaded anew. When the
/// budget is exceeded, the models not used for longest leave first; the one just asked for always stays.
/// Belongs to one thread, the worker's.
package final class ModelShelf {
  /// Bytes of weight files that may stay.
  package let budget: Int

  private struct Entry {
    let key: Key
    let identity: FolderIdentity
    let model: Any
  }

  private struct Key: Hashable {
    let kind: ObjectIdentifier
    let path: String
    let variant: String
  }

  /// Least recently used first.
  private var entries: [Entry] = []

  package init(budget: Int) { self.budget = budget }

  /// A model with how it was come by.
  package struct Loan<Model> {
    package let model: Model
    package let path: String
    /// It was there already.
    package let wasResident: Bool
    package let loadSeconds: Double
  }

  /// The model of a folder: the resident one, or the one that `load` brings.
  ///
  /// - Parameters:
  ///   - path: A real path, so that two names of one folder share one model.
  ///   - variant: What else the model was made from, an adapter for example; models of different variants are apart.
  package func model<Model>(
    _ type: Model.Type, at path: String, variant: String = "", load: (String) throws -> Model
  ) throws -> Loan<Model> {
    let key = Key(kind: ObjectIdentifier(type), path: path, variant: variant)
    let identity = FolderIdentity(of: path)
    if let index = entries.firstIndex(where: { $0.key == key }) {
      let entry = entries.remove(at: index)
      if entry.identity == identity, let model = entry.model as? Model {
        entries.append(entry)
        return Loan(model: model, path: path, wasResident: true, loadSeconds: 0)
      }
    }
    makeRoom(for: identity.bytes)
    let clock = ContinuousClock()
    let start = clock.now
    let model = try load(path)
    let (seconds, attoseconds) = (clock.now - start).components
    entries.append(Entry(key: key, identity: identity, model: model))
    return Loan(
      model: model, path: path, wasResident: false, loadSeconds: Double(seconds) + Double(attoseconds) * 1e-18
    )
  }

  /// Bytes of the weight files of all resident models.
  package var residentBytes: Int { entries.reduce(0) { $0 + $1.identity.bytes } }

  /// Paths of the resident models, least recently used first.
  package var residentPaths: [String] { entries.map(\.key.path) }

  /// Has models leave until those that are left and `bytes` more fit `room`.
  ///
  /// - Parameter kept: Folders whose models are in `bytes` already: they stay.
  func makeRoom(for bytes: Int, in room: Int, keeping kept: Set<String>) {
    func others() -> [Int] { entries.indices.filter { !kept.contains(entries[$0].key.path) } }
    while let oldest = others().first,
      others().reduce(bytes, { $0 + entries[$1].identity.bytes }) > room
    {
      entries.remove(at: oldest)
    }
  }

  private func makeRoom(for bytes: Int) {
    while !entries.isEmpty && residentBytes + bytes > budget { entries.removeFirst() }
  }
}

/// What tells one state of a model folder from another without reading it: names, sizes, times and inodes of all files.
struct FolderIdentity: Equatable {
  private let files: [String: File]
  /// Bytes of all files together.
  let bytes: Int

  private struct File: Equatable {
    let size: Int
    let modified: Int
    let modifiedNanoseconds: Int
    let inode: UInt
  }

  /// Of a folder's files, or of one file. Empty for what cannot be read: loading it then says why.
  init(of folder: String) {
    var files: [String: File] = [:]
    let inside = FileManager.default.enumerator(atPath: folder)
    // The path itself comes first: it may be a file.
    var next: String? = "."
    while let name = next {
      next = inside?.nextObject() as? String
      // Adapters come and go without the model being another one.
      if name.hasPrefix("adapters/") { continue }
      var status = stat()
      guard stat(name == "." ? folder : "\(folder)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFREG
      else { continue }
      files[name] = File(
        size: Int(status.st_size), modified: status.st_mtim.tv_sec,
        modifiedNanoseconds: status.st_mtim.tv_nsec,
        inode: UInt(status.st_ino))
    }
    self.files = files
    bytes = files.values.reduce(0) { $0 + $1.size }
  }

  /// A text that is equal for equal identities, for comparing over restarts of the process.
  var description: String {
    files.sorted { $0.key < $1.key }
      .map {
        "\($0.key) \($0.value.size) \($0.value.modified).\($0.value.modifiedNanoseconds) \($0.value.inode)"
      }
      .joined(separator: "\n")
  }
}
