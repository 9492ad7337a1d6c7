import Jobs

/// Whether there is memory for a job, looked at before anything is loaded.
package struct MemoryAdmission: Sendable {
  /// Bytes that a job may take at most; nil for nine tenths of what the machine, or the control group, has.
  package var limit: Int?
  /// What there is; nil where that is not known, and every job is admitted.
  package var machine: @Sendable () -> MachineMemory?

  package init(limit: Int? = nil, machine: @escaping @Sendable () -> MachineMemory? = MachineMemory.now) {
    (self.limit, self.machine) = (limit, machine)
  }

  /// What a job may take at most.
  package func limit(of machine: MachineMemory) -> Int { limit ?? machine.total / 10 * 9 }

  /// Makes room for a job: models that it does not use leave the shelf, those not used for longest first, until it fits.
  ///
  /// - Throws: ``JobFailure`` `out_of_memory` with the numbers: for good when the job can never fit, with the disposition
  ///   `wait` when it would if others had less.
  func admit(_ plan: MemoryPlan, _ shelf: ModelShelf) throws(JobFailure) {
    guard let machine = machine() else { return }
    let limit = limit(of: machine)
    let parts = """
      about \(plan.peak.asBytes) (weights \(plan.weightBytes.asBytes), activations \(plan.activations.asBytes), \
      scratch and program \((plan.scratch + MemoryPlan.program).asBytes))
      """
    guard plan.peak <= limit else {
      throw JobFailure(
        .outOfMemory, "the job needs \(parts), the limit is \(limit.asBytes)",
        hint:
          "Ask for smaller pictures or batches, or raise memory_limit if the machine has more. `scispool validate --plan` shows the parts.",
        disposition: .reject)
    }
    let room = min(limit, machine.available)
    let used = Set(plan.weights.map(\.folder))
    shelf.makeRoom(for: plan.peak, in: room, keeping: used)
    guard plan.peak <= machine.available else {
      throw JobFailure(
        .outOfMemory, "the job needs \(parts), \(machine.available.asBytes) are available now",
        hint: "It starts when other programs have let go of memory.", disposition: .wait)
    }
  }
}
