// Draws each indicator's line from the numbers the page carries; the table beside it says the same without this.
"use strict";
const config = JSON.parse(document.getElementById("config").textContent);
const percent = new Intl.NumberFormat(config.lang, { style: "percent", maximumFractionDigits: 1 });
const color = (name) => getComputedStyle(document.body).getPropertyValue(name).trim();

function draw(box) {
  const series = config.series[box.dataset.chart];
  const at = series.titles.map((_, index) => index);
  const names = series.lines.length > 1 ? [config.median, config.mean] : [config.label];
  const lines = series.lines.map((_, index) => ({
    label: names[index], stroke: color(index ? "--late" : "--lead"), width: 2, dash: index ? [6, 4] : undefined,
    points: { show: at.length < 62, size: index ? 7 : 5 }, spanGaps: false,
    value: (_, value) => (value == null ? "–" : percent.format(value)),
  }));
  const data = [at, ...series.lines];
  if (series.target != null) {
    data.push(at.map(() => series.target));
    lines.push({ label: config.target, stroke: color("--soft"), width: 1, dash: [2, 4], points: { show: false }, value: (_, value) => (value == null ? "–" : percent.format(value)) });
  }
  const axis = { stroke: color("--soft"), grid: { stroke: color("--line"), width: 1 }, ticks: { stroke: color("--line") }, font: "12px system-ui" };
  box.replaceChildren();
  new uPlot({
    width: Math.max(220, box.clientWidth), height: 200, padding: [8, 40, 0, 0], series: [{ label: config.period, value: (_, index) => series.titles[index] ?? "–" }, ...lines],
    scales: { x: { time: false, range: (_, low, high) => (low === high ? [low - 1, high + 1] : [low, high]) }, y: box.dataset.chart === "time_saved" ? {} : { range: [0, 1] } },
    axes: [{ ...axis, incrs: [1, 2, 5, 7, 14, 30, 60, 90], space: 90, values: (_, ticks) => ticks.map((tick) => series.titles[tick] ?? "") },
      { ...axis, size: 68, values: (_, ticks) => ticks.map((tick) => percent.format(tick)) }],
  }, data, box);
}

function drawAll() {
  for (const box of document.querySelectorAll("[data-chart]")) draw(box);
}
drawAll();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
let resizing;
addEventListener("resize", () => { clearTimeout(resizing); resizing = setTimeout(drawAll, 150); });
