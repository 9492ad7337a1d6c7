/// The tensors that a model takes, by name and shape, in the order in which it takes them.
///
/// Belongs to one thread, as a ``WeightReader`` does.
package final class WeightList {
  package private(set) var tensors: [(name: String, shape: [Int])] = []
  private var names: Set<String> = []

  package init() {}

  func add(_ name: String, _ shape: [Int]) {
    if names.insert(name).inserted { tensors.append((name, shape)) }
  }

  /// How many numbers all of them have.
  package var parameters: Int { tensors.reduce(0) { $0 + $1.shape.reduce(1, *) } }
}
