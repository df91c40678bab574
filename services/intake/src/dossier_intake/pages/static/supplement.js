// Sends what was missing: each file first (a large one in pieces, resumed where it broke off), then the supplement that names
// them; or the one text of a form with data-only. The key is made once per form and kept until
// it succeeds, so pressing again after a broken connection repeats the same command.
"use strict";

const LARGE = 1024 * 1024; // bytes, and of a piece twice as many

for (const form of document.querySelectorAll("form[data-command]")) {
  const said = form.querySelector("[role=status]");
  const { lang } = document.documentElement;
  const { command, papers, pieces, working, empty, network, only, ended } = form.dataset;
  const written = form.elements.text;
  let key = null;

  // What was typed when the session ended; a browser does not let a page keep chosen files.
  const before = kept.of(command);
  if (before) {
    written.value = before.text;
    said.textContent = form.dataset.kept;
  }
  function sessionEnded() {
    kept.keep(command, { text: written.value });
    return new Error(ended);
  }

  const unique = () =>
    crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");

  async function send(path, body, type, id) {
    const headers = { "Content-Type": type, Accept: "application/json", ...(id ? { "Idempotency-Key": id } : {}) };
    const answer = await fetch(path, { method: "POST", credentials: "same-origin", headers, body }).catch(() => null);
    const found = (await answer?.json().catch(() => null)) ?? {};
    if (answer?.status === 401) throw sessionEnded();
    if (!answer?.ok) throw new Error(found.message?.[lang] ?? network);
    return found;
  }

  function inPieces(file) {
    return new Promise((resolve, reject) => {
      const told = (answer) => {
        try {
          return JSON.parse(answer?.getBody()).message[lang];
        } catch {
          return network;
        }
      };
      const upload = new tus.Upload(file, {
        endpoint: pieces,
        chunkSize: 2 * LARGE,
        retryDelays: [500, 1000, 3000, 5000, 10000],
        metadata: { filename: file.name },
        storeFingerprintForResuming: !document.documentElement.hasAttribute("data-kiosk"), // names of files, in clear
        removeFingerprintOnSuccess: true,
        onProgress: (sent, all) => {
          const words = `${working} ${Math.floor((10 * sent) / all) * 10} %`;
          if (said.textContent !== words) said.textContent = words;
        },
        onSuccess: ({ lastResponse }) => resolve({ id: lastResponse.getHeader("Upload-Document") }),
        onError: ({ originalResponse }) => reject(originalResponse?.getStatus() === 401 ? sessionEnded() : new Error(told(originalResponse))),
      });
      upload.findPreviousUploads().then(([begun]) => {
        if (begun) upload.resumeFromPreviousUpload(begun);
        upload.start();
      }, reject);
    });
  }

  const whole = (file) => send(`${papers}?name=${encodeURIComponent(file.name)}`, file, file.type, unique());

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = written.value.trim();
    const files = [...(form.elements["file.supplement"]?.files ?? [])];
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
        const { id } = await (file.size > LARGE ? inPieces : whole)(file);
        documents.push({ code: "supplement", id });
      }
      const body = JSON.stringify(only ? { [only]: text } : { ...(text ? { text } : {}), documents });
      if (key?.body !== body) key = { body, id: unique() };
      await send(command, body, "application/json", key.id);
      kept.drop(command);
      location.reload();
    } catch (problem) {
      said.textContent = problem.message;
      button.disabled = false;
    }
  });
}
