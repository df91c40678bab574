// Asks each service how much waits at its desk. One that is away, or answers nonsense, leaves its own numbers out. Where the
// browser has no session yet it gets one on the way through the issuer, without being asked anything, once.
"use strict";

(() => {
  const { texts, lang } = JSON.parse(document.getElementById("config").textContent);
  const t = (id) => texts[id];
  const EVERY = 30_000;

  function line({ label, n, page, urgent }, base) {
    const item = document.createElement("li");
    const link = document.createElement("a");
    const address = new URL(page, base);
    address.searchParams.set("lang", lang);
    link.href = address;
    const number = document.createElement("strong");
    number.textContent = n.toLocaleString(lang);
    if (urgent && n) item.className = "urgent";
    link.append(number, ` ${label[lang]}`);
    item.append(link);
    return item;
  }

  let leaving = false;
  function signIn(desk) {
    if (leaving || !kept.first(desk.dataset.signIn)) return leaving;
    leaving = true;
    const way = new URL(desk.dataset.signIn, location.href);
    way.searchParams.set("silent", "1");
    way.searchParams.set("next", location.href);
    location.assign(way);
    return true;
  }

  async function fill(desk, opened) {
    const [said, list] = [desk.querySelector("[role=status]"), desk.querySelector(".counts")];
    const wait = new AbortController();
    const patience = setTimeout(() => wait.abort(), 5000);
    try {
      const asked = { credentials: "include", headers: { Accept: "application/json" }, signal: wait.signal };
      const answer = await fetch(desk.dataset.counts, asked);
      if (!answer.ok) throw answer.status;
      const { items } = await answer.json();
      list.replaceChildren(...items.map((one) => line(one, answer.url)));
      list.hidden = false;
      said.textContent = "";
    } catch (status) {
      if (status === 401 && opened && signIn(desk)) return;
      list.hidden = true;
      said.textContent = status === 401 ? t("home.expired") : t("home.away");
    } finally {
      clearTimeout(patience);
    }
  }

  const refresh = (opened = false) => {
    if (!document.hidden) for (const desk of document.querySelectorAll("[data-counts]")) fill(desk, opened);
  };
  refresh(true);
  setInterval(refresh, EVERY);
  document.addEventListener("visibilitychange", () => refresh());
})();
