/// The tensors of one model folder: a single safetensors file, or shards listed by an index.
///
/// Reference: file names of transformers 5.23 `utils/__init__.py` and diffusers 0.42 `utils/constants.py`. Differs:
/// a folder holding two candidates is refused instead of one being preferred.
package final class Checkpoint: Sendable {
  /// The folder or file as it was asked for.
  package let path: String
  package let files: [SafetensorsFile]
  private let places: [String: Int]

  /// Opens `path`: a folder, a `.safetensors` file or a `.safetensors.index.json`.
  ///
  /// - Throws: ``CheckpointError`` for missing files, all of them named; for unsound files; for keys that stand in two
  ///   shards or are not where the index says.
  package init(path: String) throws(CheckpointError) {
    self.path = path
    let main = try Self.mainFile(at: path)
    guard main.hasSuffix(".index.json") else {
      let file = try SafetensorsFile(path: main)
      files = [file]
      places = file.header.entries.mapValues { _ in 0 }
      return
    }
    let index = try ShardIndex(path: main)
    files = try index.openShards()
    places = try index.places(of: files)
  }

  /// All tensor names in sorted order.
  package var keys: [String] { places.keys.sorted() }

  package func contains(_ key: String) -> Bool { places[key] != nil }

  /// The file that holds a tensor, and its entry there.
  package func locate(_ key: String) -> (file: SafetensorsFile, entry: SafetensorsHeader.Entry)? {
    guard let place = places[key], let entry = files[place].header.entries[key] else { return nil }
    return (files[place], entry)
  }

  /// Bytes of all tensors together.
  package var byteCount: Int {
    files.reduce(0) { $0 + $1.map.bytes.count - $1.header.dataStart }
  }

  /// Tells the kernel how all files will be read.
  package func advise(_ advice: MappedFile.Advice) {
    for file in files { file.map.advise(advice) }
  }
}
