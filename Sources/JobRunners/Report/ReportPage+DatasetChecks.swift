import Jobs
import Pages

// What the pages of jobs that check data show.
extension ReportPage {
  func checked(_ folder: FolderDatasetResult) -> String {
    ([overview(of: folder), findings(of: folder)]
      + [
        duplicates(
          "Pictures of equal bytes", "Copies, by SHA-256.", folder.exactDuplicates, folder),
        duplicates(
          "Pictures that look alike",
          "Perceptual hashes (dHash) that differ in at most \(folder.nearDuplicateBits) of 64 bits, and colours that are alike in each sixteenth. Look before you judge: "
            + "plain pictures of one kind look alike to the hash.", folder.nearDuplicates, folder),
      ] + folder.splits.map(distribution) + folder.splits.map { samples(of: $0, in: folder.folder) }).joined(
        separator: "\n")
  }

  private func overview(of folder: FolderDatasetResult) -> String {
    Self.part(
      "What was found",
      PageText.table(
        ["", "within a split", "across splits"],
        [
          [
            "pairs of pictures of equal bytes", "\(folder.exactDuplicates.within)",
            "\(folder.exactDuplicates.across)",
          ],
          [
            "pairs of pictures that look alike", "\(folder.nearDuplicates.within)",
            "\(folder.nearDuplicates.across)",
          ],
          ["implicit prompts that are the same", "", "\(folder.sharedPrompts)"],
        ]),
      PageText.table(
        ["", ""],
        [
          ["faulty rows", "\(folder.faultyRows)"], ["pictures that cannot be read", "\(folder.badPictures)"],
        ]))
  }

  private func findings(of folder: FolderDatasetResult) -> String {
    guard !folder.findings.isEmpty else { return "" }
    let rest =
      folder.findings.count == FolderDatasetResult.findingLimit
      ? "<p class=\"note\">The first of them.</p>" : ""
    return Self.part(
      "Faults", rest,
      PageText.table(
        ["split", "row", "field", "what"],
        folder.findings.map { [$0.split, "\($0.row)", $0.field ?? "", $0.message] }))
  }

  private func duplicates(
    _ title: String, _ note: String, _ found: FolderDatasetResult.Duplicates, _ folder: FolderDatasetResult
  ) -> String {
    guard !found.examples.isEmpty else { return "" }
    let files = found.examples.flatMap { [$0.first, $0.second] }.map { "\(folder.folder)/\($0)" }
    let sources = pictures.sources(of: files, inOutput: false)
    let figures = found.examples.enumerated().map { index, pair in
      let images = [2 * index, 2 * index + 1].map {
        Self.picture(sources[$0], alternative: files[$0], size: "class=\"small\"")
      }
      let bits = pair.bits > 0 ? "\(PageText.count(pair.bits, "bit")) apart<br>" : ""
      return """
        <figure><div class="pair">\(images.joined())</div>
        <figcaption>\(bits)\(pair.first.escapedForHTML)<br>\(pair.second.escapedForHTML)</figcaption></figure>
        """
    }
    let shown = found.within + found.across > figures.count ? " The first \(figures.count) pairs." : ""
    return Self.part(
      "\(title): \(PageText.count(found.within + found.across, "pair"))",
      "<p class=\"note\">\((note + shown).escapedForHTML)</p>",
      "<div class=\"row\">\(figures.joined(separator: "\n"))</div>")
  }

  private func distribution(of split: FolderDatasetResult.Split) -> String {
    let name = split.name == "." ? "The folder" : split.name
    return Self.part(
      "\(name): \(PageText.count(split.rows, "row")), \(PageText.count(split.pictures, "picture"))",
      Self.bars(split.categories), Self.bars(split.laws), Self.bars(split.sizes),
      Self.wording(split.prompts))
  }

  private func samples(of split: FolderDatasetResult.Split, in folder: String) -> String {
    let place = split.name == "." ? folder : "\(folder)/\(split.name)"
    return TupleView.section(
      "Tuples of \(place)", "The first 24, as far as they can be read.", tuples(in: place, count: 24))
  }

  /// Number, length and language of prompts by what they are.
  private static func wording(_ prompts: [String: FolderDatasetResult.Prompts]) -> String {
    """
    <p class="note">Lengths in characters. A detector tells languages by their letters; of few words it is often not certain.</p>
    \(PageText.table(
      ["prompts", "number", "shortest", "median", "longest", "scripts", "languages"],
      prompts.sorted { $0.key < $1.key }.map { [$0.key] + cells($0.value) }))
    """
  }

  private static func cells(_ prompts: FolderDatasetResult.Prompts) -> [String] {
    func text(_ counts: [String: Int]) -> String {
      counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.key) \($0.value)" }
        .joined(separator: ", ")
    }
    return [
      "\(prompts.count)", "\(prompts.shortest)", "\(prompts.median)", "\(prompts.longest)",
      text(prompts.scripts), text(prompts.languages ?? [:]),
    ]
  }

  // MARK: Published prompts

  func imported(_ list: ImportResult) -> String {
    var parts = [
      Self.part(
        "The prompts",
        PageText.table(
          ["", ""],
          [
            ["format", list.format.rawValue], ["entries read", "\(list.entries)"],
            ["tuples", "\(list.tuples)"],
            ["entries at fault", "\(Set(list.faults.map(\.row)).count)"],
          ]), Self.bars(list.categories), Self.bars(list.laws), Self.wording(list.prompts))
    ]
    if !list.faults.isEmpty { parts.append(Self.faults(list.faults)) }
    return parts.joined(separator: "\n")
  }

  private static func faults(_ faults: [PromptListResult.Fault]) -> String {
    part(
      "Entries at fault, left out",
      PageText.table(["entry", "field", "what"], faults.map { ["\($0.row)", $0.field ?? "", $0.message] }))
  }

  // MARK: Prompt lists

  func kept(_ list: PromptListResult) -> String {
    var parts = [
      Self.part(
        "The list",
        PageText.table(
          ["", ""],
          [
            ["entries read", "\(list.rows)"], ["kept", "\(list.kept)"],
            ["different objects", "\(list.objects)"],
            ["entries at fault", "\(Set(list.faults.map(\.row)).count)"],
            ["duplicates", "\(list.duplicates.count)"],
          ]
            + list.otherColumns.sorted { $0.key < $1.key }.map {
              ["not kept: column \($0.key)", "\($0.value)"]
            }),
        Self.wording(["prompt": list.prompts]))
    ]
    if !list.faults.isEmpty { parts.append(Self.faults(list.faults)) }
    if !list.duplicates.isEmpty {
      parts.append(
        Self.part(
          "Prompts that were there before",
          PageText.table(
            ["entry", "same as", "prompt"], list.duplicates.map { ["\($0.row)", "\($0.of)", $0.prompt] })))
    }
    return parts.joined(separator: "\n")
  }
}
