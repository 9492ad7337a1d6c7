import ArgumentParser

struct Cancel: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Cancels jobs, waiting or running.",
    discussion: """
      EXAMPLE
        scispool cancel night --reason "wrong seed" --spool /var/spool/scispool

      The job ends in failed/NAME with the code cancelled; a running one stops at its next step.
      \(ControlOptions.note)
      """)

  @OptionGroup var control: ControlOptions
  @Option(help: ArgumentHelp("Why; it is written into error.json.", valueName: "text")) var reason: String?

  func run() throws { try control.ask(.cancel, reason: reason) }
}
