// What is signed from this tab is one run; its true progress is shown until the last signature is made: 202 is not "done".
// Runs before the list's own script, which then sends the run's name with every signature.
"use strict";

(() => {
  const config = document.getElementById("config");
  const script = JSON.parse(config.textContent);
  const t = (id, values = {}) => script.texts[id].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
  const place = document.getElementById("progress");
  const unique = () =>
    crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
  const PAUSE = 2000;

  const run = sessionStorage.getItem("signing-run") ?? unique();
  for (const action of Object.values(script.actions)) {
    if (!action.path.endsWith("/sign")) continue;
    action.body = { ...action.body, run };
    action.run = action.path.replace(/dossiers\/\{id\}\/sign$/, `signing-runs/${run}`);
  }
  config.textContent = JSON.stringify(script);
  const address = Object.values(script.actions).find((action) => action.run)?.run;
  if (!address) return;

  function show(found) {
    place.replaceChildren();
    place.hidden = !found.asked;
    place.classList.toggle("bad", found.failed > 0);
    place.append(found.remaining ? t("run.asked", found) : t("run.over", found));
    if (!found.failures.length) return;
    const list = document.createElement("ul");
    for (const one of found.failures) {
      const why = script.texts[`signing_failure.${one.failure}`] ?? one.failure;
      list.append(Object.assign(document.createElement("li"), { textContent: t("run.back", { code: one.code, why }) }));
    }
    place.append(list);
  }

  let timer = 0;
  async function follow() {
    clearTimeout(timer);
    const answer = await fetch(address, { credentials: "same-origin", headers: { Accept: "application/json" } }).catch(() => null);
    const found = answer?.ok ? await answer.json() : null;
    if (found) show(found);
    if (found?.remaining || !answer || answer.status >= 500) timer = setTimeout(follow, PAUSE);
    else if (found?.asked) sessionStorage.removeItem("signing-run"); // the next signature from another page begins a new one
  }

  // the list's script says what it has done; whatever that is, the run may have grown
  new MutationObserver(() => {
    sessionStorage.setItem("signing-run", run);
    follow();
  }).observe(document.getElementById("said"), { childList: true });
  if (sessionStorage.getItem("signing-run")) follow();
})();
