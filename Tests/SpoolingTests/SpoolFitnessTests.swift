import Foundation
import Glibc
import Spooling
import Testing

struct SpoolFitnessTests {
  @Test(arguments: ["inbox", "control"])
  func `says which folder is gone, replaced by something else, and well again`(name: String) throws {
    let spool = try TemporaryFolders()
    defer { spool.remove() }
    let (folder, aside) = (spool.folders.root.path + "/" + name, spool.folders.root.path + "/aside")
    let fitness = try SpoolFitness(spool.folders)
    #expect(fitness.verdict() == .fit)
    #expect(rename(folder, aside) == 0)
    #expect(fitness.verdict() == .degraded("\(name)/ cannot be looked at: No such file or directory"))
    #expect(symlink(aside, folder) == 0)
    #expect(fitness.verdict() == .degraded("\(name)/ is no folder"))
    #expect(unlink(folder) == 0 && mkdir(folder, 0o755) == 0)
    #expect(fitness.verdict() == .fit)
  }

  @Test func `another folder in the spool's place is not the spool`() throws {
    let spool = try TemporaryFolders()
    defer { spool.remove() }
    let (root, aside) = (spool.folders.root.path, spool.folders.root.path + ".aside")
    let fitness = try SpoolFitness(spool.folders)
    #expect(rename(root, aside) == 0)
    #expect(fitness.verdict().isAway)
    try spool.folders.prepare()
    #expect(fitness.verdict() == .away("another folder lies at \(root) now"))
    try FileManager.default.removeItem(atPath: root)
    #expect(rename(aside, root) == 0)
    #expect(fitness.verdict() == .fit)
  }

  @Test func `knows on which file systems things change unheard`() throws {
    let heard = [0xEF53: "ext4", 0x0102_1994: "tmpfs", 0x1234: "0x1234"]
    for (magic, name) in heard {
      let kind = FileSystemKind(magic: magic)
      #expect(kind.name == name && !kind.changesUnheard)
    }
    // statfs gives the numbers of CIFS and SMB2 with or without sign, as the machine's word is.
    for (magic, name) in [0x6969: "nfs", -0xAC_B2BE: "cifs", 0xFE53_4D42: "smb2", 0x794C_7630: "overlay"] {
      let kind = FileSystemKind(magic: magic)
      #expect(kind.name == name && kind.changesUnheard, "\(kind)")
    }
    #expect(FileSystemKind(of: URL(filePath: "/dev/shm"))?.name == "tmpfs")
    #expect(FileSystemKind(of: URL(filePath: "/nowhere")) == nil)
  }

  @Test func `a degradation is there until it is removed`() throws {
    let spool = try TemporaryFolders()
    defer { spool.remove() }
    #expect(Degradation(in: spool.folders) == nil)
    let degradation = Degradation(reason: "inbox/ is gone", since: Date(timeIntervalSince1970: 1000))
    try degradation.write(in: spool.folders)
    #expect(Degradation(in: spool.folders) == degradation)
    Degradation.remove(in: spool.folders)
    #expect(Degradation(in: spool.folders) == nil)
  }
}
