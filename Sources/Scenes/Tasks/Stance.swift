/// Where a subject stands in the picture, how large, which way round and in which light.
///
/// Drawn first of all from the scene's generator, so that both outcomes of a tuple stand alike.
struct Stance {
  /// Side of the subject's own unit square in the picture, 0.84...1.
  let scale: Double
  /// Upper left corner of that square in the picture.
  let left: Double
  let top: Double
  let isMirrored: Bool
  /// Brightness of the subject's colours, about 1.
  let light: Double

  init(random: inout SceneRandom) {
    scale = random.uniform(0.84...1)
    let slack = 1 - scale
    left = slack / 2 + random.uniform(-1...1) * (slack / 2 + 0.02)
    // The lower part of the slack only: things stand on the ground, not in the air.
    top = slack * random.uniform(0.5...1)
    isMirrored = random.uniform(0...1) < 0.5
    light = random.uniform(0.93...1.06)
  }

  /// Draws in the subject's own unit square.
  func paint(on canvas: Canvas, _ draw: () -> Void) {
    canvas.placed(x: left, y: top, scale: scale) {
      if isMirrored {
        canvas.placed(x: 1, y: 0) {
          canvas.mirror()
          draw()
        }
      } else {
        draw()
      }
    }
  }

  func lit(_ colour: Colour) -> Colour { colour.darker(light) }

  /// A box of the subject's own square as a box of the picture.
  func box(left: Double, top: Double, right: Double, bottom: Double) -> EntityBox {
    let (l, r) = isMirrored ? (1 - right, 1 - left) : (left, right)
    return EntityBox(
      left: self.left + scale * l, top: self.top + scale * top, right: self.left + scale * r,
      bottom: self.top + scale * bottom)
  }
}

extension Verdict {
  /// The outcome that alone was seen; neither when both or none were.
  init(explicit: Bool, superficial: Bool) {
    self = explicit == superficial ? .neither : explicit ? .explicit : .superficial
  }
}

extension Outcome {
  func choose<Value>(_ explicit: Value, _ superficial: Value) -> Value {
    self == .explicit ? explicit : superficial
  }
}
