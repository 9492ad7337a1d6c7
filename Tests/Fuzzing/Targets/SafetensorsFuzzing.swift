import Checkpoints
import Foundation

/// A safetensors file: its header, and every tensor read as far as it can be.
enum SafetensorsFuzzing: FuzzTarget {
  private static let file = FuzzFile(named: "model.safetensors")

  static func run(_ bytes: [UInt8]) {
    file.write(bytes)
    do throws(CheckpointError) {
      let opened = try SafetensorsFile(path: file.path)
      for name in opened.names {
        let entry = try opened.entry(name)
        require(entry.bytes.upperBound <= bytes.count, "a tensor lies within the file")
        require(entry.elementCount >= 0, "a count of elements is a count")
        do throws(CheckpointError) { _ = try opened.floats(name) } catch { check(error) }
        do throws(CheckpointError) { _ = try opened.integers(name) } catch { check(error) }
      }
    } catch { check(error) }
  }

  static func check(_ error: CheckpointError) { require(!error.description.isEmpty, "a refusal says why") }

  static func mutate(_ bytes: [UInt8], with random: inout Random) -> [UInt8] {
    SafetensorsMutation.apply(to: bytes, words: words, with: &random)
  }

  private static let words =
    SafetensorsDataType.allCases.map(\.rawValue) + [
      "__metadata__", "dtype", "shape", "data_offsets", "format", "pt",
    ]
}

/// A file that targets whose parsers open files write their bytes to.
struct FuzzFile {
  let path: String

  /// - Parameter name: In a folder of this process's own, in memory where there is such a place.
  init(named name: String) {
    let memory = URL(filePath: "/dev/shm")
    let place = access(memory.path, W_OK) == 0 ? memory : FileManager.default.temporaryDirectory
    let folder = place.appending(path: "scispool-fuzz-\(getpid())")
    try! FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    path = folder.appending(path: name).path
    atexit { try? FileManager.default.removeItem(at: FuzzFile.folder) }
  }

  private static var folder: URL {
    let memory = URL(filePath: "/dev/shm/scispool-fuzz-\(getpid())")
    return access(memory.path, F_OK) == 0
      ? memory : FileManager.default.temporaryDirectory.appending(path: "scispool-fuzz-\(getpid())")
  }

  func write(_ bytes: [UInt8]) {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    require(file >= 0 && Foundation.write(file, bytes, bytes.count) == bytes.count, "\(path) can be written")
    close(file)
  }
}
