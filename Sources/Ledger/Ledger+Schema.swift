import GRDB

extension Ledger {
  /// Numbered and forward only: a released migration never changes.
  package static var migrations: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1: jobs, attempts, events, images and their views") {
      try $0.execute(sql: first)
    }
    migrator.registerMigration("2: why jobs wait") { try $0.execute(sql: second) }
    migrator.registerMigration("3: where attempts began") { try $0.execute(sql: third) }
    migrator.registerMigration("4: which jobs were cleaned away") { try $0.execute(sql: fourth) }
    migrator.registerMigration("5: jobs by their end") {
      try $0.execute(sql: "CREATE INDEX jobs_by_end ON jobs (state, finished_at)")
    }
    migrator.registerMigration("6: whose jobs are, and waits for memory") { try $0.execute(sql: sixth) }
    migrator.registerMigration("7: matrices and their jobs") { try $0.execute(sql: seventh) }
    return migrator
  }

  private static let first = """
    CREATE TABLE jobs (
      id          TEXT PRIMARY KEY,
      name        TEXT NOT NULL,              -- of the folder in outbox or failed
      file_name   TEXT NOT NULL,              -- as dropped
      kind        TEXT,                       -- NULL when the file could not be read as a job
      state       TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed')),
      priority    INTEGER NOT NULL DEFAULT 0,
      not_before  TEXT,
      deadline    TEXT,
      unique_key  TEXT,
      claimed_at  TEXT NOT NULL,
      finished_at TEXT,
      code        TEXT,                       -- of the failure, as in error.json
      message     TEXT,
      CHECK ((state IN ('done', 'failed')) = (finished_at IS NOT NULL)),
      CHECK ((state = 'failed') = (code IS NOT NULL))
    ) STRICT;
    CREATE INDEX jobs_by_name ON jobs (name);
    CREATE INDEX jobs_by_state ON jobs (state, priority DESC, claimed_at);

    CREATE TABLE attempts (
      job_id     TEXT NOT NULL REFERENCES jobs (id),
      number     INTEGER NOT NULL CHECK (number >= 1),
      worker_pid INTEGER,
      started_at TEXT NOT NULL,
      ended_at   TEXT,                        -- NULL while it runs
      outcome    TEXT CHECK (outcome IN ('done', 'failed', 'crashed', 'requeued')),
      code       TEXT,
      message    TEXT,
      PRIMARY KEY (job_id, number),
      CHECK ((ended_at IS NULL) = (outcome IS NULL))
    ) STRICT;
    CREATE UNIQUE INDEX one_open_attempt ON attempts (job_id) WHERE ended_at IS NULL;

    CREATE TABLE events (
      id     INTEGER PRIMARY KEY,
      job_id TEXT NOT NULL REFERENCES jobs (id),
      at     TEXT NOT NULL,
      what   TEXT NOT NULL,                   -- claimed, started, crashed, requeued, published, failed
      detail TEXT
    ) STRICT;
    CREATE INDEX events_by_job ON events (job_id, id);

    CREATE TABLE images (
      job_id  TEXT NOT NULL REFERENCES jobs (id),
      file    TEXT NOT NULL,                  -- relative to outbox/<name>/, or as the score job named it
      prompt  TEXT NOT NULL,
      seed    INTEGER,
      height  INTEGER,
      width   INTEGER,
      score   REAL,
      sha256  TEXT,
      seconds REAL
    ) STRICT;
    CREATE INDEX images_by_job ON images (job_id);
    CREATE INDEX images_by_prompt ON images (prompt, score);

    -- What happened lately: one row a job, newest first.
    CREATE VIEW recent_jobs AS
      SELECT j.name, j.kind, j.state, j.code, j.claimed_at, j.finished_at,
        (SELECT COUNT(*) FROM attempts a WHERE a.job_id = j.id) AS attempts,
        (SELECT COUNT(*) FROM images i WHERE i.job_id = j.id) AS images,
        round((julianday(j.finished_at) - julianday(j.claimed_at)) * 86400, 3) AS seconds
      FROM jobs j ORDER BY j.claimed_at DESC, j.id DESC;

    -- How well prompts are drawn: one row a prompt over all finished jobs, worst first.
    CREATE VIEW prompt_scores AS
      SELECT i.prompt, COUNT(*) AS images, round(AVG(i.score), 3) AS mean_score, round(MIN(i.score), 3) AS worst,
        round(MAX(i.score), 3) AS best
      FROM images i WHERE i.score IS NOT NULL GROUP BY i.prompt ORDER BY mean_score;

    -- Why jobs fail: one row a kind of failure, most frequent first.
    CREATE VIEW failures AS
      SELECT code, COUNT(*) AS jobs, MAX(finished_at) AS last_at, MAX(name) AS example
      FROM jobs WHERE state = 'failed' GROUP BY code ORDER BY jobs DESC;
    """

  private static let second = """
    ALTER TABLE jobs ADD COLUMN waits_for TEXT
      CHECK (waits_for IS NULL OR (waits_for IN ('held', 'pause', 'not_before', 'after') AND state = 'queued'));
    ALTER TABLE jobs ADD COLUMN waits_detail TEXT CHECK ((waits_detail IS NULL) = (waits_for IS NULL));
    """

  private static let third = """
    ALTER TABLE attempts ADD COLUMN boot_id TEXT;       -- of the machine's run in which it was begun
    ALTER TABLE attempts ADD COLUMN first_step INTEGER; -- that a crashed attempt told of, over the whole job
    """

  // A CHECK cannot be changed; nothing is lost, for a start forgets what jobs wait for.
  private static let sixth = """
    ALTER TABLE jobs ADD COLUMN owner TEXT;             -- login name, or number, of whoever dropped it
    ALTER TABLE jobs ADD COLUMN owner_uid INTEGER CHECK ((owner_uid IS NULL) = (owner IS NULL));
    ALTER TABLE jobs DROP COLUMN waits_detail;
    ALTER TABLE jobs DROP COLUMN waits_for;
    ALTER TABLE jobs ADD COLUMN waits_for TEXT CHECK (
      waits_for IS NULL
      OR (waits_for IN ('held', 'pause', 'not_before', 'after', 'memory') AND state = 'queued'));
    ALTER TABLE jobs ADD COLUMN waits_detail TEXT CHECK ((waits_detail IS NULL) = (waits_for IS NULL));
    """

  // As before.
  private static let seventh = """
    ALTER TABLE jobs ADD COLUMN parent_id TEXT;         -- the matrix that made the job
    CREATE INDEX jobs_by_parent ON jobs (parent_id) WHERE parent_id IS NOT NULL;
    ALTER TABLE jobs DROP COLUMN waits_detail;
    ALTER TABLE jobs DROP COLUMN waits_for;
    ALTER TABLE jobs ADD COLUMN waits_for TEXT CHECK (
      waits_for IS NULL
      OR (waits_for IN ('held', 'pause', 'not_before', 'after', 'memory', 'children') AND state = 'queued'));
    ALTER TABLE jobs ADD COLUMN waits_detail TEXT CHECK ((waits_detail IS NULL) = (waits_for IS NULL));
    """

  private static let fourth = """
    ALTER TABLE jobs ADD COLUMN cleaned_at TEXT CHECK (cleaned_at IS NULL OR state IN ('done', 'failed'));
    """
}
