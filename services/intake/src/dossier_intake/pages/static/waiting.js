// Filings that wait for the line, on every page of the person's own: sent when it is back, by one tab, and seen until then.
"use strict";

const waiting = (() => {
  const box = document.getElementById("waiting");
  if (!box || [typeof device, typeof delivery].includes("undefined")) return null; // did not come through: the form is plain
  const { tus, draft: own } = box.dataset;
  const ready = device.begin(document.body.dataset.who);
  const said = new Map(); // draft → why it waits
  let mine = false; // this page's draft is among them
  let busy = false, timer = null, failures = 0;

  function line({ draft, name, sheet, stopped }) {
    const words = document.createElement("p");
    words.append(Object.assign(document.createElement("strong"), { textContent: name, lang: "vi" }), ` ${stopped || said.get(draft) || box.dataset.waits}`);
    const choices = Object.assign(document.createElement("p"), { className: "choices" });
    const cancel = Object.assign(document.createElement("button"), { type: "button", className: "button", textContent: box.dataset.cancel });
    cancel.addEventListener("click", async () => {
      await device.unqueue(draft);
      mine = false;
      if (draft === own) location.assign(sheet);
      else draw();
    });
    if (draft !== own) choices.append(Object.assign(document.createElement("a"), { className: "button primary", href: sheet, textContent: box.dataset.open }));
    choices.append(cancel);
    const whole = Object.assign(document.createElement("div"), { className: "message waits" });
    whole.append(words, choices);
    return whole;
  }
  async function draw() {
    const list = await device.queue();
    box.hidden = !list.length;
    box.replaceChildren(...list.map(line));
    const still = list.some((one) => one.draft === own);
    if (mine && !still) location.reload(); // another tab has sent it: the server leads to the receipt
    mine = still;
    for (const part of document.querySelectorAll("[data-until-sent]")) part.hidden = still;
    return list;
  }
  async function attempt() {
    if (busy || !(await ready)) return;
    busy = true;
    clearTimeout(timer);
    let filed = null;
    for (const wish of await draw()) {
      if (wish.stopped) continue;
      try {
        const receipt = await delivery.send(wish.draft, tus);
        if (receipt && (wish.draft === own || !own)) filed = receipt;
        said.delete(wish.draft);
      } catch (problem) {
        if (problem.why === "ended") said.set(wish.draft, box.dataset.ended);
        else if (["moved", "gone", "refused"].includes(problem.why)) {
          await device.enqueue(wish.draft, { ...wish, stopped: problem.message || box.dataset.stopped });
        } else said.delete(wish.draft);
      }
    }
    busy = false;
    if (filed) {
      mine = false;
      return own ? location.replace(filed) : location.reload();
    }
    const left = await draw();
    if (left.some((one) => !one.stopped)) timer = setTimeout(attempt, delivery.pause(failures++));
  }
  // `wish`: {revision, checked, consent}; `consent`: what the person for whom it is filed has answered by a code, as the form has it
  async function add(wish) {
    const { name, sheet, save, send, documents, pieces } = box.dataset;
    await device.enqueue(own, { name, sheet, to: { save, send, documents, pieces, tus }, ...wish });
    mine = true;
    navigator.serviceWorker?.ready.then((worker) => worker.sync?.register("send")).catch(() => {}); // where there is such a thing
    await attempt();
    if (busy) await draw();
  }
  document.querySelector("form.leaving")?.addEventListener(
    "submit",
    (event) => {
      if (!box.hidden && !confirm(box.dataset.leaving)) event.stopImmediatePropagation(), event.preventDefault();
    },
    { capture: true },
  );
  addEventListener("online", attempt);
  document.addEventListener("visibilitychange", () => document.hidden || attempt());
  attempt();
  if (box.dataset.worker && !document.documentElement.hasAttribute("data-kiosk")) {
    addEventListener("load", () => navigator.serviceWorker?.register(box.dataset.worker).catch(() => {}));
  }

  // Where the answers were checked: the same button, whatever the line does.
  const sending = document.getElementById("send");
  sending?.addEventListener("submit", (event) => {
    if (sending.dataset.sent) return event.preventDefault();
    sending.dataset.sent = "1";
    if (!sending.elements.declared.checked) return; // the server says it
    event.preventDefault();
    const consent = Object.fromEntries([...new FormData(sending)].filter(([name]) => name.startsWith("consent.")));
    ready.then((able) => (able ? add({ revision: sending.elements.revision.value, checked: true, consent }) : sending.submit()));
  });
  if (sending) addEventListener("pageshow", () => delete sending.dataset.sent);
  return { ready, add, queued: async () => (await ready) && Boolean(await device.queued(own)) };
})();
