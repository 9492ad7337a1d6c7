extension PageScript {
  /// For ``Gallery``.
  package static let galleries = #"""
    for (const root of document.querySelectorAll("section.gallery")) showGallery(root);

    function showGallery(root) {
      const data = JSON.parse(root.querySelector("script").textContent);
      const find = (selector) => root.querySelector(selector);
      const make = (name, fields = {}, ...children) => {
        const element = Object.assign(document.createElement(name), fields);
        element.append(...children);
        return element;
      };
      const pageSize = 60;
      const pictures = data.pictures.map((picture, place) => ({ ...picture, place, found:
        [picture.prompt, picture.negative_prompt, picture.object, picture.note, picture.file, picture.seed]
          .filter(Boolean).join(" ").toLowerCase() }));
      const facts = ["score", "seed", "tier", "category", "law", "verdict", "object", "negative_prompt", "note", "file"];
      const named = (fact) => fact.replaceAll("_", " ");
      const said = (picture, fact) => {
        const value = picture[fact];
        return typeof value === "number" ? value.toFixed(2) : String(value).startsWith("data:") ? null : value ?? null;
      };

      // What is asked for.
      const search = make("input", { type: "search", className: "search" });
      const filters = ["tier", "category", "law", "verdict"].map((fact) => {
        const values = [...new Set(pictures.map((picture) => picture[fact]).filter(Boolean))].sort();
        const select = make("select", { className: fact }, make("option", { value: "" }, "all"),
          ...values.map((value) => make("option", { value }, value.replaceAll("_", " "))));
        return { fact, select, values };
      }).filter((filter) => filter.values.length > 1);
      const byNumber = (a, b) => {
        const isA = typeof a.score === "number", isB = typeof b.score === "number";
        return isA && isB ? a.score - b.score : isB - isA;
      };
      // Seeds as texts: a longer one is larger.
      const bySeed = (a, b) => {
        const x = a.seed ?? "", y = b.seed ?? "";
        return x.length - y.length || (x < y ? -1 : x > y ? 1 : 0);
      };
      const hasScore = (picture) => typeof picture.score === "number";
      const orders = {
        given: { name: "as made", of: () => 0, isThere: true },
        falling: { name: "score, highest first", isThere: pictures.some(hasScore),
          of: (a, b) => hasScore(a) && hasScore(b) ? byNumber(b, a) : byNumber(a, b) },
        rising: { name: "score, lowest first", of: byNumber, isThere: pictures.some(hasScore) },
        seed: { name: "seed", of: bySeed, isThere: pictures.some((picture) => picture.seed) },
        prompt: { name: "prompt", of: (a, b) => a.prompt.localeCompare(b.prompt, "en"), isThere: true },
      };
      const sort = make("select", { className: "sort" }, ...Object.entries(orders).filter(([, order]) => order.isThere)
        .map(([value, order]) => make("option", { value }, order.name)));
      if (orders[data.order].isThere) sort.value = data.order;
      const controls = find(".controls");
      controls.append(make("label", {}, "find ", search),
        ...filters.map((filter) => make("label", {}, `${filter.fact} `, filter.select)), make("label", {}, "order ", sort));
      controls.hidden = pictures.length < 2;

      // What is shown.
      const row = find(".row"), more = find(".more"), status = find("p.note");
      let chosen = [];
      let shown = 0;
      function choose() {
        const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
        chosen = pictures.filter((picture) => words.every((word) => picture.found.includes(word))
          && filters.every(({ fact, select }) => !select.value || picture[fact] === select.value));
        chosen.sort((a, b) => orders[sort.value].of(a, b) || a.place - b.place);
        row.replaceChildren();
        shown = 0;
        showMore();
        const scores = chosen.map((picture) => picture.score).filter((score) => typeof score === "number");
        const mean = scores.length > 1 ? `, mean score ${(scores.reduce((a, b) => a + b, 0) / scores.length).toFixed(2)}` : "";
        status.textContent = chosen.length === pictures.length ? `${pictures.length} pictures${mean}`
          : `${chosen.length} of ${pictures.length} pictures${mean}`;
        if (pictures.length === 1) status.textContent = "";
      }
      function showMore() {
        row.append(...chosen.slice(shown, shown + pageSize).map((picture, k) => card(picture, shown + k)));
        shown = Math.min(shown + pageSize, chosen.length);
        more.hidden = shown === chosen.length;
      }
      function card(picture, index) {
        const open = make("button", { type: "button", className: "open" });
        open.setAttribute("aria-label", `enlarge: ${picture.prompt}`);
        if (picture.small) {
          const image = make("img", { loading: "lazy", decoding: "async", src: picture.small, alt: picture.prompt });
          if (picture.width) Object.assign(image, { width: picture.width, height: picture.height });
          if (Math.max(picture.width ?? 0, picture.height ?? 0) <= 256) image.className = "small";
          open.append(image);
        } else open.append(make("span", { className: "missing" }, picture.prompt));
        open.addEventListener("click", () => enlarge(index));
        const words = [picture.seed && `seed ${picture.seed}`, picture.verdict, picture.note].filter(Boolean).join(" · ");
        const caption = make("figcaption", {},
          ...(hasScore(picture) ? [make("b", {}, picture.score.toFixed(2)), words && " · "] : []), words,
          make("span", { className: "words" }, picture.prompt));
        return make("figure", {}, open, caption);
      }

      // One picture.
      const dialog = find("dialog"), image = dialog.querySelector("img"), text = dialog.querySelector("pre");
      const copy = dialog.querySelector(".copy"), told = dialog.querySelector(".note");
      let current = 0;
      image.addEventListener("load", () => image.classList.toggle("small", image.naturalWidth <= 256));
      image.addEventListener("error", () => {
        const small = chosen[current]?.small;
        if (small && image.getAttribute("src") !== small) image.src = small;
      });
      function enlarge(index) {
        current = Math.min(Math.max(index, 0), chosen.length - 1);
        const picture = chosen[current];
        image.src = picture.file ?? picture.small ?? "data:,";
        image.alt = picture.prompt;
        dialog.querySelector(".prompt").textContent = picture.prompt;
        dialog.querySelector("table").replaceChildren(...facts.filter((fact) => said(picture, fact)).map((fact) =>
          make("tr", {}, make("th", {}, named(fact)), make("td", {}, said(picture, fact)))));
        const job = jobFor(picture);
        copy.hidden = text.hidden = !job;
        text.textContent = job ?? "";
        told.textContent = "";
        dialog.querySelector(".previous").disabled = current === 0;
        dialog.querySelector(".next").disabled = current === chosen.length - 1;
        if (!dialog.open) dialog.showModal();
      }
      function jobFor(picture) {
        if (!data.job || !picture.seed) return null;
        const fields = [["prompt", picture.prompt], ["negative_prompt", picture.negative_prompt], ["object", picture.object]]
          .filter(([, value]) => value != null).map(([name, value]) => `"${name}" : ${JSON.stringify(value)}`);
        // The seed as digits: no number of JavaScript's, which would round it.
        const prompt = `{ ${[...fields, `"seed" : ${picture.seed}`].join(", ")} }`;
        return data.job.replace(/"prompts" : \[\s*\]/, () => `"prompts" : [ ${prompt} ]`);
      }
      async function copyJob() {
        try {
          await navigator.clipboard.writeText(text.textContent);
          told.textContent = "Copied: save it as a .json file in the inbox.";
        } catch {
          getSelection().selectAllChildren(text);
          told.textContent = "Selected: copy it by hand.";
        }
      }
      copy.addEventListener("click", copyJob);
      dialog.querySelector(".close").addEventListener("click", () => dialog.close());
      dialog.querySelector(".previous").addEventListener("click", () => enlarge(current - 1));
      dialog.querySelector(".next").addEventListener("click", () => enlarge(current + 1));
      dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
      dialog.addEventListener("keydown", (event) => {
        if (event.target === text || event.ctrlKey || event.metaKey || event.altKey) return;
        if (event.key === "ArrowLeft") enlarge(current - 1);
        if (event.key === "ArrowRight") enlarge(current + 1);
      });
      dialog.addEventListener("close", () => row.children[current]?.querySelector("button").focus());

      search.addEventListener("input", choose);
      for (const select of [sort, ...filters.map((filter) => filter.select)]) select.addEventListener("change", choose);
      more.addEventListener("click", showMore);
      new IntersectionObserver((entries) => { if (entries.some((entry) => entry.isIntersecting)) showMore(); },
        { rootMargin: "600px" }).observe(more);
      choose();
    }
    """#
}
