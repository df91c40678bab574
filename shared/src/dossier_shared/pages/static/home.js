// Asks each service how much waits at its desk. One that is away, or answers nonsense, leaves its own numbers out.
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

  async function fill(desk) {
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
      list.hidden = true;
      said.textContent = status === 401 ? t("home.expired") : t("home.away");
    } finally {
      clearTimeout(patience);
    }
  }

  const refresh = () => {
    if (!document.hidden) for (const desk of document.querySelectorAll("[data-counts]")) fill(desk);
  };
  refresh();
  setInterval(refresh, EVERY);
  document.addEventListener("visibilitychange", refresh);
})();
