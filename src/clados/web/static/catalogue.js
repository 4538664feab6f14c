// The catalogue's page alive: what is chosen filters, counts and orders the rows that the server has written.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const form = document.getElementById("catalogue");
  const body = form.querySelector("table.models tbody");
  const rows = new Map([...body.rows].map((row) => [row.dataset.id, row]));
  const order = [...Object.keys(data.flags), ...Object.keys(data.attributes).filter((name) => name !== "name"), "name", "text"];
  const said = (text, values) => (data.words[text] || text).replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const fields = (name) => [...form.querySelectorAll(`[name="${name}"]`)].filter((field) => !field.form || field.form === form);

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

  function met(holds, but) {
    return data.ids.map((_, row) => Object.entries(holds).every(([name, passes]) => name === but || passes[row]));
  }

  function counted(holds) {
    const left = {};
    const without = (name) => (left[name] ||= met(holds, name));
    for (const choice of form.querySelectorAll(".choice")) {
      const box = choice.querySelector("input");
      const finds = (box.finds ||= clados.holds(data, box.name, box.value));
      const number = without(box.name).filter((stays, row) => stays && finds[row]).length;
      choice.querySelector("[data-number]").textContent = number;
      choice.classList.toggle("empty", number === 0);
    }
    for (const figure of form.querySelectorAll("[data-histogram]")) clados.bars(figure, data, without(figure.dataset.histogram));
  }

  function chips(chosen) {
    const place = document.getElementById("chips");
    place.replaceChildren();
    for (const [name, words] of Object.entries(chosen)) {
      const label = labels.get(name) || name;
      const text = words === "yes" ? label : `${label}: ${words}`;
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
    const holds = {};
    for (const [name, text] of Object.entries(chosen)) {
      const passes = clados.holds(data, name, text);
      for (const field of fields(name)) field.toggleAttribute("aria-invalid", passes === null && field.type === "text");
      if (passes) holds[name] = passes;
      else delete chosen[name];
    }
    const stays = met(holds);
    data.ids.forEach((id, row) => { rows.get(id).hidden = !stays[row]; });
    const shown = stays.filter(Boolean).length;
    document.getElementById("count").textContent = said("{shown} of {total} models", { shown, total: data.ids.length });
    document.getElementById("none").hidden = shown > 0;
    counted(holds);
    chips(chosen);
    for (const facet of form.querySelectorAll("[data-facet]"))
      facet.querySelector(".chosen").textContent = chosen[facet.dataset.facet] || "";
    document.getElementById("as-cli").textContent = clados.command(data, chosen, hiddenSort.value);
    document.getElementById("as-python").textContent = clados.python(data, chosen, hiddenSort.value);
    const query = address(chosen);
    history.replaceState(null, "", query ? `?${query}` : location.pathname);
    for (const link of document.querySelectorAll("[data-language]")) link.search = query;
    for (const brush of brushes) brush(chosen);
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

  const brushes = [...form.querySelectorAll("[data-histogram]")].map((figure) =>
    clados.brushed(figure, data, fields(figure.dataset.histogram).find((each) => each.type === "text"), update));

  form.addEventListener("input", (event) => {
    if (event.target.name === "columns") cut();
    if (event.target.form === form) update();
  });
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
        const words = query.getAll(field.name).flatMap((each) => (field.type === "checkbox" ? each.split(",") : [each]));
        if (field.type === "checkbox") field.checked = words.includes(field.value);
        else if (field.type !== "hidden" || field.name === "name") field.value = words.join(field.name === "text" ? " " : ",");
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
