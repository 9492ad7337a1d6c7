import Testing

@testable import Tensors

@Suite("Shapes")
struct ShapesTests {
  let tensor = Tensor((0..<24).map(Float.init), shape: [2, 3, 4])

  @Test("slices and concatenation undo each other along every axis", arguments: [0, 1, 2])
  func slices(axis: Int) {
    let parts = [tensor.slice(0..<1, axis: axis), tensor.slice(1..<tensor.shape[axis], axis: axis)]
    #expect(Tensor.concatenated(parts, axis: axis) == tensor)
  }

  @Test("permuting there and back is nothing")
  func permutation() {
    let turned = tensor.permuted(2, 0, 1)
    #expect(turned.shape == [4, 2, 3])
    #expect(turned.values[1] == 4 && turned.values[6] == 1)
    #expect(turned.permuted(1, 2, 0) == tensor)
  }

  @Test("one length may be left open")
  func reshaping() {
    #expect(tensor.reshaped(4, -1).shape == [4, 6])
    #expect(tensor[1].shape == [3, 4] && tensor[1].values.first == 12)
    #expect(tensor.chunks(2)[1].values.prefix(2) == [2, 3])
  }
}
