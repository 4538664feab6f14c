// The catalogue's page alive: what is chosen filters, counts and orders the rows that the server has written.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const form = document.getElementById("catalogue");
  const body = form.querySelector("table.models tbody");
  const rows = new Map([...body.rows].map((row) => [row.dataset.id, row]));
  const order = [...Object.keys(data.flags), ...Object.keys(data.attributes).filter((name) => name !== "name"), "name", "text"];
  const said = (text, values) => (data.words[text] || text).replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const named = new Map();
  for (const field of form.querySelectorAll("[name]"))
    if (!field.form || field.form === form) named.set(field.name, [...(named.get(field.name) || []), field]);
  const fields = (name) => named.get(name) || [];
  const groups = [...form.querySelectorAll(".choices, .flags")].map((place) => [place, [...place.querySelectorAll(".choice")]]);
  const histograms = [...form.querySelectorAll("[data-histogram]")];
  let holds = {}; // what each filter that is chosen lets pass

  function filters() {
    const found = {};
    for (const name of order) {
      const chosen = fields(name).filter((field) => (field.type === "checkbox" ? field.checked : field.value.trim()));
      if (chosen.length) found[name] = chosen.map((field) => field.value.trim()).join(",");
    }
    return found;
  }

  const columns = () => fields("columns").filter((box) => box.checked).map((box) => box.value);
  const hiddenSort = form.querySelector("input[name=sort]");

  function address(chosen) {
    const query = new URLSearchParams(chosen);
    if (hiddenSort.value !== "name") query.set("sort", hiddenSort.value);
    if (columns().join() !== data.usual.join()) query.set("columns", columns().join());
    return query.toString();
  }

  function met(but) {
    const each = Object.entries(holds).filter(([name]) => name !== but).map(([, passes]) => passes);
    return data.ids.map((_, row) => each.every((passes) => passes[row]));
  }

  // What is written again as it is costs a layout, too.
  const write = (node, text) => { if (node.textContent !== text) node.textContent = text; };

  // Counts of the folds that are open; those of others are made when they are opened.
  function counted(within) {
    const left = {};
    const without = (name) => (left[name] ||= met(name));
    const seen = (place) => within.contains(place) && !place.closest("details:not([open])");
    for (const [place, choices] of groups) if (seen(place)) for (const choice of choices) {
      const box = choice.querySelector("input");
      const finds = (box.finds ||= clados.holds(data, box.name, box.value));
      const number = without(box.name).reduce((sum, stays, row) => sum + (stays && finds[row]), 0);
      write(choice.querySelector("[data-number]"), String(number));
      choice.classList.toggle("empty", number === 0);
    }
    for (const figure of histograms) if (seen(figure)) clados.bars(figure, data, without(figure.dataset.histogram));
  }

  // The words of a filter; what it leaves out is a single one, as no box stands for it.
  const parted = (words) => (words.startsWith("!") ? [words] : words.split(","));
  const boxOf = (name, word) => fields(name).find((field) => field.type === "checkbox" && field.value === word);
  const shownWords = (name, words) =>
    parted(words).map((word) => boxOf(name, word)?.parentNode.querySelector(".word").textContent || word).join(", ");

  function chips(chosen) {
    const place = document.getElementById("chips");
    place.replaceChildren();
    for (const [name, words] of Object.entries(chosen)) {
      const label = labels.get(name) || name;
      const text = words === "yes" ? label : `${label}: ${shownWords(name, words)}`;
      const chip = document.createElement("a");
      const rest = { ...chosen };
      delete rest[name];
      chip.href = `?${address(rest)}`;
      chip.className = "chip";
      chip.dataset.filter = name;
      chip.setAttribute("aria-label", said("Remove the filter {name}", { name: text }));
      chip.textContent = `${text} ×`;
      place.append(chip);
    }
  }

  const labels = new Map([...form.querySelectorAll("thead th[data-column]")].map((head) => [head.dataset.column, head.textContent]));
  for (const flag of Object.keys(data.flags)) labels.set(flag, form.querySelector(`.flags [name=${flag}] ~ .word`).textContent);
  labels.set("text", form.querySelector(".search span").textContent);

  function update() {
    const chosen = filters();
    holds = {};
    for (const [name, text] of Object.entries(chosen)) {
      const passes = clados.holds(data, name, text);
      for (const field of fields(name)) field.toggleAttribute("aria-invalid", passes === null && field.type === "text");
      if (passes) holds[name] = passes;
      else delete chosen[name];
    }
    const stays = met();
    data.ids.forEach((id, row) => { if (rows.get(id).hidden === stays[row]) rows.get(id).hidden = !stays[row]; });
    const shown = stays.filter(Boolean).length;
    write(document.getElementById("count"), said("{shown} of {total} models", { shown, total: data.ids.length }));
    document.getElementById("none").hidden = shown > 0;
    counted(form);
    chips(chosen);
    for (const facet of facets) write(facet.querySelector(".chosen"), shownWords(facet.dataset.facet, chosen[facet.dataset.facet] || ""));
    write(document.getElementById("as-cli"), clados.command(data, chosen, hiddenSort.value));
    write(document.getElementById("as-python"), clados.python(data, chosen, hiddenSort.value));
    const query = address(chosen);
    remember(query ? `?${query}` : location.pathname);
    for (const link of languages) link.search = query;
    for (const brush of brushes) brush(chosen);
  }

  // The address follows the rows, a frame later: browsers take longer to change it than all else takes here.
  let frame = 0;
  function remember(where) {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => setTimeout(() => history.replaceState(null, "", where)));
  }

  function reorder() {
    for (const row of clados.ordered(data, hiddenSort.value)) body.append(rows.get(data.ids[row]));
    for (const head of form.querySelectorAll("thead th[data-column]")) {
      const name = head.dataset.column;
      const way = { [name]: "ascending", [`-${name}`]: "descending" }[hiddenSort.value];
      if (way) head.setAttribute("aria-sort", way);
      else head.removeAttribute("aria-sort");
      head.querySelector("button").value = hiddenSort.value === name ? `-${name}` : name;
    }
  }

  function cut() {
    const shown = new Set(columns());
    for (const cell of form.querySelectorAll("[data-column]")) cell.hidden = !shown.has(cell.dataset.column);
  }

  const facets = [...form.querySelectorAll("[data-facet]")];
  const languages = [...document.querySelectorAll("[data-language]")];
  const brushes = histograms.map((figure) =>
    clados.brushed(figure, data, fields(figure.dataset.histogram).find((each) => each.type === "text"), update));

  form.addEventListener("input", (event) => {
    if (event.target.name === "columns") cut();
    if (event.target.form === form) update();
  });
  form.addEventListener("toggle", (event) => { if (event.target.open) counted(event.target); }, true);
  form.addEventListener("submit", (event) => {
    if (event.submitter && event.submitter.getAttribute("form")) return;
    event.preventDefault();
    if (event.submitter && event.submitter.name === "sort") {
      hiddenSort.value = event.submitter.value;
      reorder();
    }
    update();
  });
  form.addEventListener("click", (event) => {
    const chip = event.target.closest("[data-filter]");
    const copy = event.target.closest("[data-copy]");
    if (chip) {
      event.preventDefault();
      for (const field of fields(chip.dataset.filter)) {
        if (field.type === "checkbox") field.checked = false;
        else field.value = "";
      }
      update();
      form.querySelector("[type=search]").focus();
    }
    if (copy) copied(copy);
  });

  function copied(button) {
    const text = document.getElementById(button.dataset.copy).textContent;
    const before = button.textContent;
    const done = () => {
      button.textContent = said("Copied", {});
      setTimeout(() => { button.textContent = before; }, 1500);
    };
    if (navigator.clipboard) navigator.clipboard.writeText(text).then(done);
  }

  // An address that the server has not read: the static site, or a page that the browser brings back.
  function restore() {
    const query = new URLSearchParams(location.search);
    for (const field of form.querySelectorAll("input")) {
      if (field.name === "columns" && query.has("columns")) field.checked = query.get("columns").split(",").includes(field.value);
      else if (field.name === "sort") field.value = query.get("sort") || "name";
      else if (order.includes(field.name)) {
        const words = query.getAll(field.name).flatMap(field.name === "text" ? (each) => [each] : parted);
        if (field.type === "checkbox") field.checked = words.includes(field.value);
        else if (field.name === "text") field.value = words.join(" ");
        else field.value = words.filter((word) => !boxOf(field.name, word)).join(",");
      }
    }
    cut();
    reorder();
    update();
  }

  for (const button of form.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard;
  for (const button of form.querySelectorAll(".apply")) button.hidden = true;
  if (matchMedia("(max-width: 760px)").matches) form.querySelector("details.filters").open = false;
  if (location.search && !("read" in form.dataset)) restore();
  else if (!form.querySelector(".mistake")) update();
})();
