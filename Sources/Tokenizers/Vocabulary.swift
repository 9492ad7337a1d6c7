/// The pieces of a tokenizer model and their ids, looked up byte by byte.
///
/// A trie over UTF-8, because all three models ask for prefixes: the unigram lattice wants every piece that starts
/// at a place, WordPiece the longest one, byte-pair merges the id of two pieces written together. Pieces are
/// told apart by their bytes, never by canonical equivalence.
struct Vocabulary: Sendable {
  /// A place in the trie: the bytes read so far.
  typealias Node = UInt32

  static let root: Node = 0

  private(set) var pieces: [Int: String] = [:]
  private var children: [UInt64: Node] = [:]
  private var idOfNode: [Int32] = [-1]

  /// One more than the largest id.
  private(set) var size = 0

  init() {}

  /// Pieces in the order of their ids; of two equal pieces the later id counts, as in the reference.
  init(pieces list: some Collection<String>) {
    reserve(list.count)
    for (id, piece) in list.enumerated() { insert(piece, id: id) }
  }

  mutating func reserve(_ count: Int) {
    pieces.reserveCapacity(count)
    children.reserveCapacity(4 * count)
    idOfNode.reserveCapacity(4 * count)
  }

  mutating func insert(_ piece: String, id: Int) {
    var node = Self.root
    for byte in piece.utf8 {
      let key = Self.key(node, byte)
      if let next = children[key] {
        node = next
      } else {
        let next = Node(idOfNode.count)
        children[key] = next
        idOfNode.append(-1)
        node = next
      }
    }
    idOfNode[Int(node)] = Int32(id)
    pieces[id] = piece
    size = max(size, id + 1)
  }

  /// The place reached from `node` by one more byte; nil when no piece goes on that way.
  func step(_ node: Node, _ byte: UInt8) -> Node? { children[Self.key(node, byte)] }

  /// The place reached from `start` by several bytes.
  func walk(_ bytes: some Sequence<UInt8>, from start: Node = Vocabulary.root) -> Node? {
    var node = start
    for byte in bytes {
      guard let next = step(node, byte) else { return nil }
      node = next
    }
    return node
  }

  /// The id of the piece that ends at `node`, if one does.
  func id(at node: Node) -> Int? {
    let id = idOfNode[Int(node)]
    return id < 0 ? nil : Int(id)
  }

  func id(of piece: String) -> Int? { walk(piece.utf8).flatMap(id(at:)) }

  private static func key(_ node: Node, _ byte: UInt8) -> UInt64 { UInt64(node) << 8 | UInt64(byte) }
}
