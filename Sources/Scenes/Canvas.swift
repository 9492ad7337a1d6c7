import CCairo
import Images

/// A square to draw on with Cairo, in unit coordinates: (0, 0) is the upper left corner, (1, 1) the lower right.
final class Canvas {
  /// Side length in pixels.
  let size: Int
  /// For drawing operations; scaled so that a unit is the whole side.
  let context: OpaquePointer
  private let surface: OpaquePointer

  init(size: Int) {
    precondition((8...4096).contains(size), "a scene is 8 to 4096 pixels wide, not \(size)")
    self.size = size
    // Cairo answers with an inert object, never nil, when it fails; that is checked when the image is made.
    surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(size), Int32(size))
    context = cairo_create(surface)
    cairo_scale(context, Double(size), Double(size))
    cairo_set_antialias(context, CAIRO_ANTIALIAS_GOOD)
  }

  deinit {
    cairo_destroy(context)
    cairo_surface_destroy(surface)
  }

  /// Runs the drawing with the origin moved to (x, y), both axes scaled, then turned by radians clockwise.
  func placed(x: Double, y: Double, scale: Double = 1, turn: Double = 0, _ draw: () -> Void) {
    cairo_save(context)
    cairo_translate(context, x, y)
    cairo_rotate(context, turn)
    cairo_scale(context, scale, scale)
    draw()
    cairo_restore(context)
  }

  /// Turns the x axis round: what follows is drawn as in a mirror standing at the origin.
  func mirror() { cairo_scale(context, -1, 1) }

  /// What has been drawn so far, with grey noise of the given standard deviation (levels of 255) on every pixel.
  func image(noise: Double = 0, random: inout SceneRandom) -> RGBImage {
    cairo_surface_flush(surface)
    guard cairo_status(context) == CAIRO_STATUS_SUCCESS, let data = cairo_image_surface_get_data(surface)
    else {
      preconditionFailure("Cairo: \(String(cString: cairo_status_to_string(cairo_status(context))))")
    }
    let stride = Int(cairo_image_surface_get_stride(surface))
    var pixels = [UInt8](repeating: 0, count: 3 * size * size)
    for y in 0..<size {
      // RGB24 is a native 32-bit word 0x00RRGGBB.
      let row = UnsafeRawPointer(data + y * stride)
      for x in 0..<size {
        let word = row.load(fromByteOffset: 4 * x, as: UInt32.self)
        let grain = noise > 0 ? noise * random.bell() : 0
        for (channel, shift) in [16, 8, 0].enumerated() {
          let level = Double((word >> UInt32(shift)) & 255) + grain
          pixels[3 * (y * size + x) + channel] = UInt8(max(0, min(255, level.rounded())))
        }
      }
    }
    return RGBImage(width: size, height: size, pixels: pixels)
  }
}

extension SceneRandom {
  /// About normal, variance 1: the sum of four uniforms, centred and scaled.
  fileprivate mutating func bell() -> Double {
    let bits = next()
    let sum = (0..<4).reduce(0.0) { $0 + Double((bits >> (16 * UInt64($1))) & 0xffff) / 65535 }
    return (sum - 2) * 3.0.squareRoot()
  }
}
