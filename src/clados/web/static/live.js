// Forms whose answer is a page: what one changes is asked of the server, and the regions of its answer replace those here.
// Without this script the same forms are sent by their button, and the same page comes back whole.
"use strict";
(() => {
  const WAIT = 350; // milliseconds without a key before a question is asked
  let asked = 0; // number of the last question: earlier answers that come late are dropped

  const regions = (page) => [...page.querySelectorAll("[data-region]")];
  const clean = (form) => {
    const said = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (typeof value === "string" && !blank(form, name, value)) said.append(name, value);
    return said.toString();
  };
  // What is as it was at first need not be said.
  const blank = (form, name, value) => [...form.querySelectorAll("[data-usual]")].some((each) => each.name === name && each.dataset.usual === value);

  async function ask(form, keep) {
    const number = (asked += 1);
    const said = clean(form);
    const address = form.getAttribute("action") + (said ? `?${said}` : "");
    form.setAttribute("aria-busy", "true");
    const answer = await fetched(address);
    if (number !== asked || !answer) return;
    form.removeAttribute("aria-busy");
    if (form.dataset.live === "address") history.replaceState(null, "", said ? `?${said}` : location.pathname);
    put(answer, keep);
  }

  async function fetched(address) {
    try {
      return new DOMParser().parseFromString(await (await fetch(address)).text(), "text/html");
    } catch {
      return null; // the server has ended; what is shown stays
    }
  }

  // Regions of the answer in place of those of their names; one that is being typed in stays as it is.
  function put(answer, keep) {
    const styles = [...document.querySelectorAll("head style")].map((each) => each.textContent);
    if ([...answer.querySelectorAll("head style")].some((each) => !styles.includes(each.textContent))) {
      location.reload(); // a picture of another kind, whose style the policy of this page does not know
      return;
    }
    const focus = document.activeElement;
    const name = focus && focus.name;
    for (const old of regions(document)) {
      const fresh = regions(answer).find((each) => each.dataset.region === old.dataset.region);
      if (!fresh || (keep && old.contains(focus)) || fresh.innerHTML === old.innerHTML) continue;
      const open = new Set([...old.querySelectorAll("details[open][data-key]")].map((each) => each.dataset.key));
      old.replaceChildren(...fresh.childNodes);
      for (const each of old.querySelectorAll("details[data-key]")) if (open.has(each.dataset.key)) each.open = true;
      document.dispatchEvent(new CustomEvent("clados:fresh", { detail: old }));
    }
    if (name && document.activeElement !== focus) {
      const again = [...document.getElementsByName(name)].find((each) => each.value === focus.value || each.type !== "radio");
      if (again) again.focus();
    }
  }

  for (const form of document.querySelectorAll("form[data-live]")) {
    let waiting = 0;
    const later = (keep) => {
      clearTimeout(waiting);
      waiting = setTimeout(() => ask(form, keep), WAIT);
    };
    form.addEventListener("input", (event) => { if (event.target.matches("input:not([type=checkbox]):not([type=radio]), textarea")) later(true); });
    form.addEventListener("change", (event) => { if (event.target.matches("select, [type=checkbox], [type=radio], [type=range]")) { clearTimeout(waiting); ask(form, false); } });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      clearTimeout(waiting);
      ask(form, false);
    });
  }

  // Pages that go on by themselves, such as those of runs.
  const every = document.querySelector("[data-every]");
  if (every) setInterval(async () => {
    if (document.hidden) return;
    const answer = await fetched(location.href);
    if (answer) put(answer, true);
  }, Number(every.dataset.every));
})();
