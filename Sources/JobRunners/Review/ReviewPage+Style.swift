extension ReviewPage {
  /// Beside the style of all pages, whose colours are those of right and wrong here, too.
  static let style = """
    progress { width: 100%; accent-color: var(--accent); }
    #note { color: var(--c1); }
    #pair { margin: .8rem 0; padding: .8rem 1rem; background: var(--card); border: 1px solid var(--line);
      border-left: 6px solid var(--line); border-radius: 6px; }
    #pair[data-decision=accept] { border-left-color: var(--c2); }
    #pair[data-decision=reject] { border-left-color: var(--c1); }
    #pair[data-decision=swap] { border-left-color: var(--c0); }
    #implicit { font-size: 1.25rem; }
    .pictures { display: grid; gap: .8rem; grid-template-columns: 1fr 1fr; max-width: 46rem; }
    .pictures img { aspect-ratio: 1; object-fit: contain; background: var(--paper); }
    .right figcaption b { color: var(--c2); } .wrong figcaption b { color: var(--c1); }
    #pair[data-decision=reject] .pictures img { opacity: .45; }
    #science { margin: .7rem 0 .2rem; }
    .buttons { display: flex; flex-wrap: wrap; gap: .5rem; margin: .8rem 0 .2rem; }
    .buttons button, #download { padding: .45rem .8rem; }
    button[aria-pressed=true] { color: var(--card); background: var(--ink); }
    kbd { font: .85em ui-monospace, Menlo, Consolas, monospace; opacity: .7; }
    #strip { display: flex; flex-wrap: wrap; gap: .3rem; }
    #strip button { width: 3.2rem; padding: 0; border: 3px solid var(--line); overflow: hidden; }
    #strip button[data-decision=accept] { border-color: var(--c2); }
    #strip button[data-decision=reject] { border-color: var(--c1); }
    #strip button[data-decision=swap] { border-color: var(--c0); }
    #strip button[aria-current=true] { outline: 3px solid var(--ink); }
    @media print { .buttons, footer { display: none !important; } }
    """
}
