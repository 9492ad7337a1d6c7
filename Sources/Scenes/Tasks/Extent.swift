/// How much of a picture an area covers and where it lies, whatever its inner shape.
///
/// Coarser than ``Form``: a smeared thing keeps its extent when its outline is lost.
struct Extent {
  private let area: ColourReading.Area

  /// Nil when the area is smaller than a hundredth of the picture.
  init?(of picture: ColourReading, where matches: (ColourReading.Cell) -> Bool) {
    area = picture.area(where: matches)
    guard area.share > 0.01 else { return nil }
  }

  /// Whether both cover about the same ground.
  ///
  /// - Parameters:
  ///   - slack: How far width and height may be off, as a factor above 1; the area's share may be off by its square.
  ///   - shift: How far the centre may lie off, as a share of the picture's side.
  func agrees(with other: Extent, slack: Float, shift: Float) -> Bool {
    func near(_ value: Float, _ reference: Float, _ factor: Float) -> Bool {
      (reference / factor...reference * factor).contains(value)
    }
    return near(area.share, other.area.share, slack * slack) && near(area.width, other.area.width, slack)
      && near(area.height, other.area.height, slack) && abs(area.centreX - other.area.centreX) < shift
      && abs(area.centreY - other.area.centreY) < shift
  }
}

extension ColourReading {
  private init(cells: [Cell]) { self.cells = cells }

  /// Each cell averaged with its eight neighbours: thin edges and grain go, areas stay.
  func smoothed() -> ColourReading {
    let side = Self.side
    var smooth = cells
    for row in 0..<side {
      for column in 0..<side {
        var sum = Cell(red: 0, green: 0, blue: 0)
        for y in [max(0, row - 1), row, min(side - 1, row + 1)] {
          for x in [max(0, column - 1), column, min(side - 1, column + 1)] {
            let cell = cells[y * side + x]
            sum.red += cell.red / 9
            sum.green += cell.green / 9
            sum.blue += cell.blue / 9
          }
        }
        smooth[row * side + column] = sum
      }
    }
    return ColourReading(cells: smooth)
  }
}

extension SceneTask {
  /// Whether the cells that match, after smoothing, lie and reach about as in the task's own drawing of the outcome.
  func extends(
    as outcome: Outcome, subject: Int, on picture: ColourReading, slack: Float = 1.3, shift: Float = 0.12,
    where matches: (ColourReading.Cell) -> Bool
  ) -> Bool {
    let canvas = Canvas(size: ColourReading.side)
    var random = SceneRandom(seed: 1)
    canvas.fill(.box(0, 0, 1, 1), .flat(Colour(236, 234, 232)))
    _ = draw(subject: subject, outcome: outcome, on: canvas, random: &random)
    let pattern = ColourReading(canvas.image(random: &random)).smoothed()
    guard let own = Extent(of: pattern, where: matches),
      let seen = Extent(of: picture.smoothed(), where: matches)
    else {
      return false
    }
    return seen.agrees(with: own, slack: slack, shift: shift)
  }
}
