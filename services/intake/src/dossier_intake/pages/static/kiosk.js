// A machine that many people use: whoever has gone without a word is asked once, then signed out. The button "Finish and clear"
// works without this; with it, what a page may have left in this browser is thrown away here too, and nothing is shown meanwhile.
"use strict";

(() => {
  const bar = document.getElementById("kiosk");
  const finish = document.getElementById("kiosk-finish");
  const warning = document.getElementById("kiosk-warning");
  const idle = bar.dataset.idle * 1000, warned = bar.dataset.warning * 1000;
  const others = globalThis.BroadcastChannel && new BroadcastChannel("dossier.kiosk"); // other windows of this browser
  let last = bar.hasAttribute("data-asking") ? Date.now() - idle + warned : Date.now();
  let leaving = false;

  function touched(told = true) {
    if (told && Date.now() - last > 1000) others?.postMessage("touched");
    last = Date.now();
    if (warning.open) warning.close();
  }
  async function forget() {
    try {
      sessionStorage.clear();
      localStorage.clear();
      for (const { name } of (await indexedDB.databases?.()) ?? []) indexedDB.deleteDatabase(name);
      for (const name of await caches.keys()) await caches.delete(name);
      for (const worker of (await navigator.serviceWorker?.getRegistrations()) ?? []) await worker.unregister();
    } catch {} // a browser that keeps nothing has nothing to forget
  }
  const line = () => fetch(bar.dataset.alive, { cache: "no-store" }).then((answer) => answer.ok, () => false);
  // Without a line the session cannot be ended yet: nothing is shown until it is.
  async function leave() {
    if (leaving) return;
    leaving = true;
    if (warning.open) warning.close();
    hide();
    document.getElementById("kiosk-clearing").hidden = false;
    others?.postMessage("leaving");
    await forget();
    while (!(await line())) await new Promise((resolve) => setTimeout(resolve, 2000));
    finish.submit();
  }
  function hide() {
    leaving = true;
    for (const part of document.body.children) part.hidden = true;
    document.title = "…";
  }

  finish.addEventListener("submit", (event) => {
    event.preventDefault();
    leave();
  });
  document.getElementById("kiosk-go").addEventListener("click", leave);
  document.getElementById("kiosk-stay").addEventListener("click", () => touched());
  warning.addEventListener("cancel", () => touched()); // Escape
  for (const sign of ["keydown", "pointerdown", "pointermove", "input", "scroll"]) {
    addEventListener(sign, () => warning.open || leaving || touched(), { capture: true, passive: true });
  }
  others?.addEventListener("message", ({ data }) => {
    if (data === "touched" && !leaving) touched(false);
    if (data === "leaving" && !leaving) {
      hide();
      location.replace(bar.dataset.start);
    }
  });
  addEventListener("pageshow", (event) => event.persisted && location.reload()); // a page from before somebody finished

  function look() {
    if (leaving) return;
    const left = idle - (Date.now() - last);
    if (left <= 0) return leave();
    if (left > warned) return;
    document.getElementById("kiosk-left").textContent = Math.ceil(left / 1000);
    if (!warning.open) warning.showModal();
  }
  if (!bar.hasAttribute("data-used")) return forget(); // the page everybody begins with, and nobody has
  setInterval(look, 1000);
  document.addEventListener("visibilitychange", () => document.hidden || look());
})();
