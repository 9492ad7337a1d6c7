/// The shape of an area of cells, apart from where it lies in the picture.
///
/// Oracles compare it with the form the task's own drawing has, so that a patch of the right colour is not enough:
/// it must be shaped like the thing.
struct Form {
  private static let side = 12
  /// Filled share of each field of a grid laid over the area's box, 0...1, row by row.
  private let fields: [Float]
  /// Share of the whole picture, 0...1.
  let share: Float
  /// Width over height of the box.
  let aspect: Float

  /// Nil when the area is smaller than a hundredth of the picture.
  init?(of picture: ColourReading, where matches: (ColourReading.Cell) -> Bool) {
    let area = picture.area(where: matches)
    guard area.share > 0.01, area.width > 0, area.height > 0 else { return nil }
    let (side, cells) = (Self.side, ColourReading.side)
    var hits = [Float](repeating: 0, count: side * side)
    var totals = hits
    for row in 0..<cells {
      let y = ((Float(row) + 0.5) / Float(cells) - area.top) / area.height
      guard (0..<1).contains(y) else { continue }
      for column in 0..<cells {
        let x = ((Float(column) + 0.5) / Float(cells) - area.left) / area.width
        guard (0..<1).contains(x) else { continue }
        let field = Int(y * Float(side)) * side + Int(x * Float(side))
        totals[field] += 1
        if matches(picture.cells[row * cells + column]) { hits[field] += 1 }
      }
    }
    fields = zip(hits, totals).map { $1 > 0 ? $0 / $1 : 0 }
    share = area.share
    aspect = area.width / area.height
  }

  /// Overlap of the two shapes once their boxes are laid over each other: 1 the same, 0 nothing in common.
  ///
  /// The other may be mirrored: things are drawn either way round.
  func agreement(with other: Form) -> Float {
    let side = Self.side
    let mirrored = (0..<side * side).map { other.fields[$0 / side * side + side - 1 - $0 % side] }
    return max(Self.overlap(fields, other.fields), Self.overlap(fields, mirrored))
  }

  private static func overlap(_ first: [Float], _ second: [Float]) -> Float {
    let both = zip(first, second).reduce(0) { $0 + min($1.0, $1.1) }
    let any = zip(first, second).reduce(0) { $0 + max($1.0, $1.1) }
    return any > 0 ? both / any : 0
  }
}

extension SceneTask {
  /// Whether the cells that match in the picture are shaped and sized as in the task's own drawing of the outcome.
  func resembles(
    _ outcome: Outcome, subject: Int, on picture: ColourReading, agreement: Float = 0.62,
    where matches: (ColourReading.Cell) -> Bool
  ) -> Bool {
    let canvas = Canvas(size: ColourReading.side)
    var random = SceneRandom(seed: 1)
    canvas.fill(.box(0, 0, 1, 1), .flat(Colour(236, 234, 232)))
    _ = draw(subject: subject, outcome: outcome, on: canvas, random: &random)
    let pattern = ColourReading(canvas.image(random: &random))
    guard let own = Form(of: pattern, where: matches), let seen = Form(of: picture, where: matches) else {
      return false
    }
    let (size, shape) = (seen.share / own.share, seen.aspect / own.aspect)
    return (0.5...1.6).contains(size) && (0.7...1.43).contains(shape) && seen.agreement(with: own) > agreement
  }
}
