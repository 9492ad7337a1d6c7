/// How a task is painted, worded and read: one conforming type a task, in `Tasks/`.
protocol SceneTask: Sendable {
  var task: Task { get }
  /// Names of the subjects, unique within the task; at least six.
  var subjects: [String] { get }
  /// The places in which this task's scenes make sense.
  var places: [Place] { get }
  /// The noun phrase a detector is asked for.
  func object(subject: Int) -> String
  /// The wordings for a subject, without a place.
  func wording(subject: Int) -> Wording
  /// Paints the subject with the outcome over a finished background, and says where it is.
  ///
  /// Both outcomes are painted with generators in the same state: what they draw from `random` alike is alike in
  /// the two pictures.
  func draw(subject: Int, outcome: Outcome, on canvas: Canvas, random: inout SceneRandom) -> EntityBox
  /// Reads the outcome from the pixels alone. Must not lean to either side: what it does not see is `.neither`.
  func verdict(on picture: ColourReading, subject: Int) -> Verdict
}

extension SceneTask {
  var places: [Place] { Place.indoors }
  func object(subject: Int) -> String { subjects[subject] }
}
