import CCairo
import Images

extension RGBImage {
  /// The pixels of a finished RGB24 image surface, whose words are 0x00RRGGBB in the machine's byte order.
  init(surface: OpaquePointer?) {
    cairo_surface_flush(surface)
    let status = cairo_surface_status(surface)
    guard status == CAIRO_STATUS_SUCCESS, let data = cairo_image_surface_get_data(surface) else {
      preconditionFailure("Cairo: \(String(cString: cairo_status_to_string(status)))")
    }
    let width = Int(cairo_image_surface_get_width(surface))
    let height = Int(cairo_image_surface_get_height(surface))
    let stride = Int(cairo_image_surface_get_stride(surface))
    var pixels = [UInt8](repeating: 0, count: 3 * width * height)
    for y in 0..<height {
      let row = UnsafeRawPointer(data + y * stride)
      for x in 0..<width {
        let word = row.load(fromByteOffset: 4 * x, as: UInt32.self)
        let at = 3 * (y * width + x)
        pixels[at] = UInt8(truncatingIfNeeded: word >> 16)
        pixels[at + 1] = UInt8(truncatingIfNeeded: word >> 8)
        pixels[at + 2] = UInt8(truncatingIfNeeded: word)
      }
    }
    self.init(width: width, height: height, pixels: pixels)
  }

  /// Lends the picture to Cairo as an image surface that lives as long as the call.
  func withCairoSurface(_ use: (OpaquePointer?) -> Void) {
    let surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width), Int32(height))
    defer { cairo_surface_destroy(surface) }
    guard let data = cairo_image_surface_get_data(surface) else {
      preconditionFailure("Cairo has no room for a \(width)×\(height) surface")
    }
    let stride = Int(cairo_image_surface_get_stride(surface))
    for y in 0..<height {
      let row = UnsafeMutableRawPointer(data + y * stride)
      for x in 0..<width {
        let at = 3 * (y * width + x)
        let word = UInt32(pixels[at]) << 16 | UInt32(pixels[at + 1]) << 8 | UInt32(pixels[at + 2])
        row.storeBytes(of: word, toByteOffset: 4 * x, as: UInt32.self)
      }
    }
    cairo_surface_mark_dirty(surface)
    use(surface)
  }
}
