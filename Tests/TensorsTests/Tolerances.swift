/// How far results may be from double-precision loops, and why.
enum Tolerance {
  /// One rounding of a result of the size of 1, with room for a second: 2⁻²³ is 1.2e-7.
  static let elementwise: Float = 5e-7
  /// Sums of up to a few hundred products in another order than the loop's.
  static let product: Float = 2e-5
  /// Inputs of the size of 1/4 rounded to 127ths of the largest of 32, in up to 9000 products with weights of the size of 1.
  static let roundedInputs: Float = 0.1
  /// torch's vector code has its own logarithm and sine (see model facts of the generator): seen up to 1.2e-6.
  static let torchNormal: Float = 2e-6
}
