// Turns the panels of the wall. Without this script they stand below each other.
"use strict";
(() => {
  const wall = document.getElementById("wall"), panels = [...wall.querySelectorAll(".panel")];
  const turn = document.getElementById("turn"), place = document.getElementById("place");
  let at = 0, paused = matchMedia("(prefers-reduced-motion: reduce)").matches, shownAt = performance.now();

  function show(n) {
    at = (n + panels.length) % panels.length;
    shownAt = performance.now();
    panels.forEach((panel, i) => { panel.hidden = i !== at; });
    place.textContent = place.dataset.text.replace("{n}", at + 1).replace("{of}", panels.length);
  }

  function stop(really) {
    paused = really;
    shownAt = performance.now();
    turn.textContent = paused ? turn.dataset.resume : turn.dataset.pause;
    turn.setAttribute("aria-pressed", String(paused));
  }

  document.getElementById("previous").addEventListener("click", () => show(at - 1));
  document.getElementById("next").addEventListener("click", () => show(at + 1));
  turn.addEventListener("click", () => stop(!paused));
  addEventListener("keydown", (event) => {
    if (event.target.closest("a, button, input, select, textarea") && event.key === " ") return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " ") { event.preventDefault(); stop(!paused); }
    else if (event.key === "ArrowRight") show(at + 1);
    else if (event.key === "ArrowLeft") show(at - 1);
    else if (event.key === "f" || event.key === "F") document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen();
  });
  setInterval(() => { if (!paused && performance.now() - shownAt >= 1000 * wall.dataset.seconds) show(at + 1); }, 250);
  wall.classList.add("turns");
  stop(paused);
  show(0);
})();
