// The case page works without this. With it: digits open an action, Ctrl+Enter sends it, and what was typed outlives the
// session: it is kept in this tab until the action has been done.
"use strict";

(() => {
  const place = (form) => `case:${location.pathname}:${form.dataset.action}`;
  const typed = (form) => [...form.querySelectorAll("textarea, input:not([type=hidden])")];
  const done = document.getElementById("said").textContent.trim();

  for (const form of document.querySelectorAll("form[data-action]")) {
    if (done) sessionStorage.removeItem(place(form));
    const kept = JSON.parse(sessionStorage.getItem(place(form)) ?? "{}");
    for (const field of typed(form)) if (kept[field.name] && !field.value) field.value = kept[field.name];
    form.addEventListener("input", () => {
      sessionStorage.setItem(place(form), JSON.stringify(Object.fromEntries(typed(form).map((f) => [f.name, f.value]))));
    });
    form.addEventListener("submit", () => {
      for (const button of form.querySelectorAll("button")) button.disabled = true; // once is enough
    });
    form.closest("details").addEventListener("toggle", ({ target }) => {
      if (target.open) (typed(form)[0] ?? form.querySelector("select, button"))?.focus();
    });
  }
  document.addEventListener("keydown", (event) => {
    const form = event.target.closest("form[data-action]");
    if (form && event.key === "Enter" && (event.ctrlKey || event.metaKey)) return form.requestSubmit();
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
    const action = /^[1-9]$/.test(event.key) && document.querySelectorAll("details.action")[Number(event.key) - 1];
    if (action) {
      event.preventDefault();
      action.open = !action.open;
    } else if (event.key === "o") document.querySelector(".papers a")?.click();
  });
  const problem = document.getElementById("wrong");
  if (problem.textContent.trim()) (document.querySelector("details[open] textarea, details[open] input:not([type=hidden])") ?? problem).focus();
})();
