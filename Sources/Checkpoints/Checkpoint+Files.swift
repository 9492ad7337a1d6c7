import Glibc

extension Checkpoint {
  /// Names that the libraries give to weights, without their suffix.
  static let stems = ["model", "diffusion_pytorch_model"]

  /// The file to open for a checkpoint: the weights themselves or the index of their shards.
  ///
  /// In a folder the usual names come first; otherwise the one safetensors file or index in it is taken.
  static func mainFile(at path: String) throws(CheckpointError) -> String {
    guard let names = try names(in: path) else { return path }
    let usual = stems.flatMap { ["\($0).safetensors", "\($0).safetensors.index.json"] }.filter(names.contains)
    let indices = names.filter { $0.hasSuffix(".safetensors.index.json") }
    let others = indices.isEmpty ? names.filter { $0.hasSuffix(".safetensors") } : indices
    let candidates = usual.isEmpty ? others : usual
    guard candidates.count == 1 else {
      throw CheckpointError(
        file: path, problem: candidates.isEmpty ? "holds no weights" : "holds several weight files",
        found: candidates.isEmpty ? nil : candidates.joined(separator: ", "),
        expected: "model.safetensors, diffusion_pytorch_model.safetensors or one *.safetensors.index.json",
        hint: hint(for: names, ambiguous: !candidates.isEmpty))
    }
    return "\(path)/\(candidates[0])"
  }

  private static func hint(for names: [String], ambiguous: Bool) -> String? {
    if ambiguous { return "Name the file to use instead of the folder, or remove the others" }
    guard let pickle = names.first(where: { [".bin", ".pt", ".pth", ".ckpt"].contains(where: $0.hasSuffix) })
    else {
      return nil
    }
    return "\(pickle) is a PyTorch pickle; convert it to safetensors"
  }

  /// The sorted names in a folder that do not begin with a dot; nil when the path is something else than a folder.
  static func names(in path: String) throws(CheckpointError) -> [String]? {
    guard let folder = opendir(path) else {
      if errno == ENOTDIR { return nil }
      throw CheckpointError(file: path, problem: "cannot be opened (\(String(cString: strerror(errno))))")
    }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
  }
}

/// A `*.safetensors.index.json`: which shard holds which tensor.
struct ShardIndex {
  let path: String
  /// File name by tensor name.
  let weightMap: [String: String]

  init(path: String) throws(CheckpointError) {
    self.path = path
    let object = try ModelConfiguration.object(at: path)
    guard let map = object["weight_map"]?.object else {
      throw CheckpointError(
        file: path, key: "weight_map", problem: "is not an object", found: object["weight_map"]?.summary,
        expected: "file names by tensor name")
    }
    var weightMap: [String: String] = [:]
    for key in map.keys {
      guard let name = map[key]?.string, !name.hasPrefix("."), !name.contains("/"),
        name.hasSuffix(".safetensors")
      else {
        throw CheckpointError(
          file: path, key: key, problem: "has no usable file name", found: map[key]?.summary,
          expected: "the name of a .safetensors file beside the index")
      }
      weightMap[key] = name
    }
    guard !weightMap.isEmpty else {
      throw CheckpointError(file: path, key: "weight_map", problem: "is empty")
    }
    self.weightMap = weightMap
  }

  private var fileNames: [String] { Set(weightMap.values).sorted() }

  func openShards() throws(CheckpointError) -> [SafetensorsFile] {
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    let missing = fileNames.filter { access(folder + $0, F_OK) != 0 }
    guard missing.isEmpty else {
      throw CheckpointError(
        file: path, problem: "\(missing.count) of \(fileNames.count) shards are missing",
        found: "no " + Listing.text(missing), hint: "Copy the whole folder")
    }
    var files: [SafetensorsFile] = []
    for name in fileNames { files.append(try SafetensorsFile(path: folder + name)) }
    return files
  }

  /// The shard of every tensor, by position in `files`; tensors that the index does not list are taken in as well,
  /// so that a strict reader reports them.
  func places(of files: [SafetensorsFile]) throws(CheckpointError) -> [String: Int] {
    var places: [String: Int] = [:]
    for (place, file) in files.enumerated() {
      for name in file.names {
        if let other = places.updateValue(place, forKey: name) {
          throw CheckpointError(
            file: path, key: name, problem: "stands in two shards",
            found: "\(fileNames[other]) and \(fileNames[place])",
            expected: weightMap[name].map { "only \($0)" })
        }
      }
    }
    let lost = weightMap.filter { key, name in places[key].map { fileNames[$0] } != name }
    guard lost.isEmpty else {
      throw CheckpointError(
        file: path, problem: "\(lost.count) tensors are not in the shard that weight_map names",
        found: Listing.text(lost.map { "\($0.key) not in \($0.value)" }.sorted()))
    }
    return places
  }
}

/// A long list, cut for people.
enum Listing {
  static let limit = 50

  static func text(_ items: [String], limit: Int = limit) -> String {
    let shown = items.prefix(limit).joined(separator: ", ")
    return items.count > limit ? "\(shown) and \(items.count - limit) more" : shown
  }
}
