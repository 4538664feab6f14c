// The comparison of a site of files: no server reads its address, so that the table is made here of data in the page.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const query = new URLSearchParams(location.search);
  const asked = query.getAll("models").flatMap((each) => each.split(",")).map((each) => each.trim()).filter(Boolean);
  const models = asked.filter((each) => each in data.names);
  const fields = document.querySelectorAll(".compared [name=models]");
  asked.slice(0, fields.length).forEach((each, i) => { fields[i].value = each; });
  const differing = query.has("differing");
  document.querySelector("[name=differing]").checked = differing;
  if (models.length < 2) return;

  const made = (tag, text, attributes = {}) => {
    const element = document.createElement(tag);
    if (text) element.textContent = text;
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };
  // Where the first model and another are parent and child, a file holds their drawings in line.
  const drawings = () => {
    const found = [];
    let all = true;
    for (const other of models.slice(1)) {
      const pair = [[models[0], other], [other, models[0]]].find(([old, young]) => data.beside[young]?.includes(old));
      if (!pair) { all = false; continue; }
      const [old, young] = pair;
      const title = data.from.replace("{old}", () => data.names[old]).replace("{new}", () => data.names[young]);
      const figure = made("figure", "", { class: "canvas beside", tabindex: 0 });
      figure.append(made("img", "", { src: `${data.top}cards/${young}/from-${old}.svg`, alt: data.drawn }));
      found.push(made("h2", title), figure);
    }
    return all ? found : [...found, made("p", data.undrawn, { class: "note" })];
  };
  const table = made("table", "", { class: "sides" });
  const top = table.createTHead().insertRow();
  top.append(made("th", "", { scope: "col" }));
  for (const model of models) {
    const head = made("th", "", { scope: "col" });
    head.append(made("a", data.names[model], { href: `cards/${model}.html` }));
    top.append(head);
  }
  const body = table.createTBody();
  for (const [name, texts] of Object.entries(data.rows)) {
    const cells = models.map((model) => texts[model] ?? "-");
    const alike = new Set(cells).size === 1;
    if ((alike && (differing || cells[0] === "-"))) continue;
    const row = body.insertRow();
    const head = made("th", data.words[name] || name, { scope: "row" });
    if (!alike) head.append(made("span", " ≠", { class: "differs" }));
    row.append(head, ...cells.map((text) => made("td", text)));
  }
  const frame = made("div", "", { class: "scroll", role: "region", tabindex: 0, "aria-label": data.label });
  frame.append(table);
  document.getElementById("examples").replaceWith(...drawings(), made("h2", data.label), frame);
  document.querySelector("h1").textContent = models.map((model) => data.names[model]).join(" · ");
})();
