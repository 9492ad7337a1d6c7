import GRDB
import Jobs

extension Ledger {
  /// Fills in how the jobs of a matrix have ended, and under which names; those that have not stay as they are.
  package func note(endsOf children: [MatrixChild]) throws(JobFailure) -> [MatrixChild] {
    try write { db in
      try children.map { child in
        guard
          let row = try Row.fetchOne(
            db,
            sql: """
              SELECT name, state, code, message,
                (SELECT COUNT(*) FROM images WHERE job_id = jobs.id) AS images,
                (SELECT AVG(score) FROM images WHERE job_id = jobs.id) AS score
              FROM jobs WHERE id = ? AND state IN ('done', 'failed')
              """,
            arguments: [child.id])
        else { return child }
        var child = child
        child.name = row["name"]
        child.state = MatrixChild.End(rawValue: row["state"])
        (child.code, child.message) = (row["code"], row["message"])
        let images: Int = row["images"]
        child.images = images == 0 ? nil : images
        child.meanScore = row["score"]
        return child
      }
    }
  }

  /// The first picture of a job, as its result names it.
  package func firstImage(of id: String) throws(JobFailure) -> String? {
    try write { db in
      try String.fetchOne(
        db, sql: "SELECT file FROM images WHERE job_id = ? ORDER BY rowid LIMIT 1", arguments: [id])
    }
  }
}
