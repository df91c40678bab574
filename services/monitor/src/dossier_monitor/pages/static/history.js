// Plays a span of time back: one answer holds the board at its beginning and what changed by each frame.
"use strict";
const config = JSON.parse(document.getElementById("config").textContent);
const t = (id) => config.texts[id];
const number = new Intl.NumberFormat(config.lang === "en" ? "en-US" : "vi-VN");
const clock = new Intl.DateTimeFormat(config.lang === "en" ? "en-GB" : "vi-VN", {
  timeZone: "Asia/Ho_Chi_Minh", hour: "2-digit", minute: "2-digit", year: "numeric",
  ...(config.lang === "en" ? { day: "numeric", month: "short" } : { day: "2-digit", month: "2-digit" }),
});
const PER_SECOND = 10;
const find = (id) => document.getElementById(id);
const color = (name) => getComputedStyle(document.body).getPropertyValue(name).trim();
const slider = find("slider");
let film, boards, cells, plot, playing = 0, shown = 0;

// The board at every frame, once: then any jump is as cheap as a step.
function unrolled(answer) {
  const size = answer.measures.length;
  const board = Int32Array.from(answer.start.flat());
  const all = [board.slice()];
  for (const changes of answer.deltas) {
    for (let i = 0; i < changes.length; i += 3) board[changes[i] * size + changes[i + 1]] += changes[i + 2];
    all.push(board.slice());
  }
  return all;
}

function adder(measures, prefix) {
  const places = measures.flatMap((name, place) => (name.startsWith(prefix) ? [place] : []));
  return (board, row) => places.reduce((sum, place) => sum + board[row * measures.length + place], 0);
}

function bound() {
  const found = [];
  const open = adder(film.measures, "stage:"), late = adder(film.measures, "late:");
  film.rows.forEach((row, index) => {
    const line = document.querySelector(`#past tr[data-code="${CSS.escape(row.code ?? "")}"]`);
    for (const cell of line?.querySelectorAll("[data-m]") ?? []) {
      const name = cell.dataset.m, place = film.measures.indexOf(name);
      const read = name === "open" ? open : name === "late" ? late : (board, at) => board[at * film.measures.length + place];
      found.push([cell, (board) => read(board, index)]);
    }
  });
  return found;
}

const instant = (frame) => Math.min(Date.parse(film.from) + frame * film.step * 1000, Date.parse(film.to));

function show(frame) {
  shown = frame;
  slider.value = frame;
  const at = new Date(instant(frame)), text = clock.format(at);
  slider.setAttribute("aria-valuetext", text);
  find("at").textContent = text;
  find("at").dateTime = at.toISOString();
  for (const [cell, read] of cells) {
    const value = number.format(read(boards[frame]));
    if (cell.textContent !== value) cell.textContent = value;
  }
  plot?.redraw(false);
}

function play(on) {
  clearInterval(playing);
  playing = 0;
  find("play").textContent = on ? t("history.pause") : t("history.play");
  if (!on) return;
  if (shown >= film.frames) show(0);
  playing = setInterval(() => {
    show(Math.min(shown + 1, film.frames));
    if (shown >= film.frames) play(false);
  }, 1000 / PER_SECOND / Number(find("speed").value));
}

// A line through the chart at the instant shown.
function pointed(chart) {
  const x = chart.valToPos(instant(shown) / 1000, "x", true), { top, height } = chart.bbox;
  chart.ctx.fillStyle = color("--ink");
  chart.ctx.fillRect(Math.round(x) - 1, top, 2, height);
}

function draw() {
  const open = adder(film.measures, "stage:"), late = adder(film.measures, "late:");
  const box = find("film");
  plot?.destroy();
  const axis = { stroke: color("--soft"), grid: { stroke: color("--line"), width: 1 }, ticks: { stroke: color("--line") }, font: "12px system-ui" };
  const day = new Intl.DateTimeFormat(config.lang === "en" ? "en-GB" : "vi-VN", { timeZone: "Asia/Ho_Chi_Minh", day: "2-digit", month: "2-digit" });
  const hour = new Intl.DateTimeFormat("vi-VN", { timeZone: "Asia/Ho_Chi_Minh", hour: "2-digit", minute: "2-digit" });
  plot = new uPlot({
    width: Math.max(240, box.clientWidth), height: 200, hooks: { draw: [pointed] },
    cursor: { y: false, drag: { x: false, y: false }, points: { show: false } }, legend: { live: false },
    series: [{}, { label: t("board.open"), stroke: color("--lead"), width: 2 },
      { label: t("board.late"), stroke: color("--late"), width: 2, dash: [6, 4] }],
    axes: [{ ...axis, space: 80, values: (_, ticks, __, ___, by) => ticks.map((tick) => (by >= 86400 ? day : hour).format(tick * 1000)) },
      { ...axis, size: 64, values: (_, ticks) => ticks.map((tick) => number.format(tick)) }],
    scales: { y: { range: (_, low, high) => [0, Math.max(1, high * 1.05)] } },
  }, [boards.map((_, frame) => instant(frame) / 1000), boards.map((board) => open(board, 0)), boards.map((board) => late(board, 0))], box);
  show(shown);
}

async function load() {
  const answer = await fetch(config.frames, { headers: { accept: "application/json" } });
  if (!answer.ok) throw new Error(answer.status);
  film = await answer.json();
  boards = unrolled(film);
  cells = bound();
  slider.max = film.frames;
  const asked = Date.parse(find("at").dateTime);
  shown = Math.max(0, Math.min(film.frames, Math.floor((asked - Date.parse(film.from)) / 1000 / film.step)));
  find("player").hidden = false;
  slider.addEventListener("input", () => { play(false); show(Number(slider.value)); });
  slider.addEventListener("keydown", (event) => { if (event.key === " ") { event.preventDefault(); play(!playing); } });
  find("play").addEventListener("click", () => play(!playing));
  find("speed").addEventListener("change", () => { if (playing) play(true); });
  let resizing;
  addEventListener("resize", () => { clearTimeout(resizing); resizing = setTimeout(draw, 150); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  // the table stays as the server made it until the slider is moved: `at` may lie outside the span
  const before = [...cells].map(([cell]) => cell.textContent), when = find("at").textContent, iso = find("at").dateTime;
  draw();
  cells.forEach(([cell], index) => { cell.textContent = before[index]; });
  find("at").textContent = when;
  find("at").dateTime = iso;
}

load().catch(() => { find("said").textContent = t("history.failed"); });
