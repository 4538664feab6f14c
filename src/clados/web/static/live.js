// Forms whose answer is a page: what one changes is asked of the server, and the regions of its answer replace those here.
// Without this script the same forms are sent by their button, and the same page comes back whole.
// In a site of files, Python in the page answers in the server's place.
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

  async function ask(form) {
    const number = (asked += 1);
    const said = clean(form);
    const address = form.getAttribute("action") + (said ? `?${said}` : "");
    form.setAttribute("aria-busy", "true");
    const answer = await fetched(address);
    if (number !== asked || !answer) return;
    form.removeAttribute("aria-busy");
    if (form.dataset.live === "address") history.replaceState(null, "", said ? `?${said}` : location.pathname);
    put(answer);
  }

  const inPage = typeof python === "undefined" ? null : python;
  const read = (text) => new DOMParser().parseFromString(text, "text/html");

  async function fetched(address) {
    try {
      return read(await (inPage ? inPage.answer(address) : (await fetch(address)).text()));
    } catch {
      return null; // the server has ended; what is shown stays
    }
  }

  // Regions of the answer in place of those of their names. What is being typed stays, and so do the folds that are open.
  function put(answer) {
    const styles = [...document.querySelectorAll("head style")].map((each) => each.textContent);
    if ([...answer.querySelectorAll("head style")].some((each) => !styles.includes(each.textContent))) {
      location.reload(); // a picture of another kind, whose style the policy of this page does not know
      return;
    }
    for (const old of regions(document)) {
      const fresh = regions(answer).find((each) => each.dataset.region === old.dataset.region);
      if (!fresh || fresh.innerHTML === old.innerHTML) continue;
      if (old.dataset.region === "title") document.title = answer.title;
      const typing = old.contains(document.activeElement) ? document.activeElement : null;
      const open = new Map([...old.querySelectorAll("details[data-key]")].map((each) => [each.dataset.key, each.open]));
      const places = [...old.querySelectorAll("[data-key]")].map((each) => [each.dataset.key, each.scrollTop]);
      old.replaceChildren(...fresh.childNodes);
      for (const each of old.querySelectorAll("details[data-key]")) if (open.has(each.dataset.key)) each.open ||= open.get(each.dataset.key);
      for (const [key, top] of places) if (top) old.querySelector(`[data-key="${CSS.escape(key)}"]`)?.scrollTo({ top });
      if (typing && typing.name) goOn(old, typing);
      document.dispatchEvent(new CustomEvent("clados:fresh", { detail: old }));
    }
  }

  function goOn(region, typing) {
    const again = [...region.querySelectorAll("[name]")].find((each) => each.name === typing.name && (each.type !== "radio" || each.value === typing.value));
    if (!again) return;
    if (again.matches("input[type=text], textarea")) again.value = typing.value;
    again.focus({ preventScroll: true });
    if (again.matches("input[type=text], textarea")) again.setSelectionRange(typing.selectionStart, typing.selectionEnd);
  }

  for (const form of document.querySelectorAll("form[data-live]")) {
    let waiting = 0;
    const later = () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => ask(form), WAIT);
    };
    form.addEventListener("input", (event) => {
      if (!event.isComposing && event.target.matches("input:not([type=checkbox]):not([type=radio]), textarea")) later();
    });
    form.addEventListener("compositionend", later);
    form.addEventListener("change", (event) => {
      if (!event.target.matches("select, [type=checkbox], [type=radio]")) return;
      clearTimeout(waiting);
      ask(form);
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      clearTimeout(waiting);
      ask(form);
    });
    if (form.dataset.live === "here") near(form, () => ask(form));
  }

  // A card's own example is asked for when it comes near the window: it needs torch, which many a visit does not.
  function near(form, act) {
    const watch = new IntersectionObserver(([seen]) => {
      if (!seen.isIntersecting) return;
      watch.disconnect();
      act();
    }, { rootMargin: "100% 0px" });
    watch.observe(form);
  }

  inPage?.first.then((text) => { if (!asked) put(read(text)); }, () => {}); // the page itself tells what failed

  // Pages that go on by themselves, such as those of runs.
  const every = document.querySelector("[data-every]");
  if (every) setInterval(async () => {
    if (document.hidden) return;
    const answer = await fetched(location.href);
    const names = (page) => JSON.stringify(regions(page).map((each) => each.dataset.region).sort());
    if (answer && names(answer) !== names(document)) location.reload(); // a run has come, or gone
    else if (answer) put(answer);
  }, Number(every.dataset.every));
})();
