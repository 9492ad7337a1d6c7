import ArgumentParser

struct Retry: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs failed jobs again, as they were dropped.",
    discussion: """
      EXAMPLE
        scispool retry night --spool /var/spool/scispool

      failed/NAME becomes a waiting job of the same name, byte for byte, with its log. A job that pauses after a
      failed attempt is run at its next turn.
      \(ControlOptions.note)
      """)

  @OptionGroup var control: ControlOptions

  func run() throws { try control.ask(.retry) }
}
