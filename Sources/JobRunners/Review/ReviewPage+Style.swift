extension ReviewPage {
  static let style = """
    :root { --ink: #1d1f24; --soft: #62666f; --paper: #fbfaf8; --line: #dedbd5; --card: #fff;
      --accept: #2f7d4f; --reject: #b0413e; --swap: #2f6fb3; }
    @media (prefers-color-scheme: dark) {
      :root { --ink: #e8e6e1; --soft: #9a9ca3; --paper: #17181b; --line: #33353a; --card: #1f2125;
        --accept: #63b584; --reject: #e07a76; --swap: #79aee6; }
    }
    * { box-sizing: border-box; }
    body { margin: 0 auto; max-width: 60rem; padding: 1rem; background: var(--paper); color: var(--ink);
      font: 1rem/1.45 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
    h1 { margin: 0; font: 600 1.5rem/1.2 Georgia, "Times New Roman", serif; overflow-wrap: anywhere; }
    h2 { margin: .2rem 0 .6rem; font-size: 1.25rem; overflow-wrap: anywhere; }
    header p { margin: .2rem 0; color: var(--soft); }
    progress { width: 100%; }
    #note { color: var(--reject); }
    main { margin: .8rem 0; padding: .8rem 1rem; background: var(--card); border: 1px solid var(--line);
      border-left: 6px solid var(--line); border-radius: 6px; }
    main[data-decision=accept] { border-left-color: var(--accept); }
    main[data-decision=reject] { border-left-color: var(--reject); }
    main[data-decision=swap] { border-left-color: var(--swap); }
    .law, .source, figcaption { margin: 0; color: var(--soft); font-size: .88rem; }
    .pictures { display: grid; gap: .8rem; grid-template-columns: 1fr 1fr; max-width: 46rem; }
    figure { margin: 0; }
    figure img { display: block; width: 100%; aspect-ratio: 1; object-fit: contain; background: var(--paper); border-radius: 4px; }
    img.small { image-rendering: pixelated; }
    .right figcaption b { color: var(--accept); } .wrong figcaption b { color: var(--reject); }
    main[data-decision=reject] .pictures { opacity: .45; }
    #science { margin: .7rem 0 .2rem; }
    button { padding: .45rem .8rem; font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--line);
      border-radius: 5px; cursor: pointer; }
    button:hover, button:focus-visible { border-color: var(--ink); }
    button[aria-pressed=true] { color: var(--card); background: var(--ink); }
    kbd { font: .85em ui-monospace, Menlo, Consolas, monospace; opacity: .7; }
    .buttons { display: flex; flex-wrap: wrap; gap: .5rem; margin: .8rem 0 .2rem; }
    #strip { display: flex; flex-wrap: wrap; gap: .3rem; }
    #strip button { width: 3.2rem; padding: 0; border-width: 3px; overflow: hidden; }
    #strip button[data-decision=accept] { border-color: var(--accept); }
    #strip button[data-decision=reject] { border-color: var(--reject); }
    #strip button[data-decision=swap] { border-color: var(--swap); }
    #strip button[aria-current=true] { outline: 3px solid var(--ink); }
    #strip img { display: block; width: 100%; }
    footer { margin-top: 1rem; padding-top: .5rem; border-top: 1px solid var(--line); font-size: .92rem; }
    """
}
