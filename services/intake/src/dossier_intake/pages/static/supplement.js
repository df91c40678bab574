// Sends what was missing: each file first, then the supplement that names them; or the one text of a form with data-only. The key is made once per form and kept until
// it succeeds, so pressing again after a broken connection repeats the same command.
"use strict";

for (const form of document.querySelectorAll("form.supplement")) {
  const said = form.querySelector("[role=status]");
  const { lang } = document.documentElement;
  const { papers, working, empty, network, only } = form.dataset;
  let key = null;

  const unique = () =>
    crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");

  async function send(path, body, type, id) {
    const headers = { "Content-Type": type, Accept: "application/json", ...(id ? { "Idempotency-Key": id } : {}) };
    const answer = await fetch(path, { method: "POST", credentials: "same-origin", headers, body }).catch(() => null);
    const found = (await answer?.json().catch(() => null)) ?? {};
    if (!answer?.ok) throw new Error(found.message?.[lang] ?? network);
    return found;
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = form.elements.text.value.trim();
    const files = [...(form.elements.files?.files ?? [])];
    if (!text && !files.length) {
      said.textContent = empty;
      return;
    }
    const button = form.querySelector("button");
    button.disabled = true;
    said.textContent = working;
    try {
      const documents = [];
      for (const file of files) {
        const { id } = await send(`${papers}?name=${encodeURIComponent(file.name)}`, file, file.type, unique());
        documents.push({ code: "supplement", id });
      }
      const body = JSON.stringify(only ? { [only]: text } : { ...(text ? { text } : {}), documents });
      if (key?.body !== body) key = { body, id: unique() };
      await send(form.action, body, "application/json", key.id);
      location.reload();
    } catch (problem) {
      said.textContent = problem.message;
      button.disabled = false;
    }
  });
}
