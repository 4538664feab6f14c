// Ranges of dates, of parameters and of vocabularies: histograms that say how many models are left, with a brush over each.
"use strict";
(() => {
  // The bars of a histogram: of the models that stay by all other filters, those in each bin.
  clados.bars = (figure, data, stays) => {
    const name = figure.dataset.histogram;
    const height = figure.viewBox.baseVal.height;
    const bars = (figure.bars ||= [...figure.querySelectorAll("[data-bin]")]);
    const numbers = bars.map((bar) => {
      const finds = (bar.finds ||= clados.holds(data, name, data.bins[name][bar.dataset.bin]));
      return stays.reduce((sum, each, row) => sum + (each && finds[row]), 0);
    });
    const most = Math.max(...numbers, 1);
    for (const [i, bar] of bars.entries()) {
      const [span, number] = [data.bins[name][bar.dataset.bin], numbers[i]];
      const tall = (height * number) / most;
      if (bar.tall === tall && bar.number === number) continue;
      [bar.tall, bar.number] = [tall, number];
      bar.setAttribute("height", tall);
      bar.setAttribute("y", height - tall);
      bar.querySelector("title").textContent = `${span.replace("..", "–")}: ${number}`;
    }
  };

  // A brush over a histogram writes the span into the field below it, and shows the span that the field holds.
  clados.brushed = (figure, data, field, update) => {
    const name = figure.dataset.histogram;
    const bins = data.bins[name];
    const { width, height } = figure.viewBox.baseVal;
    const wide = width / bins.length;
    let own = false, told = ""; // what the brush shows
    const brush = d3.brushX().extent([[0, 0], [width, height]]).on("end", ({ selection, sourceEvent }) => {
      if (!sourceEvent || own) return;
      told = null;
      field.value = selection ? span(...selection.map((x) => x / wide)) : "";
      update();
    });
    const group = d3.select(figure).select(".brush").call(brush);

    function span(from, to) {
      const first = bins[Math.min(Math.floor(from + 0.2), bins.length - 1)].split("..")[0];
      const last = bins[Math.min(Math.max(Math.ceil(to - 0.2), 1), bins.length) - 1].split("..")[1];
      return `${short(first)}..${short(last)}`;
    }

    function short(text) {
      if (name === "date") return text;
      const exact = Number(text);
      const [unit, letter] = [[1e12, "T"], [1e9, "B"], [1e6, "M"], [1e3, "k"]].find(([each]) => exact >= each * 0.9995) || [1, ""];
      return `${Number((exact / unit).toPrecision(3))}${letter}`;
    }

    return (chosen) => {
      if (told === (chosen[name] || "")) return;
      told = chosen[name] || "";
      own = true;
      if (!chosen[name] || !clados.holds(data, name, chosen[name])) group.call(brush.move, null);
      else {
        const test = bins.map((each) => inside(each, chosen[name]));
        const first = test.indexOf(true), last = test.lastIndexOf(true);
        group.call(brush.move, first < 0 ? null : [first * wide, (last + 1) * wide]);
      }
      own = false;
    };

    // Whether a bin's middle lies in what the field asks for.
    function inside(bin, text) {
      const middle = name === "date" ? bin.split("..")[0] : Math.sqrt(bin.split("..").reduce((a, b) => a * b));
      const column = { attributes: { [name]: { ...data.attributes[name], values: [[middle]] } }, flags: {} };
      return clados.holds(column, name, text)[0];
    }
  };
})();
