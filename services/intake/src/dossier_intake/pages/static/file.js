// The filing works without this. With it: what is typed is saved after a pause, a chosen file is sent at once (a large one in
// pieces, resumed where it broke off), and what was typed when the session ended is there again after signing in.
"use strict";

(() => {
  const sending = document.getElementById("send");
  sending?.addEventListener("submit", (event) => {
    if (sending.dataset.sent) return event.preventDefault();
    sending.dataset.sent = "1";
  });
  if (sending) addEventListener("pageshow", () => delete sending.dataset.sent);
  if (sending) kept.drop(`draft:${sending.dataset.place}`);
  const form = document.getElementById("sheet");
  if (!form) return;

  const PAUSE = 1500; // milliseconds without a key
  const AGAIN = 10000; // after a line that broke
  const LARGE = 1024 * 1024; // bytes, and of a piece twice as many
  const here = `draft:${form.dataset.place}`;
  const { lang } = document.documentElement;
  const saving = document.getElementById("saving");
  const own = new Set(["revision", "do"]);
  const typed = () => [...new FormData(form)].filter(([name, value]) => typeof value === "string" && name !== "do");

  // --- what was typed when the session ended ---
  const note = document.getElementById("before");
  const before = form.hasAttribute("data-fresh") && kept.of(here);
  if (!before) kept.drop(here); // what was posted is on the page, or saved
  if (before) {
    note.hidden = false;
    document.getElementById("before-back").addEventListener("click", () => {
      for (const field of [...form.elements]) if (field.name && !own.has(field.name)) field.disabled = true;
      for (const [name, value] of [...before, ["do", "save"]]) {
        if (name !== "revision") form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
      }
      kept.drop(here);
      form.submit(); // the server draws it: entries and files too
    });
    document.getElementById("before-drop").addEventListener("click", () => {
      kept.drop(here);
      note.hidden = true;
    });
  }

  // --- saved while one types: one request at a time, the latest words last ---
  let waiting = null, dirty = false, stopped = false;
  let busy = null; // what is under way
  const say = (words) => {
    if (saving.textContent !== words) saving.textContent = words;
  };
  async function save() {
    if (busy || stopped || !dirty) return;
    busy = send();
    await busy;
    busy = null;
  }
  async function send() {
    dirty = false;
    const told = new URLSearchParams(typed());
    let again = 0;
    try {
      const headers = { Accept: "application/json" };
      const answer = await fetch(`${form.dataset.save}?lang=${lang}`, { method: "POST", credentials: "same-origin", headers, body: told });
      const found = await answer.json().catch(() => ({}));
      if (answer.ok) {
        form.elements.revision.value = found.revision;
        if (!dirty) kept.drop(here);
        say(found.told);
      } else {
        stopped = answer.status === 409 || answer.status === 404 || answer.status === 401;
        dirty = true;
        if (!stopped) again = AGAIN;
        say(answer.status === 401 ? form.dataset.ended : (found.message?.[lang] ?? form.dataset.unsaved));
      }
    } catch {
      dirty = true;
      again = AGAIN;
      say(form.dataset.unsaved);
    }
    if (dirty && !stopped) later(again || PAUSE);
  }
  function later(milliseconds) {
    clearTimeout(waiting);
    waiting = setTimeout(save, milliseconds);
  }
  function changed() {
    dirty = true;
    kept.keep(here, typed());
    later(PAUSE);
  }
  form.addEventListener("input", (event) => event.target.type !== "file" && changed());

  // --- a file is looked into while the rest is typed ---
  async function whole(file) {
    const headers = { "Content-Type": file.type || "application/octet-stream", Accept: "application/json" };
    const path = `${form.dataset.documents}?name=${encodeURIComponent(file.name)}`;
    const answer = await fetch(path, { method: "POST", credentials: "same-origin", headers, body: file });
    const found = await answer.json().catch(() => ({}));
    if (answer.status === 401) throw new Error(form.dataset.ended);
    if (!answer.ok) throw new Error(found.message?.[lang] ?? form.dataset.failed);
    return found;
  }
  let loading = null; // of what sends in pieces: only for who has a large file
  const loaded = () =>
    (loading ??= new Promise((resolve) => {
      const script = Object.assign(document.createElement("script"), { src: form.dataset.tus, onload: resolve, onerror: resolve });
      document.head.append(script);
    }));
  function inPieces(file, progress) {
    return new Promise((resolve, reject) => {
      const upload = new tus.Upload(file, {
        endpoint: form.dataset.pieces,
        chunkSize: 2 * LARGE,
        retryDelays: [500, 1000, 3000, 5000, 10000, 20000],
        metadata: { filename: file.name },
        removeFingerprintOnSuccess: true,
        onProgress: (sent, all) => progress(Math.floor((10 * sent) / all) * 10),
        onSuccess: ({ lastResponse }) => resolve({ id: lastResponse.getHeader("Upload-Document"), size: file.size, type: file.type, name: file.name }),
        onError: ({ originalResponse }) => {
          let said = form.dataset.failed;
          try {
            said = JSON.parse(originalResponse.getBody()).message[lang];
          } catch {}
          reject(new Error(originalResponse?.getStatus() === 401 ? form.dataset.ended : said));
        },
      });
      upload.findPreviousUploads().then(([begun]) => {
        if (begun) upload.resumeFromPreviousUpload(begun);
        upload.start();
      }, reject);
    });
  }
  async function taken(input, file, progress) {
    if (file.size > LARGE) await loaded();
    const found = await (file.size > LARGE && window.tus ? inPieces(file, progress) : whole(file));
    const value = [input.dataset.code, found.id, found.size, found.type, (found.changes ?? []).join(","), "", found.name].join("|");
    const line = document.createElement("li");
    line.append(Object.assign(document.createElement("input"), { type: "hidden", name: "kept", value }));
    line.append(found.name);
    const paper = input.closest("li");
    paper.querySelector(".taken").append(line);
    paper.querySelector(".missing")?.remove();
    changed();
    clearTimeout(waiting);
    save();
  }
  for (const input of form.querySelectorAll("input[type=file]")) {
    const said = input.closest("li").querySelector(".field-wrong");
    input.addEventListener("change", async () => {
      said.textContent = form.dataset.working;
      const refused = [];
      for (const file of [...input.files]) {
        const progress = (part) => (said.textContent = `${form.dataset.working} ${part} %`);
        await taken(input, file, progress).catch((why) => refused.push(`${file.name}: ${why.message}`));
      }
      said.textContent = refused.join(" ");
      input.value = ""; // what was taken is in the list, what was refused is named
    });
  }

  // --- once is enough ---
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) return event.preventDefault();
    stopped = true;
    clearTimeout(waiting);
    if (busy) {
      event.preventDefault(); // it changes the revision that is sent
      busy.then(() => form.requestSubmit(event.submitter));
      return;
    }
    kept.keep(here, typed());
    form.dataset.sent = "1";
  });
  addEventListener("pageshow", (event) => {
    delete form.dataset.sent;
    if (event.persisted) location.reload(); // kept by the browser from before it was sent
  });
})();
