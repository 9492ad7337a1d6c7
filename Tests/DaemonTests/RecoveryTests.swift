import Testing

/// What ends processes and tells them of it through the environment: one at a time.
@Suite(.serialized, .timeLimit(.minutes(5)))
enum RecoveryTests {}
