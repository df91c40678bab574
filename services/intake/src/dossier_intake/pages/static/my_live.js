// Keeps the person's page as it is now: told by a stream, else by asking now and then. Only what is read is replaced, never a form
// that somebody may be filling in; where a form comes or goes, a link to load the page again is shown instead.
"use strict";

(() => {
  const place = document.getElementById("mine");
  if (!place) return;
  const { stream, poll, changed, ended } = place.dataset;
  const said = document.getElementById("said");
  const renew = document.getElementById("renew");
  const POLL = 30000; // milliseconds
  let mark = place.dataset.mark;
  let busy = false, waiting = false, source = null;
  let told = false; // the stream has said something since it was opened: one that a proxy holds back never does

  const parts = (root) => new Map([...root.querySelectorAll("[data-live]")].map((part) => [part.dataset.live, part]));
  const shape = (root) => [...root.querySelectorAll("article.mine")].map((one) => `${one.id}:${one.querySelectorAll("form").length}`).join();

  function put(old, part) {
    const held = old.contains(document.activeElement) && document.activeElement.getAttribute("href");
    old.replaceWith(part);
    part.classList.add("fresh");
    if (held) [...part.querySelectorAll("a[href]")].find((link) => link.getAttribute("href") === held)?.focus({ preventScroll: true });
  }

  async function draw() {
    const answer = await fetch(location.href, { credentials: "same-origin", headers: { Accept: "text/html" } }).catch(() => null);
    if (!answer?.ok) return false;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("mine");
    if (!fresh) return false;
    const here = parts(document), moved = new Set();
    for (const [name, part] of parts(fresh)) {
      const old = here.get(name);
      if (!old || old.innerHTML === part.innerHTML) continue;
      const code = part.closest("article")?.id.replace("d-", "");
      if (code) moved.add(code);
      put(old, part);
    }
    const comes = renew.hidden && shape(fresh) !== shape(place);
    if (comes) renew.hidden = false;
    if (moved.size || comes) {
      const status = (code) => document.getElementById(`d-${code}`)?.querySelector(".status")?.textContent ?? "";
      said.textContent = [changed, ...[...moved].map((code) => `${code}: ${status(code)}.`)].join(" ");
    }
    mark = fresh.dataset.mark;
    return true;
  }

  async function heard(now) {
    if (now === mark) return;
    if (busy) {
      waiting = true;
      return;
    }
    busy = true;
    await draw(); // by which the mark is that of the page, never an older one
    busy = false;
    if (waiting) {
      waiting = false;
      ask();
    }
  }

  async function ask() {
    const answer = await fetch(poll, { credentials: "same-origin", headers: { Accept: "application/json" } }).catch(() => null);
    if (answer?.ok) return heard((await answer.json()).mark);
    if (answer?.status === 401) { // asked no more: it would be refused for as long as the page is open
      renew.hidden = false;
      said.textContent = ended;
      clearInterval(asking);
    }
  }

  function listen() {
    if (!window.EventSource || source) return;
    source = new EventSource(stream);
    source.addEventListener("mark", (event) => {
      told = true;
      heard(event.data);
    });
    source.onerror = () => (told = false); // it tries again by itself, or not
  }

  const asking = setInterval(() => told || document.hidden || ask(), POLL);
  document.addEventListener("visibilitychange", () => document.hidden || told || ask());
  addEventListener("pagehide", () => {
    source?.close();
    source = null;
    told = false;
  });
  addEventListener("pageshow", listen); // also when the page is taken back as it was left
})();
