import ArgumentParser

struct Release: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lets held jobs take their turn.",
    discussion: """
      EXAMPLE
        scispool release night --spool /var/spool/scispool

      \(ControlOptions.note)
      """)

  @OptionGroup var control: ControlOptions

  func run() throws { try control.ask(.release) }
}
