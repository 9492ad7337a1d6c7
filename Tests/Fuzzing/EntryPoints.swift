import CFuzzer
import Foundation

/// The target that this process runs; named by the environment, since libFuzzer owns the arguments.
private let target: any FuzzTarget.Type = {
  let name = ProcessInfo.processInfo.environment["SCISPOOL_FUZZ_TARGET"] ?? ""
  guard let target = fuzzTargets[name] else {
    fatalError("SCISPOOL_FUZZ_TARGET is \"\(name)\"; there are \(fuzzTargets.keys.sorted())")
  }
  return target
}()

@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  target.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
  return 0
}

@_cdecl("LLVMFuzzerCustomMutator")
func mutate(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ limit: Int, _ seed: UInt32) -> Int {
  var random = Random(seed: seed)
  // Plain bytes often enough that no place is out of reach.
  guard random.below(4) > 0 else { return LLVMFuzzerMutate(bytes, count, limit) }
  let input = Array(UnsafeBufferPointer(start: bytes, count: count))
  let mutated = target.mutate(input, with: &random)
  guard mutated.count <= limit, mutated != input else { return LLVMFuzzerMutate(bytes, count, limit) }
  for (place, byte) in mutated.enumerated() { bytes[place] = byte }
  return mutated.count
}
