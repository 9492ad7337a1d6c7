/// A colour to paint with: channels and opacity in 0...1.
struct Colour: Equatable, Sendable {
  var red: Double
  var green: Double
  var blue: Double
  var opacity: Double

  /// From channels in 0...255 and an opacity in 0...1.
  init(_ red: Double, _ green: Double, _ blue: Double, opacity: Double = 1) {
    (self.red, self.green, self.blue, self.opacity) = (red / 255, green / 255, blue / 255, opacity)
  }

  static let white = Colour(255, 255, 255)
  static let black = Colour(0, 0, 0)

  /// Each channel times `factor`.
  func darker(_ factor: Double) -> Colour { map { $0 * factor } }

  /// The way to white, by `share` of it.
  func lighter(_ share: Double) -> Colour { map { $0 + (1 - $0) * share } }

  func mixed(with other: Colour, _ share: Double) -> Colour {
    var mixed = self
    mixed.red += (other.red - red) * share
    mixed.green += (other.green - green) * share
    mixed.blue += (other.blue - blue) * share
    mixed.opacity += (other.opacity - opacity) * share
    return mixed
  }

  func faded(_ opacity: Double) -> Colour {
    var faded = self
    faded.opacity = opacity
    return faded
  }

  private func map(_ change: (Double) -> Double) -> Colour {
    var changed = self
    changed.red = min(1, max(0, change(red)))
    changed.green = min(1, max(0, change(green)))
    changed.blue = min(1, max(0, change(blue)))
    return changed
  }
}
