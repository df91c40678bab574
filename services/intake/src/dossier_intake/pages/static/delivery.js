// From this device to the server, whatever the line does: papers (resumed at the byte where the line broke), what was typed, and the
// filing itself. Each may be asked for again: bytes are stored once, a revision guards the draft, and a draft is sent once.
"use strict";

const delivery = (() => {
  const inPage = Boolean(globalThis.document); // else in the worker, after the last page was closed
  const lang = inPage ? document.documentElement.lang : "vi";
  const PIECES = 256 * 1024; // bytes; what is larger goes in pieces
  const CHUNK = 2 * 1024 * 1024;

  // `why`: line (ask again), ended (sign in first), moved (changed elsewhere), gone, refused
  class Undelivered extends Error {
    constructor(why, message = "") {
      super(message);
      this.why = why;
    }
  }
  const WHY = { 401: "ended", 404: "gone", 409: "moved" };
  const of = (status, message) => new Undelivered(status === 429 || status >= 500 ? "line" : (WHY[status] ?? "refused"), message);

  async function post(path, body, headers = {}) {
    let answer, found;
    try {
      answer = await fetch(path, { method: "POST", credentials: "same-origin", headers: { Accept: "application/json", ...headers }, body });
      found = await answer.json(); // a line may break within an answer
    } catch {
      if (!answer || answer.ok) throw new Undelivered("line");
    }
    if (!answer.ok) throw of(answer.status, found?.message?.[lang]);
    return found;
  }

  let loading = null; // of what sends in pieces: only for who needs it
  const loaded = (source) =>
    (loading ??= new Promise((resolve) => {
      const script = Object.assign(document.createElement("script"), { src: source, onload: () => resolve(true) });
      script.onerror = () => {
        loading = null;
        resolve(false);
      };
      document.head.append(script);
    }));
  function inPieces(paper, to, progress) {
    return new Promise((resolve, reject) => {
      const upload = new tus.Upload(paper.file, {
        endpoint: to.pieces,
        uploadUrl: paper.url, // begun before the line broke; the server is asked how far it is
        chunkSize: CHUNK,
        retryDelays: [500, 1000, 3000],
        storeFingerprintForResuming: false, // it would leave file names in clear
        metadata: { filename: paper.name },
        onUploadUrlAvailable: () => {
          paper.url = upload.url;
          if (paper.id) device.begun(paper.id, upload.url).catch(() => {});
        },
        onProgress: (sent, all) => progress(Math.floor((10 * sent) / all) * 10),
        onSuccess: ({ lastResponse }) => resolve({ id: lastResponse.getHeader("Upload-Document"), size: paper.file.size, type: paper.type, name: paper.name }),
        onError: ({ originalResponse }) => {
          if (!originalResponse) return reject(new Undelivered("line"));
          let said = "";
          try {
            said = JSON.parse(originalResponse.getBody()).message[lang];
          } catch {}
          const status = originalResponse.getStatus();
          reject(status === 409 || status === 423 ? new Undelivered("line", said) : of(status, said));
        },
      });
      upload.start();
    });
  }
  // As the sheet keeps it: `code|id|size|type|changes||name`
  async function bring(paper, to, progress = () => {}) {
    const large = paper.file.size > PIECES && inPage && (await loaded(to.tus)) && globalThis.tus;
    const path = `${to.documents}?name=${encodeURIComponent(paper.name)}`;
    const found = await (large ? inPieces(paper, to, progress) : post(path, paper.file, { "Content-Type": paper.type || "application/octet-stream" }));
    return [paper.code, found.id, found.size, found.type, (found.changes ?? []).join(","), "", found.name].join("|");
  }

  const save = (typed, to) => post(`${to.save}?lang=${lang}`, new URLSearchParams(typed));
  const withRevision = (typed, revision) => [...typed.filter(([name]) => name !== "revision"), ["revision", revision]];

  // Each save says which page sends it and how many it has sent: an answer that was lost is not another device's change.
  const first = () => `${crypto.randomUUID?.() ?? "no-such-page"}.0`;
  const next = (number) => number.replace(/\d+$/, (n) => Number(n) + 1);
  const pageOf = (number) => number.split(".")[0];
  const numbered = (typed) => typed.map(([name, value]) => [name, name === "page" ? next(value) : value]);

  // One tab at a time; two would only be in each other's way.
  const alone = (draft, act) => (navigator.locks ? navigator.locks.request(`filing ${draft}`, act) : act());

  // What a page of its own shows as it happens brings its papers itself; this is for what waits, wherever it is noticed.
  async function words(draft, wish) {
    const all = await device.words(draft);
    const kept = all.find((one) => one.page === wish.page) ?? { page: wish.page, typed: [], revision: wish.revision, dirty: false };
    for (const paper of await device.papers(draft)) {
      const value = await bring(paper, wish.to);
      kept.typed.push(["kept", value]);
      kept.dirty = true;
      await device.keepWords(draft, kept);
      await device.dropPaper(paper.id);
    }
    if (!kept.dirty) return kept.revision;
    kept.typed = numbered(kept.typed);
    await device.keepWords(draft, kept);
    try {
      const { revision } = await save(withRevision(kept.typed, kept.revision), wish.to);
      await device.keepWords(draft, { ...kept, revision, dirty: false });
      return revision;
    } catch (problem) {
      if (problem.why !== "gone") throw problem;
      return kept.revision; // it may have been sent before, and its answer lost
    }
  }
  // Where the receipt is, or null where nothing waits any more. Raises Undelivered.
  // `tus`: of the release that this page came with.
  const send = (draft, tus) =>
    alone(draft, async () => {
      const wish = await device.queued(draft);
      if (!wish || wish.stopped) return null;
      if (tus) wish.to.tus = tus;
      const revision = wish.checked ? wish.revision : await words(draft, wish);
      if (!(await device.queued(draft))) return null; // thought better of
      const { filed } = await post(`${wish.to.send}?lang=${lang}`, new URLSearchParams({ key: draft, revision, declared: "yes", ...wish.consent }));
      await device.forget(draft);
      return filed;
    });

  // Milliseconds until a line that broke is tried again: soon at first, then less often.
  const pause = (failures) => Math.min(15000, 1000 * 2 ** failures);

  return { bring, save, send, alone, pause, first, next, numbered, pageOf };
})();
