import Foundation
import Testing

/// The Debian package of the program under test.
@Suite(.timeLimit(.minutes(10)))
struct PackageTests {
  static let missing = ["dpkg-deb", "dpkg-shlibdeps", "patchelf", "strip", "fakeroot"].filter {
    Shell.find($0) == nil
  }

  @Test(
    .enabled(
      if: missing.isEmpty,
      "missing: \(missing.joined(separator: " ")); apt-get install dpkg-dev patchelf binutils fakeroot")
  )
  func `has all that the program needs, and lintian finds no error`() throws {
    let folder = try Shell.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    // Quickly rather than small.
    let fast = ["DPKG_DEB_COMPRESSOR_TYPE": "gzip", "DPKG_DEB_COMPRESSOR_LEVEL": "1"]
    let built = try Shell.run(
      "'\(Shell.repository.path)/Systemd/build-deb.sh' --out . --binary '\(Program.path)'", in: folder,
      environment: fast)
    #expect(built.status == 0, "\(built.errors)")
    #expect(try Shell.run("dpkg-deb -x *.deb root && dpkg-deb -e *.deb control", in: folder).status == 0)
    let depends = try Shell.run("sed -n 's/^Depends: //p' control/control", in: folder).output
    for library in [
      "libcairo2", "libsqlite3-0", "libcurl4", "libpng16-16", "libinotifytools0",
    ] {
      #expect(depends.contains(library), "\(depends)")
    }
    // The Swift runtime is found in the package and nowhere else. (ldd does not follow the link in bin; the loader does.)
    let linked = try Shell.run("ldd root/usr/lib/scispool/scispool", in: folder).output
    #expect(!linked.contains("not found"))
    let runtime = linked.split(separator: "\n").filter {
      $0.contains("libswift") || $0.contains("Foundation")
    }
    #expect(runtime.count > 5 && runtime.allSatisfy { $0.contains("/root/usr/lib/scispool/") }, "\(linked)")
    #expect(try Shell.run("env -i root/usr/bin/scispool --version", in: folder).status == 0)
    // What may be changed is named, and everything has a sum.
    let settings = try Shell.run("cat control/conffiles", in: folder).output
    #expect(
      settings.contains("/etc/default/scispool\n") && settings.contains("/etc/scispool/config.jsonc\n")
        && settings.contains("/etc/scispool/retrain/mini/1-sft.json\n"))
    #expect(try Shell.run("cd root && md5sum --quiet --check ../control/md5sums", in: folder).status == 0)
    if Shell.find("lintian") != nil {
      let verdict = try Shell.run("lintian --allow-root --no-tag-display-limit *.deb", in: folder)
      #expect(!verdict.output.contains("E: "), "\(verdict.output)")
    }
  }
}
