extension Page {
  /// Light or dark as the reader's device is; readable on a phone and on paper.
  static let style = """
    :root { --ink: #1d1f24; --soft: #62666f; --paper: #fbfaf8; --line: #dedbd5; --card: #ffffff;
      --c0: #28629f; --c1: #a34c28; --c2: #2f7448; --c3: #774b96; --accent: #28629f; }
    @media (prefers-color-scheme: dark) {
      :root { --ink: #e8e6e1; --soft: #9a9ca3; --paper: #17181b; --line: #33353a; --card: #1f2125;
        --c0: #7fb2e6; --c1: #e0906a; --c2: #78c294; --c3: #bf9edb; --accent: #7fb2e6; }
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
    .plot svg { display: block; width: 100%; max-width: 48rem; height: auto; margin: 0 auto; }
    .plot .grid { stroke: var(--line); fill: none; }
    .plot text { fill: var(--soft); font: 12px system-ui, sans-serif; }
    .plot .curve { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
    .plot .band { fill-opacity: .18; stroke: none; }
    .c0 { stroke: var(--c0); fill: var(--c0); } .c1 { stroke: var(--c1); fill: var(--c1); }
    .c2 { stroke: var(--c2); fill: var(--c2); } .c3 { stroke: var(--c3); fill: var(--c3); }
    .plot text.c0 { fill: var(--c0); stroke: none; } .plot text.c1 { fill: var(--c1); stroke: none; }
    .plot text.c2 { fill: var(--c2); stroke: none; } .plot text.c3 { fill: var(--c3); stroke: none; }
    .plot .curve.c0, .plot .curve.c1, .plot .curve.c2, .plot .curve.c3 { fill: none; }
    .wide { overflow-x: auto; }
    .wide th, .wide td { overflow-wrap: break-word; }
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
    a { color: var(--accent); }
    button, input, select { font: inherit; color: inherit; }
    button { padding: .25rem .7rem; background: var(--card); border: 1px solid var(--soft); border-radius: 6px; cursor: pointer; }
    button:disabled { color: var(--soft); border-color: var(--line); cursor: default; }
    :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
    .number { text-align: right; }
    .sortable caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
    .sortable th, .sortable td { padding: .25rem .9rem .25rem 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
    .sortable th button { padding: 0; background: none; border: 0; font-weight: 600; }
    .sortable th[aria-sort=descending] button::after { content: " ▾"; }
    .sortable th[aria-sort=ascending] button::after { content: " ▴"; }
    .controls { display: flex; flex-wrap: wrap; gap: .5rem 1rem; margin-bottom: .9rem; font-size: .88rem; }
    .controls[hidden] { display: none; }
    .controls input, .controls select { max-width: 12rem; padding: .2rem .4rem; background: var(--card); border: 1px solid var(--soft);
      border-radius: 6px; }
    .gallery figure { content-visibility: auto; contain-intrinsic-size: auto 12rem auto 16rem; }
    .gallery .open { display: block; width: 100%; padding: 0; border: 0; border-radius: 0; background: none; text-align: left;
      cursor: zoom-in; }
    .gallery figcaption .words { display: block; color: var(--ink); }
    dialog { width: min(64rem, 96vw); max-height: 96vh; padding: 1rem; overflow: auto; color: var(--ink); background: var(--paper);
      border: 1px solid var(--line); border-radius: 8px; }
    dialog::backdrop { background: rgb(0 0 0 / .6); }
    dialog .stage img { width: auto; min-width: min(100%, 16rem); max-width: 100%; max-height: 66vh; margin: 0 auto;
      object-fit: contain; }
    dialog .prompt { margin: .7rem 0; font-size: 1.05rem; overflow-wrap: anywhere; }
    dialog table { margin-bottom: .6rem; font-size: .85rem; }
    .row.wider { grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); }
    .tuple figcaption .note { margin: .2rem 0 0; }
    .tuple .pair { gap: 1px; }
    .tuple .pair p { margin: .4rem .6rem .6rem; font-size: .82rem; overflow-wrap: anywhere; }
    .tuple .tier { display: block; font-weight: 600; color: var(--c2); }
    .tuple .superficial .tier { color: var(--c1); }
    .framed { position: relative; }
    .framed img, .slider img, .gallery .row img { aspect-ratio: auto 1; }
    .framed .box { position: absolute; inset: 0; width: 100%; height: 100%; }
    .framed .box rect { fill: none; stroke: #ffd400; stroke-width: 2px; vector-effect: non-scaling-stroke; }
    .framed .box { filter: drop-shadow(0 0 1px #000000); }
    section:has(.boxes:not(:checked)) .box { display: none; }
    @media print {
      :root { --ink: #000000; --soft: #444444; --paper: #ffffff; --line: #bbbbbb; --card: #ffffff; }
      body { max-width: none; padding: 0; }
      figure, tr { break-inside: avoid; }
      .controls, .more, dialog, input[type=range], label:has(.boxes) { display: none !important; }
      .wide { overflow: visible; }
      .wide th, .wide td { overflow-wrap: anywhere; }
      .gallery figure { content-visibility: visible; }
    }
    """
}
