// The counter works without this. With it: a chosen file is looked into at once, Ctrl+Enter files, a second press sends nothing,
// and what was typed outlives a session that ends: it stays in this tab until it has been filed or is thrown away.
"use strict";

(() => {
  const filed = document.querySelector("[data-filed]");
  if (filed) return kept.drop(`counter:${filed.dataset.filed}`);
  const form = document.getElementById("sheet");
  const here = `counter:${form.dataset.place}`;
  const lang = document.documentElement.lang;
  const own = new Set(["key", "procedure", "agency", "do"]);

  // --- kept for later ---
  const typed = () => [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !own.has(name));
  const keep = () => kept.keep(here, typed());
  const note = document.getElementById("before");
  const before = form.hasAttribute("data-fresh") && kept.of(here);
  form.addEventListener("input", keep);
  form.addEventListener("change", keep);
  if (before) {
    note.hidden = false;
    document.getElementById("before-back").addEventListener("click", () => {
      for (const field of [...form.elements]) if (field.name && !own.has(field.name)) field.disabled = true;
      for (const [name, value] of [...before, ["do", "draw"]]) {
        form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
      }
      form.submit(); // the server draws it: entries and files too
    });
    document.getElementById("before-drop").addEventListener("click", () => {
      kept.drop(here);
      note.hidden = true;
    });
  }

  // --- a file is looked into while the rest is typed ---
  async function taken(input, file) {
    const headers = { "Content-Type": file.type || "application/octet-stream", Accept: "application/json" };
    const path = `${form.dataset.documents}?name=${encodeURIComponent(file.name)}`;
    const answer = await fetch(path, { method: "POST", credentials: "same-origin", headers, body: file });
    const found = await answer.json();
    if (!answer.ok) throw new Error(found.message?.[lang] ?? form.dataset.failed);
    const signers = (found.signatures ?? []).map((one) => one.name.replaceAll(/[|;]/g, " "));
    const changes = (found.changes ?? []).join(",");
    const value = [input.dataset.code, found.id, found.size, found.type, changes, signers.join(";"), found.name].join("|");
    const line = document.createElement("li");
    line.append(Object.assign(document.createElement("input"), { type: "hidden", name: "kept", value }));
    line.append([found.name, form.dataset.done, ...signers.map((name) => form.dataset.signed.replace("{name}", name))].join(" · "));
    input.parentElement.querySelector(".taken").append(line);
    input.parentElement.querySelector(".missing")?.remove();
    keep();
  }
  for (const input of form.querySelectorAll("input[type=file]")) {
    const said = document.getElementById(`${input.id}-wrong`);
    input.addEventListener("change", async () => {
      said.textContent = form.dataset.working;
      const refused = [];
      for (const file of input.files) await taken(input, file).catch((why) => refused.push(`${file.name}: ${why.message}`));
      said.textContent = refused.join(" ");
      input.value = ""; // what was taken is in the list, what was refused is named
    });
  }

  // --- keys, and once is enough ---
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "1";
  });
  addEventListener("pageshow", () => delete form.dataset.sent);
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    form.requestSubmit(document.getElementById("file"));
  });
})();
