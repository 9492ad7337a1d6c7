extension Page {
  /// Light or dark as the reader's device is; readable on a phone and on paper.
  static let style = """
    :root { --ink: #1d1f24; --soft: #62666f; --paper: #fbfaf8; --line: #dedbd5; --card: #ffffff; }
    @media (prefers-color-scheme: dark) {
      :root { --ink: #e8e6e1; --soft: #9a9ca3; --paper: #17181b; --line: #33353a; --card: #1f2125; }
    }
    * { box-sizing: border-box; }
    body { margin: 0 auto; max-width: 72rem; padding: 1.5rem 1rem 3rem; background: var(--paper); color: var(--ink);
      font: 1rem/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
    h1 { margin: 0; font: 600 1.9rem/1.2 Georgia, "Times New Roman", serif; overflow-wrap: anywhere; }
    h2 { margin: 0 0 .6rem; font-size: 1.05rem; font-weight: 600; line-height: 1.35; overflow-wrap: anywhere; }
    .kind, .summary, .note, figcaption, .mean, th { color: var(--soft); }
    .kind { margin: 0 0 .2rem; font-size: .85rem; }
    .summary { margin: .3rem 0 1.6rem; }
    .note { margin: -.4rem 0 .6rem; font-size: .9rem; }
    .mean { margin-left: .4rem; font-size: .85rem; font-weight: 400; white-space: nowrap; }
    section { padding: 1.2rem 0; border-top: 1px solid var(--line); }
    .row { display: grid; gap: .8rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 9.5rem), 1fr)); }
    figure { margin: 0; overflow: hidden; background: var(--card); border: 1px solid var(--line); border-radius: 6px; }
    figure a { display: block; }
    img { display: block; width: 100%; height: auto; }
    img.small { image-rendering: pixelated; }
    @media (min-width: 40rem) { .row { grid-template-columns: repeat(auto-fill, minmax(12rem, 1fr)); } }
    .missing { display: block; padding: 2.5rem .6rem; color: var(--soft); font-size: .85rem; overflow-wrap: anywhere; }
    figcaption { padding: .4rem .6rem; font-size: .82rem; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
    figcaption b { color: var(--ink); }
    footer { margin-top: 1.5rem; padding-top: 1.2rem; border-top: 1px solid var(--line); font-size: .88rem; }
    table { margin-bottom: 1.5rem; border-collapse: collapse; font-variant-numeric: tabular-nums; }
    th, td { padding: .15rem 1rem .15rem 0; text-align: left; font-weight: 400; overflow-wrap: anywhere; }
    .plot { margin: 0 0 1rem; }
    .plot svg { display: block; width: 100%; height: auto; }
    .plot .grid { stroke: var(--line); fill: none; }
    .plot text { fill: var(--soft); font: 12px system-ui, sans-serif; }
    .plot .curve { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
    .plot .band { fill-opacity: .18; stroke: none; }
    .c0 { stroke: #2f6fb3; fill: #2f6fb3; } .c1 { stroke: #c0603a; fill: #c0603a; }
    .c2 { stroke: #3d8a58; fill: #3d8a58; } .c3 { stroke: #8a5fa8; fill: #8a5fa8; }
    .plot text.c0 { fill: #2f6fb3; stroke: none; } .plot text.c1 { fill: #c0603a; stroke: none; }
    .plot text.c2 { fill: #3d8a58; stroke: none; } .plot text.c3 { fill: #8a5fa8; stroke: none; }
    .plot .curve.c0, .plot .curve.c1, .plot .curve.c2, .plot .curve.c3 { fill: none; }
    .wide { overflow-x: auto; }
    .slider { position: relative; --cut: 50%; }
    .slider div { position: absolute; inset: 0; clip-path: inset(0 var(--cut) 0 0); }
    input[type=range] { width: 100%; margin: .3rem 0 0; }
    .pair { display: grid; grid-template-columns: 1fr 1fr; }
    .bars td { white-space: nowrap; }
    .bars .bar { width: 60%; min-width: 6rem; }
    .bars .bar span { display: block; height: .7rem; background: var(--soft); border-radius: 2px; }
    .strip td, .strip th { padding: .15rem .3rem .15rem 0; vertical-align: middle; }
    .strip img { width: 5rem; }
    .strip .prompt { min-width: 8rem; font-size: .85rem; }
    pre { margin: 0; padding: .9rem; overflow-x: auto; background: var(--card); border: 1px solid var(--line);
      border-radius: 6px; font: .8rem/1.45 ui-monospace, Menlo, Consolas, monospace; }
    """
}
