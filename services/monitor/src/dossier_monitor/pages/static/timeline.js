// One dossier's page while open: htmx fetches it anew when the server says that something changed; this says how it stands.
(() => {
  "use strict";
  const { texts } = JSON.parse(document.getElementById("config").textContent);
  const t = (id) => texts[id];
  const live = document.getElementById("live"), state = document.getElementById("state");
  const say = (name, text) => {
    live.dataset.state = name;
    if (state.textContent !== text) state.textContent = text;
  };
  let known, open;
  live.hidden = false;
  live.addEventListener("htmx:sseOpen", () => say("live", t("story.live")));
  live.addEventListener("htmx:sseError", () => say("lost", t("story.lost")));
  document.addEventListener("htmx:beforeSwap", () => {
    known = new Set([...document.querySelectorAll(".story li")].map((item) => item.dataset.key));
    open = document.getElementById("why")?.open;
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (!known) return;
    const fresh = [...document.querySelectorAll(".story li")].filter((item) => !known.has(item.dataset.key));
    fresh.forEach((item) => { item.classList.add("fresh"); setTimeout(() => item.classList.remove("fresh"), 900); });
    if (open) document.getElementById("why").open = true;
    if (fresh.length) say("live", `${t("story.changed")}: ${fresh.at(-1).querySelector("strong").textContent}`);
  });
})();
