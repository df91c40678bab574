// The filing works without this. With it: what is typed is kept on this device from the first key and saved after a pause, a chosen
// file is sent at once and goes on where the line broke, and what is ready without a line waits to be sent (waiting.js).
"use strict";

(() => {
  const form = document.getElementById("sheet");
  // A script that did not come through leaves the form as it is without any: half of this would lose a chosen file.
  const missing = [typeof kept, typeof device, typeof delivery, typeof photo, typeof waiting].includes("undefined");
  if (!form) return;
  // A page that the line has cut off has not all fields: saved from here, the rest would be gone.
  if (!document.querySelector(".drop")) return location.replace(form.action);
  if (missing || !waiting) return;

  const PAUSE = 1500; // milliseconds without a key
  const draft = form.dataset.place;
  const by = (id) => document.getElementById(id);
  const { lang } = document.documentElement;
  const stale = document.documentElement.hasAttribute("data-kept"); // from this device, not from the server
  const fresh = form.hasAttribute("data-fresh");
  const to = { ...by("waiting").dataset };
  const saving = by("saving");
  const own = new Set(["revision", "page", "do"]);
  const typed = () => [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !["do", "card.text"].includes(name));
  const plain = (list) => JSON.stringify(list.filter(([name]) => !own.has(name)));
  const page = `<!doctype html>${document.documentElement.outerHTML}`; // as it came
  const ready = waiting.ready;
  const { revision: seen, page: number } = form.elements;
  number.value = delivery.first();
  let able = false; // something can be kept here

  // --- kept here with every key; saved while one types: one request at a time, the latest words last ---
  let timer = null, dirty = false, stopped = false, down = false, failures = 0;
  let busy = null; // what is under way
  const say = (words) => {
    if (saving.textContent !== words) saving.textContent = words;
  };
  const me = () => delivery.pageOf(number.value);
  const words = (unsaved) => ({ page: me(), typed: typed(), revision: seen.value, dirty: unsaved });
  function keep() {
    if (able) return device.keepWords(draft, words(dirty));
    kept.keep(`draft:${draft}`, typed());
    return Promise.resolve();
  }
  function changed() {
    dirty = true;
    later(PAUSE);
    return ready.then(keep);
  }
  function later(milliseconds) {
    clearTimeout(timer);
    timer = setTimeout(save, milliseconds);
  }
  async function save() {
    if (busy || stopped || !dirty) return;
    busy = send();
    await busy;
    busy = null;
    if (dirty && !stopped) later(down ? delivery.pause(failures++) : PAUSE);
  }
  async function send() {
    number.value = delivery.next(number.value);
    await keep(); // with its number, before it is sent
    dirty = false;
    try {
      const found = await delivery.save(typed(), to);
      down = false;
      failures = 0;
      seen.value = found.revision;
      say(found.told);
    } catch ({ why, message }) {
      dirty = true;
      down = why === "line" || !why;
      stopped = ["moved", "gone", "ended"].includes(why);
      say(why === "ended" ? form.dataset.ended : message || (able ? form.dataset.unsaved : form.dataset.unkept));
    }
    await keep();
  }
  form.addEventListener("input", (event) => event.target.type !== "file" && changed());

  // --- what this device had kept ---
  function fill(list) {
    const given = new Map();
    for (const [name, value] of list) given.set(name, [...(given.get(name) ?? []), value]);
    for (const field of form.elements) {
      if (!field.name || own.has(field.name) || ["file", "hidden", "submit", "button"].includes(field.type)) continue;
      const values = given.get(field.name) ?? [];
      if (["radio", "checkbox"].includes(field.type)) field.checked = values.includes(field.value);
      else field.value = values.shift() ?? "";
    }
    for (const value of given.get("kept") ?? []) {
      if (![...form.querySelectorAll("input[name=kept]")].some((one) => one.value === value)) addTaken(value);
    }
  }
  const names = (list) => [...new Set(list.map(([name]) => name))].filter((name) => !own.has(name));
  const fits = (list) => names(list).every((name) => form.elements[name] || name === "kept");
  function offer(before) {
    const note = by("before");
    note.hidden = false;
    by("before-back").addEventListener("click", async () => {
      for (const field of [...form.elements]) if (field.name && field.name !== "do") field.disabled = true;
      for (const [name, value] of [...delivery.numbered(before.typed).filter(([name]) => name !== "revision"), ["revision", before.revision], ["do", "save"]]) {
        form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
      }
      stopped = true;
      if (able) await device.dropWords(draft, before.page);
      kept.drop(`draft:${draft}`);
      form.submit(); // the server draws it, and says what differs where it was changed elsewhere
    });
    by("before-drop").addEventListener("click", () => {
      note.hidden = true;
      if (able) device.dropWords(draft, before.page);
      kept.drop(`draft:${draft}`);
    });
  }
  // A page that typed and is closed goes on here; what another tab types is that tab's.
  const mine = (page) =>
    new Promise((resolve) => {
      if (!page || !navigator.locks) return resolve(true);
      const late = new AbortController();
      const timer = setTimeout(() => late.abort(), 1000); // it may just be closing: a page is loaded again
      const held = () => (clearTimeout(timer), resolve(true), new Promise(() => {}));
      navigator.locks.request(`page ${page}`, { signal: late.signal }, held).catch(() => resolve(false));
    });
  async function keptBefore() {
    const found = able ? await device.words(draft) : [];
    for (const one of [...found.filter(({ dirty }) => dirty), ...found.filter(({ dirty }) => !dirty)]) {
      if (!(await mine(one.page))) continue;
      const saving = one.typed.find(([name]) => name === "page")?.[1];
      if (one.page && saving) number.value = saving;
      else mine(me());
      return one;
    }
    mine(me());
    const tab = able ? null : kept.of(`draft:${draft}`);
    return tab && { typed: tab, revision: tab.find(([name]) => name === "revision")?.[1], dirty: true };
  }
  // Saved by this very page: only the answer was lost.
  const savedHere = (before) =>
    before.page && before.page === form.dataset.savedBy && Number(before.revision) >= Number(form.dataset.savedSince);
  async function restore() {
    const before = await keptBefore();
    const here = seen;
    if (able && !stale && !by("moved")) device.keepPage(draft, page).catch(() => {});
    if (before && (stale || fresh) && plain(before.typed) !== plain(typed())) {
      const behind = Number(before.revision) < Number(here.value) && !savedHere(before);
      if (dirty || !fits(before.typed) || (behind && before.dirty)) return before.dirty && offer(before);
      if (!behind && (stale || before.dirty)) {
        fill(before.typed);
        here.value = Math.max(before.revision, here.value);
        if (before.dirty && !stopped) changed();
        return;
      }
    }
    if (stale && before) here.value = before.revision;
    if (by("moved")) return by("take-there").addEventListener("click", () => device.dropWords(draft, me())); // not chosen yet
    if (!dirty && able && !stale) device.dropWords(draft, me()); // it is on the page, or saved
    if (!able) kept.drop(`draft:${draft}`);
  }

  // --- a file is looked into while the rest is typed ---
  let untaken = null; // the paper of which a file was not taken
  const coming = new Map(); // lines of files that are not there yet
  function addTaken(value) {
    const [code, id, , , , , ...name] = value.split("|");
    const line = document.createElement("li");
    line.append(Object.assign(document.createElement("input"), { type: "hidden", name: "kept", value }), name.join("|"));
    const paper = [...form.querySelectorAll("input[data-code]")].find((one) => one.dataset.code === code)?.closest("li");
    if (!paper || !id) return;
    if (value.split("|")[3] === "image/jpeg") {
      const straight = Object.assign(document.createElement("button"), { className: "button", name: "do", value: `straighten:${code}:${id}`, textContent: form.dataset.straighten });
      straight.setAttribute("aria-label", `${form.dataset.straighten}: ${name.join("|")}`);
      line.append(" ", straight);
    }
    paper.querySelector(".taken").append(line);
    paper.querySelector(".missing")?.remove();
    const photos = [...paper.querySelectorAll("input[name=kept]")].filter((one) => one.value.split("|")[3] === "image/jpeg");
    paper.querySelector(".join").hidden = photos.length < 2;
  }
  function addComing(paper) {
    const row = [...form.querySelectorAll("input[data-code]")].find((one) => one.dataset.code === paper.code)?.closest("li");
    if (!row) return;
    const line = Object.assign(document.createElement("li"), { className: "coming" });
    const state = Object.assign(document.createElement("span"), { className: "small", textContent: form.dataset.working });
    const away = Object.assign(document.createElement("button"), { type: "button", className: "button", textContent: form.dataset.forget });
    away.setAttribute("aria-label", `${form.dataset.forget}: ${paper.name}`);
    away.addEventListener("click", () => gone(paper));
    line.append(paper.name, " ", state, " ", away);
    row.querySelector(".taken").append(line);
    coming.set(paper, { row, line, state });
  }
  async function gone(paper) {
    coming.get(paper)?.line.remove();
    coming.delete(paper);
    if (paper.id) await device.dropPaper(paper.id);
  }
  async function bringOne(paper) {
    const { row, state } = coming.get(paper);
    const tell = (words) => {
      if (state.textContent !== words) state.textContent = words;
    };
    tell(form.dataset.working);
    try {
      const value = await delivery.bring(paper, to, (part) => tell(`${form.dataset.working} ${part} %`));
      if (!coming.has(paper)) return true; // put away meanwhile
      addTaken(value);
      await changed(); // kept here first: a paper that is nowhere would be lost
      await gone(paper);
      clearTimeout(timer);
      save();
      return true;
    } catch ({ why, message }) {
      const stays = why !== "refused";
      tell(why === "ended" ? form.dataset.ended : paper.id ? form.dataset.paperWaits : form.dataset.failed);
      if (!stays || !paper.id) {
        row.querySelector(".field-wrong").textContent = `${paper.name}: ${message || form.dataset.failed}`;
        untaken = row;
        await gone(paper);
      }
      down = stays;
      return !stays;
    }
  }
  let bringing = null, bringAgain = null;
  function bringAll() {
    clearTimeout(bringAgain);
    return (bringing ??= delivery.alone(draft, async () => {
      const tried = new Set();
      for (let next; !stopped && (next = [...coming.keys()].find((one) => one.made && !tried.has(one))); ) {
        tried.add(next);
        if (!(await bringOne(next))) break; // the line is gone for the others too
      }
    }).finally(() => {
      bringing = null;
      if (coming.size) bringAgain = setTimeout(bringAll, delivery.pause(failures++));
    }));
  }
  for (const input of form.querySelectorAll("input[type=file][data-code]")) {
    const said = input.closest("li").querySelector(".field-wrong");
    input.addEventListener("change", async () => {
      said.textContent = "";
      const chosen = [...input.files].map((file) => ({ code: input.dataset.code, name: file.name, type: file.type, file, url: null, made: false }));
      chosen.forEach(addComing); // seen at once: who sees nothing chooses again
      input.value = ""; // what was taken is in the list, what was refused is named
      await ready;
      for (const one of chosen) {
        const file = await photo(one.file);
        Object.assign(one, { name: file.name, type: file.type });
        if (able) one.id = await device.addPaper(draft, one, file).catch(() => undefined); // no room: it goes, or is named
        if (!coming.has(one) && one.id) await device.dropPaper(one.id); // put away meanwhile
        Object.assign(one, { file, made: true });
      }
      bringAll();
    });
  }

  // --- on to the answers; without a line, here ---
  const panel = by("unsent-check");
  function answers() {
    const lines = [];
    for (const field of form.querySelectorAll(".field")) {
      if (!field.getClientRects().length) continue; // chosen away
      const label = field.querySelector("legend, label").innerText.replace(/[*\n]/g, " ").trim();
      const inputs = [...field.querySelectorAll("input, select, textarea")].filter((one) => !["radio", "checkbox"].includes(one.type) || one.checked);
      const value = (one) => (one.labels?.length && one.type !== "text" && one.checked ? one.labels[0].innerText : (one.selectedOptions?.[0]?.text ?? one.value));
      lines.push([label, inputs.map(value).filter(Boolean).join("; ") || "–"]);
    }
    for (const row of form.querySelectorAll(".papers > li")) {
      const files = [...row.querySelectorAll(".taken > li")].map((one) => (one.querySelector("a") ?? one.firstElementChild?.nextSibling ?? one.firstChild).textContent.trim());
      const [coming] = row.querySelectorAll(".coming");
      if (files.length || coming) lines.push([row.querySelector("h3").innerText.replace("*", "").trim(), files.join("; ")]);
    }
    return lines;
  }
  function checkHere() {
    const list = by("unsent-answers");
    list.replaceChildren(
      ...answers().map(([label, value]) => {
        const line = document.createElement("div");
        line.append(Object.assign(document.createElement("dt"), { textContent: label }), Object.assign(document.createElement("dd"), { textContent: value }));
        return line;
      }),
    );
    form.hidden = true;
    panel.hidden = false;
    panel.focus();
  }
  by("unsent-back").addEventListener("click", () => {
    panel.hidden = true;
    form.hidden = false;
    form.querySelector("#file").focus();
  });
  by("unsent-send").addEventListener("click", async () => {
    if (!by("unsent-declared").checked) {
      by("unsent-wrong").textContent = form.dataset.undeclared;
      return by("unsent-declared").focus();
    }
    panel.hidden = true;
    stopped = true;
    clearTimeout(timer);
    clearTimeout(bringAgain);
    await busy;
    await device.keepWords(draft, words(dirty));
    await waiting.add({ revision: seen.value, page: me() });
  });
  async function onward() {
    clearTimeout(timer);
    say(form.dataset.working);
    untaken = null;
    if (coming.size) await bringAll();
    await busy;
    await save();
    if (untaken) return say(""), untaken.querySelector("input[type=file]").focus(); // it says there why
    if (stopped && !coming.size) return form.submit(); // moved on elsewhere, or gone: the server says it
    if (dirty || coming.size) return able ? checkHere() : undefined;
    location.assign(`${to.save}/check?lang=${lang}`);
  }

  // --- once is enough ---
  let going = false;
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent || going) return event.preventDefault();
    const deed = event.submitter?.value ?? "check";
    if (deed === "check" && !stopped) {
      event.preventDefault();
      going = true;
      onward().finally(() => (going = false));
      return;
    }
    if (busy) {
      event.preventDefault(); // it changes the revision that is sent
      busy.then(() => form.requestSubmit(event.submitter));
      return;
    }
    if (down && able) {
      event.preventDefault();
      return say(deed === "save" ? form.dataset.unsaved : form.dataset.needsLine);
    }
    stopped = true;
    clearTimeout(timer);
    number.value = delivery.next(number.value);
    keep();
    form.dataset.sent = "1";
  });
  addEventListener("pageshow", (event) => {
    delete form.dataset.sent;
    if (event.persisted) location.reload(); // kept by the browser from before it was sent
  });
  addEventListener("online", () => {
    save();
    if (coming.size) bringAll();
  });

  ready.then(async () => {
    able = await ready;
    if (await waiting.queued()) stopped = true; // what waits is not touched
    await restore();
    for (const paper of able ? await device.papers(draft) : []) {
      if (![...coming.keys()].some((one) => one.id === paper.id)) addComing({ ...paper, made: true });
    }
    if (stopped) return;
    if (coming.size) bringAll();
    if (new URLSearchParams(location.search).has("unsent")) checkHere();
  });
})();
