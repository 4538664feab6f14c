// The comparison of a site of files, where no server reads the address: it is made here of the page's data and of what
// the first model's own script says of it, which is compared(words) with every other model's texts by their places.
"use strict";
const compared = (() => {
  const MOST = 4;
  const data = JSON.parse(document.getElementById("data").textContent);
  const { names, figures, said, terms } = data;
  const query = new URLSearchParams(location.search);
  const asked = query.getAll("models").flatMap((each) => each.split(",")).map((each) => each.trim()).filter(Boolean);
  const named = (name) => Object.keys(names).find((id) => [id, names[id].toLowerCase()].includes(name.toLowerCase()));
  const models = asked.map(named);
  const differing = query.has("differing");
  const result = document.querySelector("[data-region=result]");

  const fields = document.querySelectorAll(".compared [name=models]");
  asked.slice(0, fields.length).forEach((each, i) => { fields[i].value = each; });
  document.querySelector("[name=differing]").checked = differing;
  for (const link of document.querySelectorAll("[data-language]")) link.search = location.search;

  const made = (tag, attributes, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  const cell = (tag, scope, inside) => made(tag, scope ? { scope } : {}, ...[inside].flat());
  const table = (heads, rows, { label, name = "", numbers = false }) => {
    const top = made("tr", {}, ...heads.map((each) => cell("th", "col", each)));
    const body = rows.map(([head, ...rest]) => made("tr", {}, cell("th", "row", head), ...rest.map((each) => cell("td", "", each))));
    if (numbers) for (const row of [top, ...body]) for (const each of [...row.cells].slice(1)) each.className = "figure";
    const whole = made("table", { class: name }, made("thead", {}, top), made("tbody", {}, ...body));
    return made("div", { class: "scroll", role: "region", tabindex: 0, "aria-label": label }, whole);
  };
  const list = (title, texts) => made("div", {}, made("h3", {}, title), made("ul", {}, ...texts.map((each) => made("li", {}, each))));
  const from = (old, young) => said.from.replace("{old}", () => old).replace("{new}", () => young);
  const number = (value) => value.toLocaleString("en");
  const known = (value) => typeof value === "number";

  // Both figures and their difference, where there are any.
  function pair(name, old, young) {
    const more = known(old) && known(young) ? young - old : null;
    const change = more === null ? "-" : `${more > 0 ? "+" : ""}${number(more)}`;
    return [name, ...[old, young].map((each) => (known(each) ? number(each) : "-")), change];
  }

  function changes(first, other, words) {
    const [old, young] = [figures[first], figures[other]];
    const [built, training] = words.pairs[other].map((places) => places.map((each) => words.texts[each]));
    const both = (kind) => [...new Set([...Object.keys(old[kind]), ...Object.keys(young[kind])])];
    const parameters = both("parameters").map((name) => pair(terms[name], old.parameters[name] ?? 0, young.parameters[name] ?? 0));
    const totals = both("totals").map((name) => pair(terms[name], old.totals[name], young.totals[name]));
    const costs = both("costs").filter((name) => known(old.costs[name]) || known(young.costs[name]))
      .map((name) => pair(terms[name], old.costs[name], young.costs[name]));
    const sides = () => [...[old, young].map(({ name }) => made("span", { class: "own" }, name)), said.difference];
    const block = made("div", { class: "changes" }, list(said.structure, built.length ? built : [said.same]));
    if (training.length) block.append(list(said.training, training));
    block.append(table([said.parameters, ...sides()], [...parameters, ...totals], { label: said.parameters, name: "words", numbers: true }));
    if (costs.length) block.append(table([said.token, ...sides()], costs, { label: said.token, name: "words", numbers: true }));
    return [made("h2", {}, from(old.name, young.name)), block];
  }

  // Of parent and child a file holds the drawings in line, from the parent.
  function inLine(first, other) {
    const found = [[first, other], [other, first]].find(([old, young]) => data.beside[young]?.includes(old));
    if (!found) return [];
    const [old, young] = found;
    const title = old === first ? [] : [made("h3", {}, from(figures[old].name, figures[young].name))];
    const image = made("img", { src: `cards/${young}/from-${old}.svg`, alt: said.both });
    return [...title, made("figure", { class: "canvas beside", tabindex: 0 }, image)];
  }

  function drawn(id) {
    const image = made("img", { src: `cards/${id}.svg`, alt: names[id] });
    return made("figure", { class: "canvas" }, made("a", { href: `cards/${id}.html#drawing` }, image));
  }

  function attributes() {
    const rows = [];
    for (const [name, texts] of Object.entries(data.rows)) {
      const cells = models.map((model) => texts[model] ?? "-");
      const alike = new Set(cells).size === 1;
      if (alike && (differing || cells[0] === "-")) continue;
      const mark = alike ? [] : [made("span", { class: "differs", title: said.differ }, " ≠")];
      rows.push([[data.words[name], ...mark], ...cells]);
    }
    const heads = models.map((model) => made("a", { href: `cards/${model}.html` }, names[model]));
    return [made("h2", {}, said.label), table(["", ...heads], rows, { label: said.label, name: "sides" })];
  }

  function show(words) {
    const [first, ...others] = models;
    const shown = [];
    const alone = words ? [] : models.filter((each) => each in figures);
    for (const other of words ? others.filter((each) => each in words.pairs) : []) {
      const drawings = inLine(first, other);
      shown.push(...changes(first, other, words), ...drawings);
      if (!drawings.length) alone.push(other);
    }
    if (words && alone.length) alone.unshift(first);
    if (alone.length) shown.push(made("h2", {}, said.drawing), made("div", { class: "side" }, ...[...new Set(alone)].map(drawn)));
    result.replaceChildren(...shown, ...attributes());
    const title = models.map((model) => names[model]).join(" · ");
    document.querySelector("h1").textContent = title;
    document.title = `${title} · Clados`;
  }

  const wrong = asked.find((_, i) => !models[i]);
  const mistake = wrong ? said.unknown.replace("{name}", () => wrong)
    : models.length > MOST ? said.many.replace("{number}", models.length) : "";
  if (mistake) result.prepend(made("p", { class: "mistake", role: "alert" }, mistake));
  else if (models.length > 1 && !(models[0] in figures)) show();
  else if (models.length > 1) document.head.append(made("script", { src: `compare/${models[0]}.js` }));
  return show;
})();
