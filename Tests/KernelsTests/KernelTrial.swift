import Kernels

/// Random numbers that are the same in every run.
struct Dice {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  mutating func bits() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state >> 16
  }
  mutating func number(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + Int(bits() % UInt64(range.count))
  }
  mutating func flag() -> Bool { bits() % 2 == 0 }
  /// Between -2 and 2, rather near 0.
  mutating func floats(_ count: Int) -> [Float] {
    (0..<count).map { _ in
      (0..<4).reduce(Float(0)) { sum, _ in sum + Float(bits() & 0xFFFF) / 65536 - 0.5 }
    }
  }
}

/// One or several kernels, called with arrays of random sizes.
struct KernelTrial: Sendable, CustomStringConvertible {
  let description: String
  /// - Returns: All that was written.
  let run: @Sendable (elementwise_kernels, GuardedMemory, inout Dice) -> [Float]

  private init(
    _ name: String, _ run: @escaping @Sendable (elementwise_kernels, GuardedMemory, inout Dice) -> [Float]
  ) {
    description = name
    self.run = run
  }

  static let all: [KernelTrial] =
    maps + gradients + norms + widenings + [
      innerProducts, panelProduct, panelOfRows, panelOfColumns, integers, softmaxTile, rotation, adamw, sum,
    ]
}

extension KernelTrial {
  private typealias Map = @convention(c) (UnsafeMutablePointer<Float>?, UnsafePointer<Float>?, Int) -> Void
  private typealias Join =
    @convention(c) (
      UnsafeMutablePointer<Float>?, UnsafePointer<Float>?, UnsafePointer<Float>?, Int
    ) -> Void

  private static func map(_ name: String, _ kernel: @escaping @Sendable (elementwise_kernels) -> Map?)
    -> KernelTrial
  {
    KernelTrial(name) { kernels, memory, dice in
      let count = dice.number(0...200)
      let (y, x) = (memory.array(dice.floats(count)), memory.array(dice.floats(count)))
      kernel(kernels)?(y, dice.flag() ? UnsafePointer(y) : UnsafePointer(x), count)
      return values(y, count)
    }
  }

  private static func join(_ name: String, _ kernel: @escaping @Sendable (elementwise_kernels) -> Join?)
    -> KernelTrial
  {
    KernelTrial(name) { kernels, memory, dice in
      let count = dice.number(0...200)
      let y = memory.array(dice.floats(count))
      let (a, b) = (memory.array(dice.floats(count)), memory.array(dice.floats(count)))
      kernel(kernels)?(y, dice.flag() ? UnsafePointer(y) : UnsafePointer(a), b, count)
      return values(y, count)
    }
  }

  private static func values(_ pointer: UnsafePointer<Float>, _ count: Int) -> [Float] {
    Array(UnsafeBufferPointer(start: pointer, count: count))
  }

  fileprivate static let maps = [
    map("silu") { $0.silu }, map("gelu") { $0.gelu }, map("gelu_tanh") { $0.gelu_tanh },
    map("quick_gelu") { $0.quick_gelu }, map("exponential") { $0.exponential },
    join("add") { $0.add }, join("subtract") { $0.subtract }, join("multiply") { $0.multiply },
    KernelTrial("affine, axpy, gated_add") { kernels, memory, dice in
      let count = dice.number(0...200)
      let (y, g, x) = (
        memory.array(dice.floats(count)), memory.array(dice.floats(count)), memory.array(dice.floats(count))
      )
      kernels.affine(y, dice.flag() ? UnsafePointer(y) : UnsafePointer(x), 1.5, -2, count)
      kernels.axpy(y, 0.75, x, count)
      kernels.gated_add(y, g, x, count)
      return values(y, count)
    },
  ]

  fileprivate static let gradients = [
    join("silu_gradient") { $0.silu_gradient }, join("gelu_gradient") { $0.gelu_gradient },
    join("gelu_tanh_gradient") { $0.gelu_tanh_gradient },
    join("quick_gelu_gradient") { $0.quick_gelu_gradient },
  ]

  fileprivate static let norms = [
    KernelTrial("layer_norm and its gradients") { kernels, memory, dice in
      let (rows, columns, onePlus) = (dice.number(0...4), dice.number(1...150), Int32(dice.number(0...1)))
      let (y, x, dy) = (
        memory.array(dice.floats(rows * columns)), memory.array(dice.floats(rows * columns)),
        memory.array(dice.floats(rows * columns))
      )
      let (weight, bias) = (memory.array(dice.floats(columns)), memory.array(dice.floats(columns)))
      let kind = dice.number(0...2)
      kernels.layer_norm(y, x, kind > 0 ? weight : nil, kind > 1 ? bias : nil, onePlus, rows, columns, 1e-5)
      let normed = values(y, rows * columns)
      kernels.layer_norm_gradient(y, dy, x, kind > 0 ? weight : nil, onePlus, rows, columns, 1e-5)
      kernels.layer_norm_parameter_gradient(weight, bias, dy, x, rows, columns, 1e-5)
      return normed + values(y, rows * columns) + values(weight, columns) + values(bias, columns)
    },
    KernelTrial("rms_norm and its gradients") { kernels, memory, dice in
      let (rows, columns) = (dice.number(0...4), dice.number(1...150))
      let (y, x, dy) = (
        memory.array(dice.floats(rows * columns)), memory.array(dice.floats(rows * columns)),
        memory.array(dice.floats(rows * columns))
      )
      let weight = memory.array(dice.floats(columns))
      kernels.rms_norm(y, x, weight, rows, columns, 1e-6)
      let normed = values(y, rows * columns)
      kernels.rms_norm_gradient(y, dy, x, weight, rows, columns, 1e-6)
      kernels.rms_norm_parameter_gradient(weight, dy, x, rows, columns, 1e-6)
      return normed + values(y, rows * columns) + values(weight, columns)
    },
    KernelTrial("softmax and its gradient") { kernels, memory, dice in
      let (rows, columns) = (dice.number(0...4), dice.number(1...150))
      let (y, x) = (
        memory.array(dice.floats(rows * columns)), memory.array(dice.floats(rows * columns))
      )
      kernels.softmax(y, dice.flag() ? UnsafePointer(y) : UnsafePointer(x), rows, columns)
      let first = values(y, rows * columns)
      kernels.softmax_gradient(x, x, y, 0.5, rows, columns)
      return first + values(x, rows * columns)
    },
  ]

  fileprivate static let softmaxTile = KernelTrial("softmax_tile") { kernels, memory, dice in
    let (rows, columns) = (dice.number(1...5), dice.number(1...150))
    let scores = memory.array(dice.floats(rows * columns))
    let (maximum, sum, factor) = (
      memory.array([Float](repeating: -.infinity, count: rows)), memory.array(dice.floats(rows).map(abs)),
      memory.array(dice.floats(rows))
    )
    if dice.flag() { maximum.update(repeating: 0.5, count: rows) }
    kernels.softmax_tile(scores, maximum, sum, factor, rows, columns)
    return values(scores, rows * columns) + values(maximum, rows) + values(sum, rows) + values(factor, rows)
  }

  fileprivate static let rotation = KernelTrial("rotate_pairs") { kernels, memory, dice in
    let pairs = dice.number(0...100)
    let x = memory.array(dice.floats(2 * pairs))
    kernels.rotate_pairs(x, memory.array(dice.floats(pairs)), memory.array(dice.floats(pairs)), pairs)
    return values(x, 2 * pairs)
  }

  fileprivate static let adamw = KernelTrial("adamw") { kernels, memory, dice in
    let count = dice.number(0...200)
    let (p, m, g) = (
      memory.array(dice.floats(count)), memory.array(dice.floats(count)), memory.array(dice.floats(count))
    )
    let v = memory.array(dice.floats(count).map { $0 * $0 })
    kernels.adamw(p, m, v, g, count, 0.99, 0.1, 0.999, 0.001, 0.01, 0.9, 1e-8)
    return values(p, count) + values(m, count) + values(v, count)
  }

  fileprivate static let sum = KernelTrial("sum_of_squares") { kernels, memory, dice in
    let count = dice.number(0...300)
    return [Float(kernels.sum_of_squares(memory.array(dice.floats(count)), count))]
  }

  /// Halves of which none is infinite or not a number, in either format.
  private static func halves(_ count: Int, _ dice: inout Dice) -> [UInt16] {
    (0..<count).map { _ in UInt16(dice.bits() & 0x3FFF) | UInt16(dice.bits() & 1) << 15 }
  }

  fileprivate static let widenings = [
    KernelTrial("widen_bfloat16") { kernels, memory, dice in
      let count = dice.number(0...200)
      let y = memory.array(dice.floats(count))
      kernels.widen_bfloat16(y, memory.array(halves(count, &dice)), count)
      return values(y, count)
    },
    KernelTrial("widen_float16") { kernels, memory, dice in
      let count = dice.number(0...200)
      let y = memory.array(dice.floats(count))
      kernels.widen_float16(y, memory.array(halves(count, &dice)), count)
      return values(y, count)
    },
    KernelTrial("widen_int8") { kernels, memory, dice in
      let count = dice.number(0...200)
      let y = memory.array(dice.floats(count))
      kernels.widen_int8(
        y, memory.array((0..<count).map { _ in Int8(truncatingIfNeeded: dice.bits()) }), count, 0.5)
      return values(y, count)
    },
  ]

  fileprivate static let innerProducts = KernelTrial("inner_products") { kernels, memory, dice in
    let (rows, outputs, inner) = (dice.number(1...4), dice.number(1...40), dice.number(1...200))
    let (yStride, xStride, stride) = (
      outputs + dice.number(0...8), inner + dice.number(0...8), inner + dice.number(0...8)
    )
    let (count, length) = ((rows - 1) * yStride + outputs, (outputs - 1) * stride + inner)
    let (y, x) = (memory.array(dice.floats(count)), memory.array(dice.floats((rows - 1) * xStride + inner)))
    let format = [weight_float32, weight_bfloat16, weight_float16][dice.number(0...2)]
    let weight: UnsafeRawPointer =
      format == weight_float32
      ? UnsafeRawPointer(memory.array(dice.floats(length)))
      : UnsafeRawPointer(memory.array(halves(length, &dice)))
    kernels.inner_products(y, yStride, x, xStride, rows, weight, stride, format, outputs, inner)
    return values(y, count)
  }

  fileprivate static let panelProduct = KernelTrial("panel_product") { kernels, memory, dice in
    let (rows, inner, columns) = (dice.number(1...40), dice.number(1...300), dice.number(1...50))
    let (yStride, panelStride) = (columns + dice.number(0...20), 16 * (inner + dice.number(0...3)))
    // As it lies, or transposed.
    let (stride, step) = dice.flag() ? (inner + dice.number(0...3), 1) : (1, rows + dice.number(0...3))
    let count = (rows - 1) * yStride + columns
    let y = memory.array(dice.floats(count))
    let x = memory.array(dice.floats((rows - 1) * stride + (inner - 1) * step + 1))
    let panels = memory.array(dice.floats((columns - 1) / 16 * panelStride + 16 * inner))
    kernels.panel_product(
      y, yStride, x, stride, step, rows, panels, panelStride, inner, columns, Int32(dice.number(0...1)))
    return values(y, count)
  }

  fileprivate static let panelOfRows = KernelTrial("panel_of_rows") { kernels, memory, dice in
    let (columns, inner) = (dice.flag() ? 16 : dice.number(1...16), dice.number(1...100))
    let stride = inner + dice.number(0...5)
    let panel = memory.array(dice.floats(16 * inner))
    kernels.panel_of_rows(
      panel, memory.array(dice.floats((columns - 1) * stride + inner)), stride, columns, inner)
    return values(panel, 16 * inner)
  }

  fileprivate static let panelOfColumns = KernelTrial("panel_of_columns") { kernels, memory, dice in
    let (columns, inner) = (dice.flag() ? 16 : dice.number(1...16), dice.number(1...100))
    let stride = columns + dice.number(0...50)
    let panel = memory.array(dice.floats(16 * inner))
    kernels.panel_of_columns(
      panel, memory.array(dice.floats((inner - 1) * stride + columns)), stride, columns, inner)
    return values(panel, 16 * inner)
  }

  /// From floats to products of whole numbers, of rows that are some groups longer than what is multiplied.
  fileprivate static let integers = KernelTrial("integer products") { kernels, memory, dice in
    let (rows, columns, inner) = (dice.number(1...40), dice.number(1...50), dice.number(1...300))
    let (group, size) = (Int(integer_group), kernels.integer_size)
    let groups = (inner + group - 1) / group
    let rowGroups = groups + dice.number(0...2)
    let xStride = inner + dice.number(0...5)
    let x = memory.array(dice.floats((rows - 1) * xStride + inner))
    let numbers = memory.array([UInt8](repeating: 7, count: rows * rowGroups * group * size))
    let scales = memory.array(
      [integer_scale](repeating: integer_scale(scale: 7, start: 7), count: rows * rowGroups))
    kernels.quantize_rows(numbers, scales, rowGroups, x, xStride, rows, inner)
    let rowScales = (0..<rows).flatMap { row in (0..<groups).map { scales[row * rowGroups + $0].scale } }
    let wStride = inner + dice.number(0...9)
    let bytes = memory.array(
      (0..<(columns - 1) * wStride + inner).map { _ in Int8(truncatingIfNeeded: dice.bits()) })
    let (panels, panelBytes) = ((columns + 15) / 16, 16 * groups * group * size)
    let panel = memory.array([UInt8](repeating: 7, count: panels * panelBytes))
    for first in stride(from: 0, to: columns, by: 16) {
      kernels.integer_panel(
        panel + first / 16 * panelBytes, bytes + first * wStride, wStride, min(16, columns - first), inner)
    }
    // With scales of one the sums are whole numbers that floats hold: the same with every instruction set.
    let isExact = dice.flag()
    if isExact { for index in 0..<rows * rowGroups { scales[index].scale = 1 } }
    let isGrouped = dice.flag()
    let count = isGrouped ? panels * 16 * groups : columns
    let columnScales = memory.array(isExact ? [Float](repeating: 1, count: count) : dice.floats(count))
    let yStride = columns + dice.number(0...60)
    let y = memory.array([Float](repeating: 3, count: (rows - 1) * yStride + columns))
    kernels.integer_product(
      y, yStride, numbers, scales, rowGroups, rows, panel, columnScales, isGrouped ? 1 : 0, groups, columns,
      Int32(dice.number(0...1)))
    let sums = values(y, (rows - 1) * yStride + columns)
    // The last digits alone: one that is off by one is far off.
    return rowScales + (isExact ? sums.map { $0.truncatingRemainder(dividingBy: 1024) } : sums)
  }
}
