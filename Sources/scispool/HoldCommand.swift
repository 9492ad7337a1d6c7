import ArgumentParser

struct HoldCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hold",
    abstract: "Has jobs wait until they are released.",
    discussion: """
      EXAMPLE
        scispool hold night --reason "the projector is in use" --spool /var/spool/scispool

      A running job is put back at its next step and keeps what it has done. Restarts of the daemon keep to it.
      \(ControlOptions.note)
      """)

  @OptionGroup var control: ControlOptions
  @Option(help: ArgumentHelp("Why; status shows it.", valueName: "text")) var reason: String?

  func run() throws { try control.ask(.hold, reason: reason) }
}
