// Films: frames that stand side by side become one place, with a slider and a button that plays them.
"use strict";
(() => {
  const PACE = 140; // milliseconds a frame
  const all = (place) => { for (const film of place.querySelectorAll("[data-film]")) enliven(film); };
  all(document);
  document.addEventListener("clados:fresh", (event) => all(event.detail)); // what came into the page since

  function enliven(film) {
    const frames = [...film.querySelectorAll("figure")];
    if (frames.length < 2) return;
    film.classList.add("live");
    const [bar, slider, button] = ["div", "input", "button"].map((name) => document.createElement(name));
    bar.className = "reel";
    Object.assign(slider, { type: "range", min: 0, max: frames.length - 1, value: film.dataset.film === "fold" ? 0 : frames.length - 1 });
    slider.setAttribute("aria-label", film.dataset.frame);
    button.type = "button";
    bar.append(button, slider);
    film.append(bar);
    let playing = 0;
    const show = () => frames.forEach((frame, i) => { frame.hidden = i !== Number(slider.value); });
    const stop = () => {
      clearInterval(playing);
      playing = 0;
      button.textContent = `▶ ${film.dataset.play}`;
    };
    const round = film.dataset.film === "fold"; // goes on from the start
    button.addEventListener("click", () => {
      if (playing) return stop();
      if (Number(slider.value) === frames.length - 1) slider.value = 0;
      show();
      button.textContent = `■ ${film.dataset.stop}`;
      playing = setInterval(() => {
        if (!film.isConnected) return stop();
        slider.value = (Number(slider.value) + 1) % frames.length;
        show();
        if (!round && Number(slider.value) === frames.length - 1) stop();
      }, PACE);
    });
    slider.addEventListener("input", (event) => { event.stopPropagation(); stop(); show(); });
    stop();
    show();
  }
})();
