extension ReviewPage {
  static let script = #"""
    "use strict";
    const data = JSON.parse(document.getElementById("data").textContent);
    const element = (id) => document.getElementById(id);
    const storageKey = `scispool-review:${data.of}:${data.candidates}`;
    const choices = ["accept", "reject", "swap"];
    const names = new Set(data.pairs.map((pair) => pair.name));
    let decisions = {};
    // What each decision replaced, the latest last.
    let past = [];
    let current = 0;

    function load() {
      try {
        const saved = JSON.parse(localStorage.getItem(storageKey) ?? "{}");
        for (const [name, choice] of Object.entries(saved.decisions ?? {}))
          if (names.has(name) && choices.includes(choice)) decisions[name] = choice;
        past = (saved.past ?? []).filter((step) => names.has(step.name));
      } catch (error) { warn(error); }
    }

    function save() {
      try { localStorage.setItem(storageKey, JSON.stringify({ decisions, past })); } catch (error) { warn(error); }
    }

    function warn(error) {
      element("note").hidden = false;
      element("note").textContent =
        `This browser does not keep decisions (${error.message}): save them before you leave the page.`;
    }

    function decide(choice) {
      const pair = data.pairs[current];
      if (!pair) return;
      past.push({ name: pair.name, before: decisions[pair.name] ?? null });
      decisions[pair.name] = choice;
      save();
      if (current + 1 < data.pairs.length) current += 1;
      show();
    }

    function undo() {
      const step = past.pop();
      if (!step) return;
      if (choices.includes(step.before)) decisions[step.name] = step.before; else delete decisions[step.name];
      current = data.pairs.findIndex((pair) => pair.name === step.name);
      save();
      show();
    }

    function move(by) {
      current = Math.min(Math.max(current + by, 0), Math.max(data.pairs.length - 1, 0));
      show();
    }

    function picture(id, source, text) {
      const image = element(id);
      image.onload = () => image.classList.toggle("small", image.naturalWidth <= 256);
      if (image.getAttribute("src") !== source) image.src = source;
      image.alt = text;
    }

    function show() {
      const pair = data.pairs[current];
      const decided = Object.keys(decisions).length;
      element("count").textContent = `${decided} of ${data.pairs.length} pairs decided.`;
      element("progress").max = Math.max(data.pairs.length, 1);
      element("progress").value = decided;
      element("undo").disabled = past.length === 0;
      if (!pair) { element("implicit").textContent = "There are no pairs to review."; return; }
      const choice = decisions[pair.name];
      const isSwapped = choice === "swap";
      element("pair").dataset.decision = choice ?? "";
      element("law").textContent = `${pair.law.replaceAll("_", " ")} · ${pair.subject}`;
      element("place").textContent = `· ${current + 1} of ${data.pairs.length}`;
      element("implicit").textContent = pair.implicit;
      picture("left-picture", isSwapped ? pair.superficialImage : pair.explicitImage, pair.explicit);
      picture("right-picture", isSwapped ? pair.explicitImage : pair.superficialImage, pair.superficial);
      element("left-text").textContent = pair.explicit;
      element("right-text").textContent = pair.superficial;
      element("science").textContent = pair.science;
      element("source").textContent = pair.source;
      element("margin").textContent = pair.margin == null ? "" : `· margin ${pair.margin.toFixed(2)}`;
      for (const each of choices) element(each).setAttribute("aria-pressed", each === choice);
      [...element("strip").children].forEach((button, index) => {
        button.dataset.decision = decisions[data.pairs[index].name] ?? "";
        button.setAttribute("aria-current", index === current);
      });
    }

    // The decisions as a job file, pairs in the page's order.
    function job() {
      const ordered = {};
      for (const pair of data.pairs) if (decisions[pair.name]) ordered[pair.name] = decisions[pair.name];
      const fields = { kind: "dataset", source: "review", of: data.of, output: data.output, decisions: ordered };
      return JSON.stringify(fields, null, 2) + "\n";
    }

    function download() {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([job()], { type: "application/json" }));
      link.download = `${data.of}.review.json`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    }

    const keys = {
      a: () => decide("accept"), r: () => decide("reject"), s: () => decide("swap"), u: undo,
      ArrowLeft: () => move(-1), ArrowRight: () => move(1),
    };
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const action = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
      if (!action) return;
      event.preventDefault();
      action();
    });
    for (const choice of choices) element(choice).addEventListener("click", () => decide(choice));
    element("undo").addEventListener("click", undo);
    element("previous").addEventListener("click", () => move(-1));
    element("next").addEventListener("click", () => move(1));
    element("download").addEventListener("click", download);
    data.pairs.forEach((pair, index) => {
      const button = document.createElement("button");
      button.title = pair.name;
      const image = document.createElement("img");
      image.src = pair.explicitImage;
      image.alt = pair.name;
      image.loading = "lazy";
      button.append(image);
      button.addEventListener("click", () => { current = index; show(); });
      element("strip").append(button);
    });
    load();
    const undecided = data.pairs.findIndex((pair) => !decisions[pair.name]);
    current = undecided < 0 ? 0 : undecided;
    show();
    """#
}
