// The timelines' ranges: models outside of them are faint, and their rows go; the address holds both.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const form = document.getElementById("ranges");
  const fields = [...form.querySelectorAll("input")];
  const marks = [...document.querySelectorAll(".canvas [data-id], .canvas [data-joined]")];
  const rows = [...document.querySelectorAll(".listed tbody tr")];
  const idOf = (row) => row.querySelector("a")?.getAttribute("href").replace(/^cards\/|\.html$/g, "");
  const given = new URLSearchParams(location.search);
  for (const field of fields) field.value = given.get(field.name) || "";
  const brushes = [...form.querySelectorAll("[data-histogram]")].map((figure) =>
    clados.brushed(figure, data, fields.find((field) => field.name === figure.dataset.histogram), update));
  form.hidden = false;
  form.addEventListener("input", update);
  form.addEventListener("submit", (event) => event.preventDefault());

  function update() {
    const [chosen, holds] = [{}, {}];
    for (const field of fields) {
      const passes = field.value.trim() ? clados.holds(data, field.name, field.value) : undefined;
      field.toggleAttribute("aria-invalid", passes === null);
      if (passes) [chosen[field.name], holds[field.name]] = [field.value.trim(), passes];
    }
    const stays = (but) => data.ids.map((_, row) => Object.entries(holds).every(([name, passes]) => name === but || passes[row]));
    const left = new Map(stays().map((each, row) => [data.ids[row], each]));
    for (const mark of marks) mark.classList.toggle("outside", left.get(mark.dataset.id || mark.dataset.joined) === false);
    for (const row of rows) row.hidden = left.get(idOf(row)) === false;
    for (const figure of form.querySelectorAll("[data-histogram]")) clados.bars(figure, data, stays(figure.dataset.histogram));
    for (const brush of brushes) brush(chosen);
    const shown = [...left.values()].filter(Boolean).length;
    form.querySelector("output").textContent = data.said.replace("{shown}", shown).replace("{total}", data.ids.length);
    const query = new URLSearchParams(chosen).toString();
    history.replaceState(null, "", query ? `?${query}` : location.pathname);
    for (const link of document.querySelectorAll("[data-language], .welcome .sizes a, #in-catalogue")) link.search = query;
  }

  update();
})();
