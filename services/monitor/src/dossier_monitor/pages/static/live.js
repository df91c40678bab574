// Keeps a live page as the server last said it is. Values are absolute, so a message missed is made good by the next one.
// An element with data-v="<key>" shows that value, written as data-f says; the server writes the same way (pages/shapes.py).
"use strict";
(() => {
  const config = JSON.parse(document.getElementById("config").textContent);
  const vi = config.lang === "vi";
  const format = new Intl.NumberFormat(vi ? "vi-VN" : "en-GB");
  const percent = new Intl.NumberFormat(vi ? "vi-VN" : "en-GB", { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const clock = new Intl.DateTimeFormat("en-US", { // its months are those the server writes: Sep, not Sept
    timeZone: "Asia/Ho_Chi_Minh", day: "numeric", month: vi ? "2-digit" : "short", year: "numeric",
    hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  });
  const byId = (id) => document.getElementById(id);
  const rules = new Intl.PluralRules(config.lang);
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const t = (id, values = {}) => fill(config.texts[id], values);
  const plural = (id, n) => fill(config.texts[id].at(rules.select(n) === "one" ? 0 : -1), { n: format.format(n) });
  const label = (family, name) => config.texts[`${family}.${name}`] ?? name;
  const values = new Map(Object.entries(config.values));
  const pulse = byId("pulse"), glowing = new Map(); // element -> until when it shows that it is new; no animation: those cost a busy wall screen half a processor
  let shownBy = new Map(), charts = [], meta = config.meta, heardAt = performance.now(), connected = false, signedOut = false, state = "";

  function span(seconds) {
    if (seconds < 1) return t("span.less_than");
    let left = Math.floor(seconds);
    const parts = [];
    for (const [unit, size] of [["days", 86400], ["hours", 3600], ["minutes", 60], ["seconds", 1]]) {
      const n = Math.floor(left / size);
      left -= n * size;
      if (n || parts.length) parts.push([unit, n]);
    }
    return parts.slice(0, 2).filter(([, n]) => n).map(([unit, n]) => fill(label("span", unit), { n })).join(" ");
  }

  function shape(value, form) {
    if (value === null || value === undefined) return "–";
    if (form === "share") return percent.format(value);
    if (form === "span") return span(value);
    if (form === "level") return label("level", value);
    return typeof value === "number" ? format.format(value) : String(value);
  }

  function spark(points) {
    const top = Math.max(1, ...points), step = 96 / (points.length - 1);
    return points.map((n, i) => `${(i * step).toFixed(1)},${(23 - (22 * n) / top).toFixed(1)}`).join(" ");
  }

  function put(element, text, quietly) {
    if (element.textContent === text) return;
    element.textContent = text;
    if (quietly || glowing.has(element)) return;
    glowing.set(element, performance.now() + 900);
    element.classList.add("fresh");
  }

  function draw(element, value) {
    const form = element.dataset.f;
    if (form === "spark") element.setAttribute("points", value ? spark(value) : "");
    else if (form === "tint") element.dataset.level = value || "idle";
    else {
      if (form === "level") element.dataset.level = value || "idle";
      put(element, shape(value, form), form !== "n");
      if (form === "n") {
        element.toggleAttribute("data-zero", !value);
        element.closest("[data-t]")?.toggleAttribute("data-none", !value);
      }
    }
  }

  function collect() {
    shownBy = new Map();
    for (const element of document.querySelectorAll("[data-v]")) {
      const key = element.dataset.v;
      if (!shownBy.has(key)) shownBy.set(key, []);
      shownBy.get(key).push(element);
    }
  }

  // A line of the last 24 hours, by half-hours, drawn by uPlot; the table beside it says the same in words.
  function instants(n) {
    const end = meta.now ? Date.parse(meta.now) / 1000 : 0;
    return Array.from({ length: n }, (_, i) => end - (n - 1 - i) * 1800);
  }

  function drawCharts() {
    for (const box of document.querySelectorAll("[data-chart]")) {
      const keys = box.dataset.chart.split(" "), lines = keys.map((key) => values.get(key) || []);
      if (!lines[0].length || typeof uPlot === "undefined") continue;
      const data = [instants(lines[0].length), ...lines];
      let chart = charts.find((one) => one.box === box);
      if (chart) { chart.plot.setData(data); continue; }
      const style = getComputedStyle(document.body), ink = style.getPropertyValue("--soft"), grid = style.getPropertyValue("--line");
      const looks = [{ stroke: style.getPropertyValue("--lead"), width: 2 }, { stroke: style.getPropertyValue("--late"), width: 2, dash: [6, 4] }];
      const labels = box.dataset.labels.split("|");
      const plot = new uPlot({
        width: box.clientWidth, height: 220, legend: { live: false }, cursor: { show: false },
        tzDate: (at) => uPlot.tzDate(new Date(at * 1000), "Asia/Ho_Chi_Minh"), fmtDate: () => (date) => `${String(date.getHours()).padStart(2, "0")}:${String(date.getMinutes()).padStart(2, "0")}`,
        series: [{}, ...keys.map((_, i) => ({ label: labels[i], ...looks[i % 2] }))],
        axes: [{ stroke: ink, grid: { stroke: grid } }, { stroke: ink, grid: { stroke: grid }, size: 44, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000, 10000] }],
      }, data, box);
      charts.push({ box, plot });
    }
    for (const table of document.querySelectorAll("[data-table]")) {
      const lines = table.dataset.table.split(" ").map((key) => values.get(key) || []);
      if (!lines[0].length) continue;
      table.tBodies[0].replaceChildren(...instants(lines[0].length).map((at, i) => {
        const row = document.createElement("tr"), head = document.createElement("th");
        head.scope = "row";
        head.textContent = when(new Date(at * 1000).toISOString());
        row.append(head, ...lines.map((line) => { const cell = document.createElement("td"); cell.className = "n"; cell.textContent = format.format(line[i]); return cell; }));
        return row;
      }).reverse());
    }
  }

  function when(text) {
    const part = Object.fromEntries(clock.formatToParts(new Date(text)).map((p) => [p.type, p.value]));
    return vi
      ? `${part.hour}:${part.minute} ${part.day.padStart(2, "0")}/${part.month}/${part.year}`
      : `${part.day} ${part.month} ${part.year}, ${part.hour}:${part.minute}`;
  }

  function drawClock() {
    const since = (performance.now() - heardAt) / 1000;
    const lost = signedOut || (!connected && since > 3) || since > 10;
    const frozen = meta.frozen || (meta.pulse_age !== null && meta.pulse_age + since > 10);
    const now = lost ? "lost" : frozen ? "frozen" : connected ? "live" : "connecting";
    put(byId("age"), meta.last_event_age === null ? t("board.none_yet") : t("board.ago", { age: span(meta.last_event_age + since) }), true);
    let hint = "";
    if (signedOut) hint = t("board.signed_out_hint");
    else if (lost) hint = t("board.lost_hint", { age: span(since) });
    else if (frozen) hint = meta.pulse_age === null ? t("board.frozen_never") : t("board.frozen_hint", { age: span(meta.pulse_age + since) });
    if (now !== state) {
      state = pulse.dataset.state = now;
      put(byId("state"), label("board", now), true);
      document.body.toggleAttribute("data-old", lost || frozen);
      byId("said").textContent = hint; // said once per change of state; the age beside it goes on ticking
    } else if (hint) {
      const said = byId("said");
      said.setAttribute("aria-live", "off");
      put(said, hint, true);
      said.setAttribute("aria-live", "polite");
    }
  }

  function note(id, n, text) {
    byId(id).hidden = !n;
    put(byId(id), text, true);
  }

  // Rows that are not drawn yet: the server draws the list anew, and the focus stays where it was.
  let fetching = false;
  async function refetch() {
    if (fetching || !document.querySelector("[data-refetch]")) return;
    fetching = true;
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" } });
      if (!answer.ok) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html"), old = byId("list"), list = fresh.getElementById("list");
      const href = document.activeElement?.getAttribute?.("href");
      old.replaceWith(document.adoptNode(list));
      byId("empty")?.toggleAttribute("hidden", !list.hidden);
      collect();
      for (const [key, elements] of shownBy) for (const element of elements) draw(element, values.get(key));
      if (href) [...document.querySelectorAll("#list a")].find((link) => link.getAttribute("href") === href)?.focus();
    } finally {
      setTimeout(() => { fetching = false; }, 2000);
    }
  }

  function take(message, whole) {
    meta = message.meta;
    heardAt = performance.now();
    if (whole) for (const key of [...values.keys()]) if (!(key in message.values)) { values.delete(key); for (const element of shownBy.get(key) || []) draw(element, null); }
    let lines = false, unknown = false;
    for (const [key, value] of Object.entries(message.values)) {
      values.set(key, value);
      const elements = shownBy.get(key);
      if (elements) for (const element of elements) draw(element, value);
      else if (key.endsWith("/open") || key.endsWith("/hand")) unknown = unknown || !document.querySelector(`[data-code="${CSS.escape(key.slice(0, key.lastIndexOf("/")))}"]`);
      lines = lines || Array.isArray(value);
    }
    if (unknown || message.redraw) refetch();
    if (lines) drawCharts();
    put(byId("judged"), meta.now ? when(meta.now) : t("board.none_yet"), true);
    note("behind", meta.lag, plural("board.behind", meta.lag ?? 0));
    note("skipped", meta.skipped, plural("board.skipped", meta.skipped ?? 0));
    note("ahead", meta.ahead, plural("board.ahead", meta.ahead ?? 0));
    drawClock();
  }

  function dim() {
    for (const [element, until] of glowing) if (performance.now() >= until) { glowing.delete(element); element.classList.remove("fresh"); }
  }

  collect();
  drawCharts();
  setInterval(drawClock, 1000);
  setInterval(dim, 300);
  addEventListener("resize", () => charts.forEach(({ box, plot }) => plot.setSize({ width: box.clientWidth, height: 220 })));
  const source = new EventSource(config.stream);
  const listen = (whole) => (event) => { connected = true; signedOut = false; take(JSON.parse(event.data), whole); };
  source.addEventListener("snapshot", listen(true));
  source.addEventListener("change", listen(false));
  source.addEventListener("error", () => {
    connected = false;
    if (source.readyState === EventSource.CLOSED) {
      fetch(config.board, { headers: { accept: "application/json" } })
        .then((answer) => { signedOut = answer.status === 401; if (!signedOut) setTimeout(() => location.reload(), 3000); drawClock(); })
        .catch(() => setTimeout(() => location.reload(), 5000));
    }
    drawClock();
  });
})();
