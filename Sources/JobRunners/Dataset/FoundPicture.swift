import Jobs

/// The different picture files that a data set's rows name, each with the first row that does.
struct UsedPictures {
  struct File: Sendable {
    let split: String
    let row: Int
    let column: String
    /// Below the data set's folder.
    let name: String
    /// The real path.
    let path: String
  }

  private(set) var files: [File] = []

  init(_ plan: FolderDatasetRunner.Plan) {
    var known: Set<String> = []
    for (split, lines) in plan.splits {
      for line in lines {
        for (column, path) in line.pictures where known.insert("\(split)\u{0}\(path)").inserted {
          let name = path.hasPrefix(plan.root + "/") ? String(path.dropFirst(plan.root.count + 1)) : path
          files.append(File(split: split, row: line.number, column: column, name: name, path: path))
        }
      }
    }
  }
}

/// What decoding a picture showed.
struct SeenPicture: Sendable {
  let width: Int
  let height: Int
  let sha256: String
  let hash: DifferenceHash
  let colours: ColourHash
}

struct FoundPicture {
  let file: UsedPictures.File
  let seen: SeenPicture

  struct IndexLine: Encodable {
    let split: String
    let row: Int
    let column: String
    let file: String
    let width: Int
    let height: Int
    let sha256: String
    let dhash: String
  }

  var indexLine: IndexLine {
    IndexLine(
      split: file.split, row: file.row, column: file.column, file: file.name, width: seen.width,
      height: seen.height,
      sha256: seen.sha256, dhash: seen.hash.text)
  }
}

/// Finds pictures that are in a data set twice.
struct DuplicateSearch {
  private let pictures: [FoundPicture]
  static let exampleLimit = 48

  init(_ pictures: [FoundPicture]) { self.pictures = pictures }

  /// Pairs of files with equal bytes.
  var exact: FolderDatasetResult.Duplicates {
    var pairs = Pairs()
    let groups = Dictionary(grouping: pictures.indices, by: { pictures[$0].seen.sha256 })
    for places in groups.values where places.count > 1 {
      for (offset, first) in places.enumerated() {
        for second in places[(offset + 1)...] { pairs.add(pictures, first, second, bits: 0) }
      }
    }
    return pairs.result
  }

  /// Pairs of files with other bytes, hashes that differ in at most `bits`, and colours that look alike.
  ///
  /// The two pictures of one row are no such pair: they show the same scene by intention.
  func near(bits: Int, check: () throws -> Void) throws -> FolderDatasetResult.Duplicates {
    var pairs = Pairs()
    var count = 0
    try DifferenceHash.closePairs(pictures.map(\.seen.hash), limit: bits) { first, second, distance in
      let (one, other) = (pictures[first], pictures[second])
      guard one.seen.sha256 != other.seen.sha256, one.seen.colours.looksLike(other.seen.colours),
        one.file.split != other.file.split || one.file.row != other.file.row
      else { return }
      pairs.add(pictures, first, second, bits: distance)
      count += 1
      if count % 100_000 == 0 { try check() }
    }
    return pairs.result
  }

  /// Counts pairs and keeps the most telling ones, in an order that does not depend on how they were found.
  private struct Pairs {
    private var counts = FolderDatasetResult.Duplicates()
    private var best: [(isWithin: Bool, bits: Int, first: Int, second: Int, pair: FolderDatasetResult.Pair)] =
      []

    mutating func add(_ pictures: [FoundPicture], _ first: Int, _ second: Int, bits: Int) {
      let (one, other) = (pictures[min(first, second)], pictures[max(first, second)])
      let isWithin = one.file.split == other.file.split
      if isWithin { counts.within += 1 } else { counts.across += 1 }
      let pair = FolderDatasetResult.Pair(first: one.file.name, second: other.file.name, bits: bits)
      best.append((isWithin, bits, min(first, second), max(first, second), pair))
      if best.count > 100 * DuplicateSearch.exampleLimit { cut() }
    }

    private mutating func cut() {
      best.sort {
        ($0.isWithin ? 1 : 0, $0.bits, $0.first, $0.second) < (
          $1.isWithin ? 1 : 0, $1.bits, $1.first, $1.second
        )
      }
      best.removeLast(max(0, best.count - DuplicateSearch.exampleLimit))
    }

    var result: FolderDatasetResult.Duplicates {
      var copy = self
      copy.cut()
      copy.counts.examples = copy.best.map(\.pair)
      return copy.counts
    }
  }
}
