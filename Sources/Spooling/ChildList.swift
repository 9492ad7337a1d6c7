import Foundation
import Glibc
import Jobs

/// The jobs that a matrix has made: `children.json` in its claim, and in `failed/<name>/` when it ended there.
///
/// It is written when all of them are claims, and before any of them runs: a matrix that has one makes no more.
package struct ChildList: Sendable, Equatable, Codable {
  /// The claim that made them; another one's list is that of the try before.
  package var parent: String
  package var children: [MatrixChild]

  package init(parent: String, children: [MatrixChild]) {
    (self.parent, self.children) = (parent, children)
  }

  static let fileName = "children.json"

  /// The list of a claim; nil for a job that is no matrix, and for one that is still making its children.
  ///
  /// - Throws: ``JobFailure`` `cannot_write` when the disk does not say: taken for missing, all would be made again.
  package init?(of claim: Claim, in folders: SpoolFolders) throws(JobFailure) {
    let file = Claim.Place(claim.id, in: folders).children
    guard let list = try PlainFile.value(ChildList.self, at: file) else { return nil }
    self = list
  }

  package func write(to claim: Claim, in folders: SpoolFolders, files: FileSystem = .system)
    throws(JobFailure)
  {
    try files.write(JobJSON.file(self), to: Claim.Place(claim.id, in: folders).children)
  }
}

extension Claim {
  /// Makes one job of a matrix a claim of its own; one that an interrupted try has made is taken as it is.
  ///
  /// The record is written first and the job file last: with it the claim is whole.
  ///
  /// - Parameter name: Gives a name that is free, when one is needed.
  package func makeChild(
    _ child: JobMatrix.Child, in folders: SpoolFolders, files: FileSystem = .system, name: () -> String
  ) throws(JobFailure) -> Claim {
    let id = childID(child.number)
    let place = Place(id, in: folders)
    var status = stat()
    if lstat(place.job.path, &status) == 0, let made = try PlainFile.value(Claim.self, at: place.record) {
      return made
    }
    let data = Data(child.text.utf8)
    let name = name()
    let claim = Claim(
      id: id, name: name, fileName: "\(name).json", isFolder: false, claimedAt: claimedAt, owner: owner,
      bytes: data.count, parent: asParent(of: child.number))
    try files.makeFolder(place.folder)
    try files.makeFolder(place.drop, syncing: .none)
    try files.write(JobJSON.file(claim), to: place.record)
    try files.write(data, to: place.job)
    return claim
  }

  /// The id of a job of this matrix.
  package func childID(_ number: Int) -> String { "\(id)-\(number)" }

  /// The matrix as a job of its own remembers it.
  package func asParent(of number: Int) -> Parent {
    Parent(id: id, name: name, number: number, isFolder: isFolder)
  }

  /// Where the files lie that the job names with relative paths: with a child, those of its matrix.
  package func inputs(in folders: SpoolFolders) -> URL { Place(parent?.id ?? id, in: folders).drop }
}
