// Keeps the person's page as it is now: told by a stream, else by asking now and then. Only what is read is replaced, never a form
// that somebody may be filling in; where a form comes or goes, a link to load the page again is shown instead.
"use strict";

(() => {
  const place = document.getElementById("mine");
  if (!place) return;
  const { stream, poll, changed } = place.dataset;
  const said = document.getElementById("said");
  const renew = document.getElementById("renew");
  const POLL = 30000; // milliseconds
  let mark = place.dataset.mark;
  let busy = false, waiting = false, polling = null;

  const parts = (root) => new Map([...root.querySelectorAll("[data-live]")].map((part) => [part.dataset.live, part]));
  const shape = (root) => [...root.querySelectorAll("article.mine")].map((one) => `${one.id}:${one.querySelectorAll("form").length}`).join();

  async function draw() {
    const answer = await fetch(location.href, { credentials: "same-origin", headers: { Accept: "text/html" } }).catch(() => null);
    if (!answer?.ok) return false;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("mine");
    if (!fresh) return false;
    const here = parts(document);
    let moved = false;
    for (const [name, part] of parts(fresh)) {
      const old = here.get(name);
      if (!old || old.innerHTML === part.innerHTML) continue;
      old.replaceWith(part);
      part.classList.add("fresh");
      moved = true;
    }
    if (shape(fresh) !== shape(place)) renew.hidden = false;
    if (moved || !renew.hidden) said.textContent = changed;
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
    if (await draw()) mark = now;
    busy = false;
    if (waiting) {
      waiting = false;
      ask();
    }
  }

  async function ask() {
    const answer = await fetch(poll, { credentials: "same-origin", headers: { Accept: "application/json" } }).catch(() => null);
    if (answer?.ok) heard((await answer.json()).mark);
  }

  const fallBack = () => (polling ??= setInterval(ask, POLL));
  if (!window.EventSource) return fallBack();
  const source = new EventSource(stream);
  source.addEventListener("mark", (event) => heard(event.data));
  source.onerror = () => {
    if (source.readyState === EventSource.CLOSED) fallBack();
  };
  addEventListener("pagehide", () => source.close());
})();
