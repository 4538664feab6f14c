// Python in a page of a site of files: a worker that runs Pyodide answers what a server would, by the same functions.
// A page in a file may fetch nothing, so that Pyodide's files come as scripts, packed and in base64.
"use strict";
const python = (() => {
  const note = document.getElementById("python");
  const told = note.querySelector("span"), bar = note.querySelector("progress");
  const files = {};
  const waiting = new Map();

  function script(source) {
    return new Promise((done, failed) => {
      const element = document.createElement("script");
      element.src = source;
      element.onload = done;
      element.onerror = () => failed(new Error(source));
      document.head.append(element);
    });
  }

  async function unpacked(text) {
    const letters = atob(text);
    const packed = Uint8Array.from({ length: letters.length }, (_, i) => letters.charCodeAt(i));
    return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
  }

  // What the worker runs, behind Pyodide's own scripts. Its text is taken: it uses nothing from outside.
  function inside() {
    onmessage = async ({ data: { files, lock } }) => {
      try {
        const place = "file:///python/"; // where Pyodide asks for its files; they are here already
        globalThis.fetch = async (address) => {
          const name = String(address).split("/").pop();
          if (!(name in files)) return new Response(null, { status: 404 });
          return new Response(files[name], { headers: { "Content-Type": name.endsWith(".wasm") ? "application/wasm" : "application/zip" } });
        };
        const pyodide = await loadPyodide({ indexURL: place, packageBaseUrl: place, lockFileContents: { info: lock, packages: {} } });
        pyodide.unpackArchive(files["clados.zip"], "zip", { extractDir: "/clados" });
        const siteAnswer = pyodide.runPython(`
import os, sys, tomllib
sys.modules["tomli"] = tomllib  # the same, as it is in the standard library
sys.path.insert(0, "/clados")
if os.path.isdir("/clados/own"):
    os.environ["CLADOS_PATH"] = os.pathsep.join(each.path for each in sorted(os.scandir("/clados/own"), key=lambda each: int(each.name)))
from clados.web.in_browser import site_answer
site_answer`);
        onmessage = ({ data: { number, address } }) => {
          try {
            const found = siteAnswer(address);
            const [status, text] = found.toJs();
            found.destroy();
            postMessage({ number, status, text });
          } catch (error) {
            postMessage({ number, status: 500, text: String(error) });
          }
        };
        postMessage({ ready: true });
      } catch (error) {
        postMessage({ failed: String(error) });
      }
    };
  }

  async function started() {
    const pieces = JSON.parse(note.dataset.pieces);
    const all = Object.values(pieces).reduce((sum, each) => sum + each, 0);
    told.textContent = note.dataset.coming;
    bar.hidden = false;
    let here = 0;
    for (const [piece, bytes] of Object.entries(pieces)) {
      await script(note.dataset.top + piece);
      bar.value = (here += bytes) / all;
    }
    told.textContent = note.dataset.starting;
    bar.removeAttribute("value");
    for (const name of Object.keys(files)) files[name] = await unpacked(files[name]);
    const parts = [files["pyodide.js"], "\n", files["pyodide.asm.js"], `\n(${inside})();`];
    const worker = new Worker(URL.createObjectURL(new Blob(parts, { type: "text/javascript" })));
    await new Promise((done, failed) => {
      worker.onerror = (event) => failed(new Error(event.message));
      worker.onmessage = ({ data }) => (data.ready ? done() : failed(new Error(data.failed)));
      worker.postMessage({ files, lock: JSON.parse(note.dataset.lock) });
    });
    worker.onmessage = ({ data }) => {
      waiting.get(data.number)(data);
      waiting.delete(data.number);
    };
    return worker;
  }

  // Where a button starts it, the page does without until then; its forms are answered from then on.
  const button = note.querySelector("button");
  const wanted = button && new Promise((done) => button.addEventListener("click", done)).then(() => {
    button.remove();
    script(`${note.dataset.top}static/live.js`);
  });
  const running = wanted ? wanted.then(started) : started();

  async function asked(address) {
    const worker = await running;
    return new Promise((done) => {
      const number = (asked.number = (asked.number || 0) + 1);
      waiting.set(number, done);
      worker.postMessage({ number, address: note.dataset.folder + address });
    });
  }

  // The page as its address says it: the first answer, after which all is ready.
  const first = running.then(() => asked(document.querySelector("form[data-live]").getAttribute("action") + location.search));
  first.then(() => {
    told.textContent = note.dataset.ready;
    bar.hidden = true;
  }, (error) => {
    told.textContent = `${note.dataset.failed} (${error.message})`;
    note.classList.add("mistake");
    bar.hidden = true;
  });

  // A link to a file that a server would make.
  document.addEventListener("click", async (event) => {
    const link = event.target.closest("a[data-made]");
    if (!link) return;
    event.preventDefault();
    const { status, text } = await asked(link.getAttribute("href"));
    if (status !== 200) return;
    const file = document.createElement("a");
    file.download = link.download;
    file.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    file.click();
    URL.revokeObjectURL(file.href);
  });

  return {
    first: first.then(({ text }) => text),
    given: (name, text) => { files[name] = text; },
    answer: async (address) => (await asked(address)).text,
  };
})();
