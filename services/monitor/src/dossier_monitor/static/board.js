// Keeps the board as the server last said it is. Rows are absolute, so a message missed is made good by the next one.
"use strict";
(() => {
  const config = JSON.parse(document.getElementById("config").textContent);
  const t = config.texts;
  const format = new Intl.NumberFormat(config.lang === "vi" ? "vi-VN" : "en-GB");
  const percent = new Intl.NumberFormat(config.lang === "vi" ? "vi-VN" : "en-GB", {
    style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1,
  });
  const clock = new Intl.DateTimeFormat("en-GB", {
    timeZone: "Asia/Ho_Chi_Minh", day: "numeric", month: config.lang === "vi" ? "2-digit" : "short", year: "numeric",
    hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  });
  const byId = (id) => document.getElementById(id);
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const pulse = byId("pulse"), body = byId("rows"), table = byId("board"), empty = byId("empty");
  const rows = new Map(), known = new Map();
  let meta = config.body, heardAt = performance.now(), connected = false, signedOut = false, shown = "";

  function span(seconds) {
    if (seconds < 1) return t.less_than;
    let left = Math.floor(seconds);
    const parts = [];
    for (const [unit, size] of [["days", 86400], ["hours", 3600], ["minutes", 60], ["seconds", 1]]) {
      const n = Math.floor(left / size);
      left -= n * size;
      if (n || parts.length) parts.push([unit, n]);
    }
    return parts.slice(0, 2).filter(([, n]) => n).map(([unit, n]) => fill(t[unit], { n })).join(" ");
  }

  function share(counts) {
    const judged = counts.on_time + counts.ended_late;
    return judged ? percent.format(counts.on_time / judged) : "–";
  }

  function put(element, text, quietly) {
    if (element.textContent === text) return;
    element.textContent = text;
    if (quietly) return;
    element.classList.remove("fresh");
    void element.offsetWidth;
    element.classList.add("fresh");
  }

  function putLate(cell, late) {
    const badge = cell.querySelector("[data-l]");
    if (!badge) return;
    badge.hidden = !late;
    put(badge.querySelector("[data-n]"), format.format(late), !late);
  }

  function rowOf(agency) {
    let row = rows.get(agency.code);
    if (row) return row;
    row = [...body.children].find((drawn) => drawn.dataset.code === agency.code);
    if (!row) {
      row = byId("row").content.firstElementChild.cloneNode(true);
      row.dataset.code = agency.code;
      body.append(row);
    }
    rows.set(agency.code, row);
    return row;
  }

  function drawRow(agency) {
    if (agency.code === config.scope) return;
    const row = rowOf(agency), total = agency.total;
    known.set(agency.code, agency);
    row.dataset.open = total.open;
    put(row.querySelector("[data-name]"), agency[`name_${config.lang}`], true);
    row.querySelector("[data-below]").hidden = JSON.stringify(agency.own) === JSON.stringify(total);
    for (const name of config.stages) {
      const cell = row.querySelector(`[data-stage="${name}"]`), counts = total.stages[name], value = cell.querySelector("[data-v]");
      put(value, format.format(counts.open));
      value.classList.toggle("zero", !counts.open);
      putLate(cell, counts.late);
    }
    put(row.querySelector('[data-f="open"] [data-v]'), format.format(total.open));
    put(row.querySelector('[data-f="delivered"] [data-v]'), format.format(total.delivered));
    put(row.querySelector('[data-f="share"] [data-v]'), share(total), true);
    const late = row.querySelector('[data-f="late"]');
    late.querySelector("[data-zero]").hidden = Boolean(total.late);
    putLate(late, total.late);
  }

  // Each agency under the one above it, by name among its like.
  function path(code) {
    const agency = known.get(code), name = (one) => (known.get(one) ? known.get(one)[`name_${config.lang}`] : one);
    return [...agency.above].reverse().filter((upper) => known.has(upper)).map(name).concat(name(code));
  }

  function arrange() {
    const all = [...body.children], paths = new Map(all.map((row) => [row, path(row.dataset.code)]));
    const wanted = [...all].sort((a, b) => {
      const one = paths.get(a), two = paths.get(b);
      for (let i = 0; i < Math.min(one.length, two.length); i++) {
        const order = one[i].localeCompare(two[i], config.lang);
        if (order) return order;
      }
      return one.length - two.length;
    });
    for (const row of all) row.dataset.depth = Math.min(3, paths.get(row).length - 1);
    if (all.some((row, index) => row !== wanted[index])) body.append(...wanted);
    const most = Math.max(1, ...all.map((row) => Number(row.dataset.open)));
    for (const row of all) row.querySelector("[data-gauge]").style.setProperty("--share", (100 * row.dataset.open) / most);
    table.hidden = !all.length;
    empty.hidden = Boolean(all.length);
  }

  function drawTotal(total) {
    for (const tile of document.querySelectorAll("[data-t]")) {
      const name = tile.dataset.t, value = tile.querySelector("[data-v]");
      if (name === "share") {
        put(value, share(total), true);
        put(tile.querySelector("[data-of]"), fill(t.on_time_hint, { n: format.format(total.on_time + total.ended_late) }), true);
      } else {
        put(value, format.format(total[name]));
        if (name === "late") tile.toggleAttribute("data-none", !total.late);
      }
    }
  }

  function drawClock() {
    const since = (performance.now() - heardAt) / 1000;
    const lost = signedOut || (!connected && since > 3) || since > 10;
    const frozen = meta.frozen || (meta.pulse_age !== null && meta.pulse_age + since > 10);
    const state = lost ? "lost" : frozen ? "frozen" : connected ? "live" : "connecting";
    put(byId("age"), meta.last_event_age === null ? t.none_yet : fill(t.ago, { age: span(meta.last_event_age + since) }), true);
    let hint = "";
    if (signedOut) hint = t.signed_out_hint;
    else if (lost) hint = fill(t.lost_hint, { age: span(since) });
    else if (frozen) hint = meta.pulse_age === null ? t.frozen_never : fill(t.frozen_hint, { age: span(meta.pulse_age + since) });
    if (state !== shown) {
      shown = state;
      pulse.dataset.state = state;
      put(byId("state"), t[state], true);
      document.body.toggleAttribute("data-old", lost || frozen);
      byId("said").textContent = hint; // said once per change of state; the age beside it goes on ticking
    } else if (hint) {
      const said = byId("said");
      said.setAttribute("aria-live", "off");
      put(said, hint, true);
      said.setAttribute("aria-live", "polite");
    }
  }

  function when(text) {
    const part = Object.fromEntries(clock.formatToParts(new Date(text)).map((p) => [p.type, p.value]));
    return config.lang === "vi"
      ? `${part.hour}:${part.minute} ${part.day.padStart(2, "0")}/${part.month}/${part.year}`
      : `${part.day} ${part.month} ${part.year}, ${part.hour}:${part.minute}`;
  }

  function draw(message, whole) {
    meta = message;
    heardAt = performance.now();
    if (whole) {
      const there = new Set(message.agencies.map((agency) => agency.code));
      for (const row of [...body.children]) if (!there.has(row.dataset.code)) { rows.delete(row.dataset.code); known.delete(row.dataset.code); row.remove(); }
    }
    message.agencies.forEach(drawRow);
    if (message.agencies.length || whole) arrange();
    drawTotal(message.total);
    put(byId("judged"), message.now ? when(message.now) : t.none_yet, true);
    const behind = byId("behind");
    behind.hidden = !message.lag;
    put(behind, fill(t.behind, { n: format.format(message.lag) }), true);
    drawClock();
  }

  draw(config.body, true);
  setInterval(drawClock, 1000);
  const source = new EventSource(config.stream);
  const listen = (whole) => (event) => { connected = true; signedOut = false; draw(JSON.parse(event.data), whole); };
  source.addEventListener("snapshot", listen(true));
  source.addEventListener("change", listen(false));
  source.addEventListener("error", () => {
    connected = false;
    if (source.readyState === EventSource.CLOSED) {
      fetch("/api/v1/board", { headers: { accept: "application/json" } })
        .then((answer) => { signedOut = answer.status === 401; if (!signedOut) setTimeout(() => location.reload(), 3000); drawClock(); })
        .catch(() => setTimeout(() => location.reload(), 5000));
    }
    drawClock();
  });
})();
