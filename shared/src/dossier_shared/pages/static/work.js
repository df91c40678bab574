// Sends an officer's actions through the public API. A key is made once per action and row and kept until it succeeds,
// so pressing again after a broken connection repeats the same command.
"use strict";

(() => {
  const { actions, texts, lang, sms, undo: undoSeconds } = JSON.parse(document.getElementById("config").textContent);
  const by = (id) => document.getElementById(id);
  const body = document.querySelector(".work tbody");
  const dialog = by("ask");
  const here = location.pathname;
  const keys = new Map();
  const CHUNK = 500;

  const rows = () => [...body.rows];
  const rules = new Intl.PluralRules(lang);
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
  const t = (id, values = {}) => fill(texts[id], values);
  const plural = (id, n, values = {}) => fill(texts[id].at(rules.select(n) === "one" ? 0 : -1), { n, ...values });
  const unique = () =>
    crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");

  const ask = askDialog({ t, plural, lang, sms });

  function keyFor(name, id, payload) {
    const place = `${name} ${id} ${payload}`;
    if (!keys.has(place)) keys.set(place, unique());
    return keys.get(place);
  }

  function say(good, bad = "") {
    by("said").textContent = good;
    by("wrong").textContent = bad;
  }

  function why(problem) {
    const said = (e) => (e.message_vi && lang === "vi" ? e.message_vi : e.message?.[lang] ?? e.message);
    const where = (problem.errors ?? []).map(said).filter((words) => typeof words === "string" && words);
    return [problem.message?.[lang] ?? problem.detail ?? problem.title ?? "", ...where].join(" ");
  }

  async function send(path, payload, headers) {
    let answer;
    try {
      answer = await fetch(path, {
        method: "POST",
        credentials: "same-origin",
        headers: { "Content-Type": "application/json", Accept: "application/json", ...headers },
        body: payload,
      });
    } catch {
      throw { message: { [lang]: t("shared.network") } };
    }
    const found = await answer.json().catch(() => ({}));
    if (answer.ok) return found;
    if (answer.status === 401) throw { ended: true, message: { [lang]: t("shared.ended") } };
    throw found.message ? found : { message: { [lang]: t("shared.network") } };
  }

  // What was typed for an action that was not carried out comes back when it is tried again, after signing in too.
  const same = (found, name, ids) => found?.name === name && found.ids.join() === ids.join();
  const typedFor = (name, ids) => (same(kept.of(here), name, ids) ? kept.of(here).typed : null);

  function settle(name, ids, given, problem) {
    if (problem) kept.keep(here, { name, ids, typed: { ...given.typed, ended: Boolean(problem.ended) } });
    else if (same(kept.of(here), name, ids)) kept.drop(here);
  }

  // What stays in the list is shown as the server now has it.
  async function renew(list) {
    const answer = await fetch(location.href, { credentials: "same-origin" }).catch(() => null);
    const page = answer?.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
    for (const row of list) {
      const now = page?.querySelector(`.work tr[data-id="${CSS.escape(row.dataset.id)}"]`);
      const held = row.contains(document.activeElement) || document.activeElement === document.body;
      if (now) row.replaceWith(now);
      else if (page) remove(row);
      else busy([row], false);
      if (now && held) primary(now)?.focus();
    }
    selection();
  }

  const primary = (row) => row?.querySelector("td.does button:not(:disabled)") ?? row?.querySelector("input");

  function remove(row) {
    const next = row.nextElementSibling ?? row.previousElementSibling;
    const held = row.contains(document.activeElement) || document.activeElement === document.body;
    const late = row.classList.contains("is-late");
    row.remove();
    count(-1, late ? -1 : 0);
    if (held) (primary(next) ?? by("main")).focus();
  }

  function count(waiting, late) {
    const shift = (place, by) => {
      if (place) place.textContent = place.textContent.replace(/\d+/, (n) => Math.max(0, Number(n) + by));
    };
    shift(by("waiting"), waiting);
    shift(by("late"), late);
    if (by("late")?.textContent === "0") by("late").closest(".late").hidden = true;
    if (!body.rows.length) {
      document.querySelector(".work").hidden = true;
      const bulk = document.querySelector(".bulk");
      if (bulk) bulk.hidden = true;
      by("empty").hidden = false;
    }
    selection();
  }

  function busy(list, on) {
    for (const row of list) {
      row.setAttribute("aria-busy", on);
      for (const button of row.querySelectorAll("button")) button.disabled = on;
    }
  }

  async function act(row, name) {
    const action = actions[name];
    const { id, code, version } = row.dataset;
    const title = `${action.label}: ${code}`;
    const asks = action.reason || action.also;
    const given = asks ? await ask(title, action, [], typedFor(name, [id])) : { fields: {}, typed: {} };
    if (given === null) return;
    const payload = JSON.stringify({ ...action.body, ...given.fields });
    const headers = { "Idempotency-Key": keyFor(name, id, payload) };
    if (version) headers["If-Match"] = `"${version}"`;
    busy([row], true);
    say(t("shared.working"));
    try {
      await send(action.path.replace("{id}", encodeURIComponent(id)), payload, headers);
      settle(name, [id], given);
      if (action.stays) await renew([row]);
      else remove(row);
      say(t("shared.done", { action: action.label, code }));
    } catch (problem) {
      settle(name, [id], given, problem);
      busy([row], false);
      say("", `${code}: ${why(problem)}`);
      row.querySelector(`[data-action="${CSS.escape(name)}"]`)?.focus();
    }
  }

  const able = (row, name) => row.querySelector(`[data-action="${CSS.escape(name)}"]`);
  const ticked = () => rows().filter((row) => row.querySelector("input")?.checked);

  // "60 kết quả", "1 từ chối": what an act on many is about to do, and what it passes over.
  function kindsOf(list, passed) {
    const counts = new Map();
    for (const { dataset } of list) counts.set(dataset.kind, (counts.get(dataset.kind) ?? 0) + 1);
    const kinds = [...counts].map(([kind, n]) => t("shared.kind", { n: n.toLocaleString(lang), kind }));
    return passed ? [...kinds, plural("shared.passed_over", passed)] : kinds;
  }

  // The seconds in which an act on many is taken back by a press, or by leaving the page: true where it was.
  let takeBack = null;
  function undone(action, n) {
    const [box, words, button] = [by("undo"), by("undo").querySelector("span"), by("undo").querySelector("button")];
    words.textContent = plural("shared.undo_waits", n, { action, seconds: undoSeconds });
    box.hidden = false;
    button.focus();
    return new Promise((resolve) => {
      const end = (back) => {
        clearTimeout(timer);
        takeBack = null;
        box.hidden = true;
        resolve(back);
      };
      const timer = setTimeout(end, undoSeconds * 1000, false);
      takeBack = button.onclick = () => end(true);
    });
  }

  async function actOnMany(name) {
    if (takeBack) return by("undo").querySelector("button").focus(); // one at a time
    const action = actions[name];
    const list = ticked().filter((row) => able(row, name));
    const ids = list.map((row) => row.dataset.id);
    if (!list.length) return say("", t("shared.nothing_selected"));
    const title = plural("shared.confirm_bulk", list.length, { action: action.label });
    const given = await ask(title, action, kindsOf(list, ticked().length - list.length), typedFor(name, ids));
    if (given === null) return;
    say("");
    busy(list, true);
    if (await undone(action.label, list.length)) {
      settle(name, ids, given, {});
      busy(list, false);
      say(t("shared.undone"));
      return (primary(list[0]) ?? by("main")).focus();
    }
    const extra = { ...action.body, ...given.fields };
    say(t("shared.working"));
    const failed = [];
    const stayed = [];
    let done = 0;
    for (let start = 0; start < list.length; start += CHUNK) {
      const part = list.slice(start, start + CHUNK);
      const items = part.map((row) => ({ key: keyFor(name, row.dataset.id, JSON.stringify(extra)), dossier: row.dataset.id, ...extra }));
      const payload = JSON.stringify({ items });
      try {
        const answer = await send(action.bulk, payload, { "Idempotency-Key": keyFor(name, "bulk", payload) });
        const outcomes = new Map((answer.items ?? []).map((item) => [item.key, item]));
        part.forEach((row, index) => {
          const outcome = outcomes.get(items[index].key);
          if (outcome && outcome.status < 300) {
            if (action.stays) stayed.push(row);
            else remove(row);
            done += 1;
          } else failed.push([row, outcome?.problem ?? {}]);
        });
      } catch (problem) {
        part.forEach((row) => failed.push([row, problem]));
      }
    }
    if (stayed.length) await renew(stayed);
    const left = failed.map(([row]) => row);
    settle(name, left.length ? left.map((row) => row.dataset.id) : ids, given, failed[0]?.[1]);
    busy(left, false);
    const codes = left.slice(0, 5).map((row) => row.dataset.code).join(", ") + (failed.length > 5 ? "…" : "");
    say(
      done ? t("shared.done_bulk", { action: action.label, n: done }) : "",
      failed.length ? t("shared.failed_bulk", { n: failed.length, codes, why: why(failed[0][1]) }) : "",
    );
    (primary(rows()[0]) ?? by("main")).focus();
  }

  // Signed in again: the dialog is open as it was left; what is done meanwhile leaves its words behind.
  function goOn() {
    const found = kept.of(here);
    if (!found?.typed.ended || !actions[found.name]) return;
    const list = found.ids.map((id) => rows().find((row) => row.dataset.id === id)).filter((row) => row && able(row, found.name));
    if (!list.length) return say("", t("shared.kept_gone", { words: [found.typed.also, found.typed.reason].filter(Boolean).join(" · ") }));
    if (found.ids.length === 1) return act(list[0], found.name);
    for (const row of list) row.querySelector("input").checked = true;
    selection();
    actOnMany(found.name);
  }

  function selection() {
    if (!by("all")) return;
    const chosen = ticked().length;
    by("selected").textContent = chosen ? t("shared.selected", { n: chosen }) : "";
    by("all").checked = chosen > 0 && chosen === rows().length;
    by("all").indeterminate = chosen > 0 && chosen < rows().length;
    for (const button of document.querySelectorAll("[data-bulk]")) button.disabled = !chosen;
  }

  function move(step) {
    const list = rows();
    const at = list.findIndex((row) => row.contains(document.activeElement));
    const to = at < 0 ? (step > 0 ? 0 : list.length - 1) : Math.min(Math.max(at + step, 0), list.length - 1);
    primary(list[to])?.focus();
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.dataset.action) act(button.closest("tr"), button.dataset.action);
    else if (button?.dataset.bulk) actOnMany(button.dataset.bulk);
  });
  document.addEventListener("change", (event) => {
    if (event.target === by("all")) for (const row of rows()) row.querySelector("input").checked = event.target.checked;
    selection();
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
    if (event.target.closest("textarea, select, input:not([type=checkbox])")) return;
    const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
    if (step) {
      if (event.key.startsWith("Arrow") && !body.contains(document.activeElement)) return;
      event.preventDefault();
      move(step);
    } else if (event.key === "x") {
      const box = document.activeElement.closest("tr")?.querySelector("input");
      if (box) box.click();
    } else if (event.key === "o") document.activeElement.closest("tr")?.querySelector("th.code a")?.click();
    else if (event.key === "r") location.reload();
  });
  addEventListener("beforeunload", (event) => takeBack && event.preventDefault());
  addEventListener("pagehide", () => takeBack?.());
  selection();
  goOn();
})();
