import Foundation
import Glibc
import Jobs
import Ledger
import Spooling

/// Looks at a spool and at what the machine offers it; changes nothing.
package struct SpoolExamination {
  private let folders: SpoolFolders

  package init(_ folders: SpoolFolders) { self.folders = folders }

  package func findings(at now: Date) -> [Finding] {
    folderFindings() + [fileSystem(), notifications(), space()] + [ledger(at: now), clock(at: now)]
  }

  private func folderFindings() -> [Finding] {
    let paths = [
      folders.root, folders.inbox, folders.active, folders.outbox, folders.failed, folders.control,
      folders.answers, folders.models,
    ]
    var findings: [Finding] = []
    var devices: Set<UInt64> = []
    for path in paths {
      var status = stat()
      if stat(path.path, &status) != 0 {
        let error = errno
        findings.append(
          Finding(
            .bad(.missingInput), "folder", "\(path.path): \(String(cString: strerror(error)))",
            advice: error == EACCES
              ? "Run doctor as the daemon's user, or join the group of the spool's folder."
              : "The daemon makes it at its next start."))
      } else if access(path.path, R_OK | W_OK | X_OK) != 0 {
        findings.append(
          Finding(
            .bad(.cannotWrite), "folder", "\(path.path) cannot be written by user \(NSUserName())",
            advice: "Run doctor as the daemon's user, or give the folder to it."))
      } else if path != folders.models {
        devices.insert(UInt64(status.st_dev))
      }
    }
    if devices.count > 1 {
      findings.append(
        Finding(
          .bad(.cannotWrite), "folder", "the spool's folders lie on \(devices.count) file systems",
          advice: "Jobs move by rename, which cannot cross file systems: put the whole spool on one."))
    }
    if findings.isEmpty {
      findings.append(Finding(.fine, "folders", "all there, writable, on one file system"))
    }
    return findings
  }

  private func fileSystem() -> Finding {
    guard let kind = FileSystemKind(of: folders.root) else {
      return Finding(.note, "file system", "cannot be told: \(String(cString: strerror(errno)))")
    }
    if kind.changesUnheard {
      return Finding(
        .note, "file system", "\(kind.name): inotify is not told of all that is dropped",
        advice: "The daemon looks into the inbox every 2 s.")
    }
    if kind.name == "tmpfs" {
      return Finding(
        .note, "file system", "tmpfs: jobs and results are lost with the power",
        advice: "Put the spool on a disk.")
    }
    return Finding(.fine, "file system", kind.name)
  }

  private func notifications() -> Finding {
    if let obstacle = SpoolWatch.obstacle(to: folders.inbox) {
      return Finding(
        .note, "inotify", "cannot watch the inbox: \(obstacle)",
        advice:
          "Raise fs.inotify.max_user_instances and max_user_watches; until then it is scanned every 30 s.")
    }
    return Finding(.fine, "inotify", "the inbox can be watched")
  }

  private func space() -> Finding {
    var status = statvfs()
    guard statvfs(folders.root.path, &status) == 0 else {
      return Finding(.bad(.missingInput), "disk", String(cString: strerror(errno)))
    }
    let megabytes = Int(status.f_bavail) * Int(status.f_frsize) / 1_000_000
    // Some file systems count no files and say 0 of 0.
    if megabytes < 64 || (status.f_files > 0 && status.f_favail == 0) {
      return Finding(
        .bad(.diskFull), "disk", "\(megabytes) MB and \(status.f_favail) files are free",
        advice: "Make room: fetch or remove results in outbox/ and failed/.")
    }
    let grade = megabytes < 2000 ? Finding.Grade.note : .fine
    return Finding(grade, "disk", "\(megabytes) MB free")
  }

  private func ledger(at now: Date) -> Finding {
    guard access(folders.ledger.path, F_OK) == 0 else {
      return Finding(
        .note, "ledger", "there is none yet", advice: "The daemon begins one at its first start.")
    }
    do throws(JobFailure) {
      let health = try Ledger.reading(path: folders.ledger.path).examine()
      return Finding(.fine, "ledger", "intact; SQLite \(health.version)")
    } catch {
      return Finding(
        .bad(error.code), "ledger", error.message,
        advice: "Restart the daemon: it moves a damaged ledger aside and fills a new one from the folders.")
    }
  }

  private func clock(at now: Date) -> Finding {
    let newest = (try? Ledger.reading(path: folders.ledger.path).examine())?.newest
    let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    let latest = newest.flatMap { try? Date($0, strategy: style) }
    let text = now.formatted(.iso8601)
    if let latest, latest > now.addingTimeInterval(60) {
      return Finding(
        .bad(.badInput), "clock",
        "it is \(text), but the ledger has entries of \(latest.formatted(.iso8601))",
        advice: "Set the clock: not_before, deadline and ageing go by it.")
    }
    return Finding(.fine, "clock", text)
  }
}
