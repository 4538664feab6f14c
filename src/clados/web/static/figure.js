// Drawings alive: zoom, pan, search and fly, lines of descent, and cards behind models.
"use strict";
(() => {
  const LEGIBLE = 0.85; // of the size that drawings have
  const HIGH = 560; // pixels of a drawing that a phone shows at once

  const all = (place) => { for (const frame of place.querySelectorAll("[data-zoom]")) enliven(frame, frame.querySelector("svg")); };
  all(document);
  document.addEventListener("clados:fresh", (event) => all(event.detail)); // what came into the page since

  // A link of a fold changes the drawing and the address, not the page; without an answer it is followed.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("#drawing a[data-fold][href*='?']");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    show(link.href, link.dataset.fold);
  });

  async function show(address, key) {
    const answer = await fetch(address).catch(() => null);
    if (!answer || !answer.ok) { location.href = address; return; }
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("drawing");
    document.getElementById("drawing").replaceWith(document.adoptNode(fresh));
    history.replaceState(null, "", address); // so that Back leaves the page at once, as after filters
    document.dispatchEvent(new CustomEvent("clados:fresh", { detail: fresh }));
    fresh.querySelector(`svg [data-fold="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
  }

  // The address of the drawing with a layer drawn whole, or again among the others.
  function layer(key) {
    const address = new URL(location.href);
    const open = address.searchParams.getAll("open");
    const rest = open.filter((each) => each !== key);
    const wanted = rest.length < open.length ? [...new Set([...rest, key.replace(/\.\d+$/, "")])] : [...open, key];
    address.searchParams.delete("open");
    for (const each of wanted) address.searchParams.append("open", each);
    return address.href;
  }

  function enliven(frame, svg) {
    const { width, height } = svg.viewBox.baseVal;
    const picture = document.createElementNS(svg.namespaceURI, "g");
    picture.append(...svg.childNodes);
    svg.append(picture);
    svg.setAttribute("role", "group");
    const name = picture.querySelector("title");
    if (name) svg.setAttribute("aria-label", name.textContent);
    if (name && name.parentNode === picture) name.remove(); // else the whole picture has its name as a tooltip
    frame.classList.add("live");
    const changes = document.createElement("ul");
    changes.className = "lit-changes";
    if (picture.querySelector("[data-parent]")) {
      const over = document.createElement("div"); // has no height, so that nothing below moves when a line is lit
      over.className = "lit";
      over.append(changes);
      frame.after(over);
    }

    const free = frame.dataset.zoom === "wheel"; // a frame of its own size; other drawings keep theirs
    const zoom = d3.zoom().translateExtent([[0, 0], [width, height]])
      .filter((event) => (event.type === "wheel" ? free || event.ctrlKey : !event.button))
      .on("zoom", ({ transform }) => picture.setAttribute("transform", transform));
    const view = d3.select(svg).call(zoom);
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    let whole = d3.zoomIdentity; // shows all
    const moved = () => (calm ? view : view.transition().duration(450));
    bar();
    fit();
    if (free) {
      // At first as wide as the frame, from the top, and never so small that names cannot be read.
      const scale = Math.max(svg.clientWidth / width, LEGIBLE);
      view.call(zoom.transform, d3.zoomIdentity.scale(scale));
      addEventListener("resize", fit);
    } else if (!frame.classList.contains("long")) atTop();
    paper();
    if (free) signs();
    if (frame.dataset.cards) models(frame.dataset.cards);
    const inside = document.querySelector("[data-inside]");
    if (inside) boxes(inside);
    folds();

    // A frame that is narrower than its drawing begins where most of the drawing's upper part is seen whole.
    function atTop() {
      const wide = frame.clientWidth;
      if (frame.scrollWidth <= wide) return;
      const corner = svg.getBoundingClientRect();
      const boxes = [...picture.querySelectorAll("[data-box]")].map((each) => each.getBoundingClientRect())
        .filter((each) => each.width < wide && each.top - corner.top < HIGH)
        .map((each) => [each.left - corner.left, each.right - corner.left]);
      const whole = (from) => boxes.filter(([left, right]) => left >= from && right <= from + wide).length;
      const starts = [0, ...boxes.map(([left, right]) => (left + right - wide) / 2)];
      frame.scrollLeft = starts.reduce((one, other) => (whole(other) > whole(one) ? other : one));
    }

    // What the zoom may show: pixels of the frame, or of the drawing where the frame has its shape.
    function fit() {
      const [wide, high] = free ? [svg.clientWidth, svg.clientHeight] : [width, height];
      svg.setAttribute("viewBox", `0 0 ${wide} ${high}`);
      const scale = Math.min(wide / width, high / height);
      zoom.extent([[0, 0], [wide, high]]).scaleExtent([Math.min(scale, 1), 16]);
      whole = d3.zoomIdentity.translate((wide - width * scale) / 2, 0).scale(scale);
    }

    // Paper has the whole drawing, whatever the window shows of it.
    function paper() {
      addEventListener("beforeprint", () => {
        svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
        picture.removeAttribute("transform");
      });
      addEventListener("afterprint", () => {
        fit();
        picture.setAttribute("transform", d3.zoomTransform(svg));
      });
    }

    function button(sign, label, act) {
      const made = document.createElement("button");
      made.type = "button";
      made.textContent = sign;
      made.setAttribute("aria-label", label);
      made.title = label;
      made.addEventListener("click", act);
      return made;
    }

    function bar() {
      const words = frame.dataset;
      const place = document.createElement("div");
      place.className = "zoombar";
      place.append(
        button("+", words.zoomIn, () => moved().call(zoom.scaleBy, 1.6)),
        button("−", words.zoomOut, () => moved().call(zoom.scaleBy, 1 / 1.6)),
        button("⤢", words.showAll, () => moved().call(zoom.transform, whole)),
      );
      frame.prepend(place);
      svg.addEventListener("keydown", (event) => {
        const step = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[event.key];
        if (step) view.call(zoom.translateBy, ...step);
        else if (event.key === "+" || event.key === "=") moved().call(zoom.scaleBy, 1.6);
        else if (event.key === "-") moved().call(zoom.scaleBy, 1 / 1.6);
        else if (event.key === "0") moved().call(zoom.transform, whole);
        else return;
        event.preventDefault();
      });
      if (!frame.dataset.cards) return;
      const hint = document.createElement("small");
      hint.textContent = frame.dataset.hint;
      place.append(finder(), hint);
    }

    // What the signs mean stays above the frame, which shows only a part of a large drawing.
    function signs() {
      const place = document.createElement("div");
      place.className = "signs";
      place.setAttribute("aria-hidden", "true"); // as it stands in the drawing, too
      for (const legend of picture.querySelectorAll("[data-legend]")) {
        const line = document.createElement("div");
        for (const part of legend.children) { // each sign, and after it what it means, line by line
          if (part.localName !== "text") line.append(sign(part));
          else line.lastChild.append(/[\u3000-\u9fff\uff00-\uffef]$/.test(line.lastChild.textContent) ? "" : " ", part.textContent);
        }
        place.append(line);
      }
      frame.before(place);
    }

    function sign(mark) {
      const { x, y, width: wide, height: high } = mark.getBBox();
      const drawn = document.createElementNS(svg.namespaceURI, "svg");
      drawn.setAttribute("class", svg.getAttribute("class") || "");
      drawn.setAttribute("viewBox", `${x - 1} ${y - 1} ${wide + 2} ${high + 2}`);
      drawn.setAttribute("width", wide + 2);
      drawn.setAttribute("height", high + 2);
      drawn.append(mark.cloneNode(true));
      const place = document.createElement("span");
      place.append(drawn);
      return place;
    }

    function fly(node) {
      const box = node.getBBox();
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      const { width: wide, height: high } = svg.viewBox.baseVal;
      moved().call(zoom.transform, d3.zoomIdentity.translate(wide / 2, high / 2).scale(2).translate(-x, -y));
      node.focus({ preventScroll: true });
      light(node.dataset.id);
    }

    function finder() {
      const field = document.createElement("input");
      const list = document.createElement("datalist");
      list.id = `names-${Math.random().toString(36).slice(2)}`;
      const named = new Map();
      for (const node of nodes()) {
        const label = node.querySelector("title").textContent.split(",")[0];
        named.set(label.toLowerCase(), node);
        list.append(new Option(label, label));
      }
      field.type = "search";
      field.setAttribute("list", list.id);
      field.placeholder = frame.dataset.findAModel;
      field.setAttribute("aria-label", frame.dataset.findAModel);
      const go = () => {
        const wanted = field.value.trim().toLowerCase();
        const found = named.get(wanted);
        if (found) fly(found);
      };
      field.addEventListener("input", go);
      field.addEventListener("keydown", (event) => {
        if (event.key !== "Enter") return;
        const wanted = field.value.trim().toLowerCase();
        const near = named.get(wanted) || [...named].find(([label]) => wanted && label.includes(wanted))?.[1];
        if (near) fly(near);
      });
      const both = document.createElement("span");
      both.append(field, list);
      return both;
    }

    function nodes() {
      return picture.querySelectorAll("[data-id]");
    }

    function models(folder) {
      for (const node of nodes()) {
        const go = () => { location.href = `${folder}${node.dataset.id}.html`; };
        node.setAttribute("tabindex", "0");
        node.setAttribute("role", "link");
        node.setAttribute("aria-label", node.querySelector("title").textContent);
        node.addEventListener("click", go);
        node.addEventListener("keydown", (event) => { if (event.key === "Enter") go(); });
        node.addEventListener("focus", () => light(node.dataset.id));
        node.addEventListener("blur", dark);
        node.addEventListener("mouseenter", () => light(node.dataset.id));
        node.addEventListener("mouseleave", dark);
      }
    }

    // A box of the drawing opens its part among the folds below it.
    function boxes(inside) {
      const SAID = { blocks: "layers", attn: "attention", cross: "cross-attention", mlp: "feed-forward" };
      const said = (piece) => (piece.endsWith("_norm") || piece === "norm_out" ? "norm" : SAID[piece] || piece);
      const part = (key) => {
        let found = null, list = inside.querySelector("ul");
        for (const piece of key.replace(/^heads\.(.*)$/, "$1 head").split(".")) {
          const next = list && [...list.children].map((each) => each.firstElementChild)
            .find((each) => each.dataset.part.split(".").pop() === said(piece));
          if (!next) continue;
          found = next;
          list = next.querySelector(":scope > ul");
        }
        return found;
      };
      for (const node of picture.querySelectorAll("[data-box]:not([data-fold])")) {
        const target = part(node.dataset.box);
        if (!target) continue;
        choosable(node, () => {
          for (let each = target; each && each !== inside; each = each.parentElement) if (each.tagName === "DETAILS") each.open = true;
          for (const each of inside.querySelectorAll(".chosen-part")) each.classList.remove("chosen-part");
          target.classList.add("chosen-part");
          target.scrollIntoView({ block: "center", behavior: calm ? "auto" : "smooth" });
          (target.querySelector("summary") || target).focus({ preventScroll: true });
        });
      }
    }

    // A fold opens in the drawing itself, by the page's link for it; so does a layer of an opened one.
    function folds() {
      for (const node of picture.querySelectorAll("[data-fold]")) {
        const key = node.dataset.fold;
        const link = document.querySelector(`#drawing a[data-fold="${CSS.escape(key)}"]`);
        choosable(node, () => (link ? link.click() : show(layer(key), key)));
      }
    }

    function choosable(node, go) {
      node.setAttribute("tabindex", "0");
      node.setAttribute("role", "button");
      node.addEventListener("click", go);
      node.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); go(); } });
    }

    // The line of descent of a model: all its ancestors, all its descendants, and the edges between.
    function light(id) {
      dark();
      const edges = [...picture.querySelectorAll("[data-parent]")];
      if (!edges.length) return;
      const kin = new Set([id]), told = [];
      for (const [from, to] of [["parent", "child"], ["child", "parent"]]) {
        const line = new Set([id]);
        for (const each of line)
          for (const edge of edges)
            if (edge.dataset[to] === each) {
              edge.classList.add("kin");
              if (to === "child") told.unshift(edge.querySelector("title").textContent); // what changed on the way to it
              line.add(edge.dataset[from]);
              kin.add(edge.dataset[from]);
            }
      }
      for (const node of nodes()) node.classList.toggle("kin", kin.has(node.dataset.id));
      svg.classList.add("descent");
      changes.replaceChildren(...told.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
    }

    function dark() {
      svg.classList.remove("descent");
      changes.replaceChildren();
      for (const each of picture.querySelectorAll(".kin")) each.classList.remove("kin");
    }
  }
})();
