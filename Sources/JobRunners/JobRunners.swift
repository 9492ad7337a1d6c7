// JobRunners
