// The language of the catalogue's filters, as clados.catalog.query has it: tests hold both to the same models.
"use strict";
const clados = {};

(() => {
  const UNITS = { "": 1, k: 1e3, m: 1e6, b: 1e9, g: 1e9, t: 1e12 };
  const escaped = (text) => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  const wild = (word) => /[*?]/.test(word);

  function number(text) {
    const found = /^((?:\d[\d_,]*\.?\d*|\.\d+)(?:e\d+)?)\s*([kmbgt]?)$/i.exec(text.trim());
    if (!found) throw new Error(text);
    const value = parseFloat(found[1].replace(/[_,]/g, "")) * UNITS[found[2].toLowerCase()];
    return Math.round(value);
  }

  function ends(text) {
    const at = text.indexOf("..");
    return at < 0 ? null : [text.slice(0, at).trim(), text.slice(at + 2).replace(/^\.+|\.+$/g, "").trim()];
  }

  function counts(text) {
    const range = ends(text);
    let low, high;
    if (range) {
      low = range[0] ? number(range[0]) : 0;
      high = range[1] ? number(range[1]) : Infinity;
    } else {
      const slack = /^\d+$/.test(text) ? 0 : 0.05;
      low = number(text) * (1 - slack);
      high = number(text) * (1 + slack);
    }
    if (low > high) throw new Error(text);
    return (each) => low <= each && each <= high;
  }

  function dates(text) {
    const [since, until] = ends(text) || [text, text];
    for (const each of [since, until]) if (each && !/^\d{4}(-\d{2}(-\d{2})?)?$/.test(each)) throw new Error(text);
    return (date) =>
      date.slice(0, since.length) >= since.slice(0, date.length) &&
      (!until || date.slice(0, until.length) <= until.slice(0, date.length));
  }

  function words(word, within) {
    const body = escaped(word).replace(/\\\*/g, ".*").replace(/\\\?/g, ".");
    const whole = within ? body : wild(word) ? `^${body}$` : `(?<![\\p{L}\\p{N}_-])${body}(?![\\p{L}\\p{N}_-])`;
    const pattern = new RegExp(whole, "isu");
    return (text) => pattern.test(text);
  }

  function one(column, word) {
    if (word.toLowerCase() === "unknown" && column.flag !== "--name") return (values) => values.length === 0;
    if (column.type === "count" || column.type === "counts") {
      const test = counts(word);
      return (values) => values.some(test);
    }
    if (column.type === "date") {
      const test = dates(word);
      return (values) => values.some(test);
    }
    const spelt = column.spellings[word.toLowerCase()];
    const test = words(spelt || word, column.type === "prose");
    return (values) => values.some(test);
  }

  // The rows that a filter leaves, as true and false; null where the filter is no filter yet.
  clados.holds = (data, name, text) => {
    text = text.trim();
    if (name in data.flags) return data.flags[name];
    if (name === "text") {
      const each = text.toLowerCase().split(/\s+/).filter(Boolean);
      return data.prose.map((prose) => each.every((word) => prose.includes(word)));
    }
    const column = data.attributes[name];
    const not = text.startsWith("!");
    try {
      const tests = text.slice(not ? 1 : 0).split(",").map((word) => word.trim()).filter(Boolean);
      if (!tests.length || tests.some((word) => word.startsWith("!"))) return null;
      const any = tests.map((word) => one(column, word));
      return column.values.map((values) => any.some((test) => test(values)) !== not);
    } catch {
      return null;
    }
  };

  // Rows in order; what is unknown comes last either way.
  clados.ordered = (data, sort) => {
    const back = sort.startsWith("-");
    const keys = (data.attributes[sort.replace(/^-/, "")] || data.attributes.name).keys;
    const rows = keys.map((_, row) => row);
    const known = rows.filter((row) => keys[row] !== null);
    known.sort((a, b) => (keys[a] < keys[b] ? -1 : keys[a] > keys[b] ? 1 : 0) * (back ? -1 : 1) || a - b);
    return [...known, ...rows.filter((row) => keys[row] === null)];
  };

  const safe = (text) => /^[\w@%+=:,./-]+$/.test(text);
  const quoted = (text) => (safe(text) ? text : `'${text.replaceAll("'", "'\"'\"'")}'`);

  clados.command = (data, filters, sort) => {
    const flag = (name) => (data.attributes[name] ? data.attributes[name].flag : `--${name}`);
    const parts = Object.entries(filters).map(([name, text]) =>
      name in data.flags ? flag(name) : `${flag(name)}${text[0] === "-" ? "=" : " "}${quoted(text)}`);
    if (sort !== "name") parts.push(`--sort ${quoted(sort)}`);
    return ["clados list", ...parts].join(" ");
  };

  clados.python = (data, filters, sort) => {
    const text = (value) => `"${value.replace(/[\\"]/g, "\\$&")}"`;
    const parts = Object.entries(filters).map(([name, value]) => `${name}=${name in data.flags ? "True" : text(value)}`);
    if (sort !== "name") parts.push(`sort=${text(sort)}`);
    return `clados.find(${parts.join(", ")})`;
  };
})();
