import Checkpoints
import FLUX
import Foundation
import Jobs
import Pages

/// Fetches what a job draws with: a FLUX model, bare or with an adapter merged into it, from the shelf when it is there.
struct DrawingModels {
  let shelf: ModelShelf
  let resolver: PathResolver
  let context: JobContext
  let clock: StageClock

  /// A model with where its parts lie.
  struct Loan {
    let drawing: DrawingModel
    let folder: String
    let adapterFile: String?
    /// Equal for states of the files that draw the same.
    let identity: String
  }

  /// - Parameters:
  ///   - adapter: At its scale.
  ///   - field: The job's field that names the model; `adapterField`: the one that names the adapter.
  /// - Throws: ``JobFailure`` naming the field at fault.
  func model(
    _ name: String, adapter: AdapterRequest? = nil, field: String, adapterField: String
  ) throws(JobFailure) -> Loan {
    let folder = try resolver.resolveModel(name, field: field)
    let file = try adapter.map { adapter throws(JobFailure) in
      try resolver.resolveAdapter(adapter.source, model: name, field: adapterField)
    }
    let applied = try file.map { file throws(JobFailure) in
      try JobFailure.of(adapterField) {
        AppliedAdapter(try LowRankAdapter(path: file), strength: Float(adapter?.scale ?? 1))
      }
    }
    // A model with an adapter is another model: the file's state tells versions of it apart.
    let variant = file.map { "\($0) \(FolderIdentity(of: $0).description) \(adapter?.scale ?? 1)" } ?? ""
    let loan = try JobFailure.of(applied == nil ? field : adapterField) {
      try shelf.model(DrawingModel.self, at: folder, variant: variant) {
        try DrawingModel(folder: $0, adapter: applied)
      }
    }
    clock.used(loan)
    context.log(
      LogLine(
        .info,
        loan.wasResident
          ? "\(folder) is resident" : "loaded \(folder) in \(loan.loadSeconds.rounded(to: 3)) s"))
    return Loan(
      drawing: loan.model, folder: folder, adapterFile: file,
      identity: "\(FolderIdentity(of: folder).description)\n\(variant)")
  }
}
