// Sends an officer's actions through the public API. A key is made once per action and row and kept until it succeeds,
// so pressing again after a broken connection repeats the same command.
"use strict";

(() => {
  const { actions, texts, lang, sms } = JSON.parse(document.getElementById("config").textContent);
  const by = (id) => document.getElementById(id);
  const body = document.querySelector(".work tbody");
  const dialog = by("ask");
  const keys = new Map();
  const CHUNK = 500;

  const rows = () => [...body.rows];
  const rules = new Intl.PluralRules(lang);
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
  const t = (id, values = {}) => fill(texts[id], values);
  const plural = (id, n, values = {}) => fill(texts[id].at(rules.select(n) === "one" ? 0 : -1), { n, ...values });
  const unique = () =>
    crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");

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
    if (!answer.ok) throw found.message ? found : { message: { [lang]: t("shared.network") } };
    return found;
  }

  // What the text message that tells the reason will cost, while it is written.
  function cost(text, around) {
    const told = by("reason-cost");
    told.hidden = !around || !text;
    if (told.hidden) return;
    const { wide, parts } = textCost(sms, text, around);
    told.textContent = plural("shared.sms_cost", parts);
    if (wide.length) told.textContent += ` ${t("shared.sms_wide", { letters: wide.slice(0, 5).join(" ") })}`;
  }

  // What the action asks for, as fields of its body; null where it was called off.
  function ask(title, { reason: wantsReason, also: wantsAlso, open, danger, texted }) {
    by("ask-title").textContent = title;
    by("ask-also").hidden = !wantsAlso;
    by("also-label").textContent = wantsAlso?.label ?? "";
    const also = by("also");
    also.value = "";
    also.inputMode = wantsAlso?.number ? "numeric" : "text";
    also.setCustomValidity("");
    by("ask-reason").hidden = !wantsReason;
    by("reason-hint").hidden = !open;
    const reason = by("reason");
    reason.value = "";
    reason.setCustomValidity("");
    cost("", texted);
    by("ask-yes").className = danger ? "button danger" : "button primary";
    dialog.returnValue = "";
    dialog.showModal();
    (wantsAlso ? also : wantsReason ? reason : by("ask-yes")).focus();
    return new Promise((resolve) => {
      by("ask-no").onclick = () => dialog.close("no");
      dialog.querySelector("form").onsubmit = (event) => {
        event.preventDefault();
        const given = also.value.trim();
        if (wantsAlso && !(wantsAlso.number ? /^0*[1-9]\d*$/ : /./).test(given)) {
          also.setCustomValidity(wantsAlso.number ? t("shared.number_needed") : t("shared.also_needed"));
          also.reportValidity();
          return;
        }
        if (wantsReason && !reason.value.trim()) {
          reason.setCustomValidity(t("shared.reason_needed"));
          reason.reportValidity();
          return;
        }
        dialog.close("yes");
      };
      reason.oninput = () => {
        reason.setCustomValidity("");
        cost(reason.value.trim(), texted);
      };
      also.oninput = () => also.setCustomValidity("");
      dialog.onclose = () => {
        if (dialog.returnValue !== "yes") return resolve(null);
        const fields = {};
        if (wantsAlso) fields[wantsAlso.name] = wantsAlso.number ? Number(also.value) : also.value.trim();
        if (wantsReason) fields[wantsReason] = reason.value.trim();
        resolve(fields);
      };
    });
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
    const extra = action.reason || action.also ? await ask(`${action.label}: ${code}`, action) : {};
    if (extra === null) return;
    const payload = JSON.stringify({ ...action.body, ...extra });
    const headers = { "Idempotency-Key": keyFor(name, id, payload) };
    if (version) headers["If-Match"] = `"${version}"`;
    busy([row], true);
    say(t("shared.working"));
    try {
      await send(action.path.replace("{id}", encodeURIComponent(id)), payload, headers);
      if (action.stays) await renew([row]);
      else remove(row);
      say(t("shared.done", { action: action.label, code }));
    } catch (problem) {
      busy([row], false);
      say("", `${code}: ${why(problem)}`);
      row.querySelector(`[data-action="${CSS.escape(name)}"]`)?.focus();
    }
  }

  async function actOnMany(name, which) {
    const action = actions[name];
    const able = rows().filter((row) => row.querySelector(`[data-action="${CSS.escape(name)}"]`));
    const list = which === "all" ? able : able.filter((row) => row.querySelector("input")?.checked);
    if (!list.length) return say("", t("shared.nothing_selected"));
    const title = plural("shared.confirm_bulk", list.length, { action: action.label });
    const given = await ask(title, action);
    if (given === null) return;
    const extra = { ...action.body, ...given };
    say(t("shared.working"));
    const failed = [];
    const stayed = [];
    let done = 0;
    for (let start = 0; start < list.length; start += CHUNK) {
      const part = list.slice(start, start + CHUNK);
      const items = part.map((row) => ({ key: keyFor(name, row.dataset.id, JSON.stringify(extra)), dossier: row.dataset.id, ...extra }));
      const payload = JSON.stringify({ items });
      busy(part, true);
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
    busy(failed.map(([row]) => row), false);
    const codes = failed.slice(0, 5).map(([row]) => row.dataset.code).join(", ") + (failed.length > 5 ? "…" : "");
    say(
      done ? t("shared.done_bulk", { action: action.label, n: done }) : "",
      failed.length ? t("shared.failed_bulk", { n: failed.length, codes, why: why(failed[0][1]) }) : "",
    );
    (primary(rows()[0]) ?? by("main")).focus();
  }

  function selection() {
    if (!by("all")) return;
    const chosen = rows().filter((row) => row.querySelector("input")?.checked).length;
    by("selected").textContent = chosen ? t("shared.selected", { n: chosen }) : "";
    by("all").checked = chosen > 0 && chosen === rows().length;
    by("all").indeterminate = chosen > 0 && chosen < rows().length;
    for (const button of document.querySelectorAll('[data-which="selected"]')) button.disabled = !chosen;
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
    else if (button?.dataset.bulk) actOnMany(button.dataset.bulk, button.dataset.which);
  });
  document.addEventListener("change", (event) => {
    if (event.target === by("all")) for (const row of rows()) row.querySelector("input").checked = event.target.checked;
    selection();
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.open || event.target.closest("textarea, select")) return;
    const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
    if (step) {
      if (event.key.startsWith("Arrow") && !body.contains(document.activeElement)) return;
      event.preventDefault();
      move(step);
    } else if (event.key === "x") {
      const box = document.activeElement.closest("tr")?.querySelector("input");
      if (box) box.click();
    } else if (event.key === "r") location.reload();
  });
  selection();
})();
