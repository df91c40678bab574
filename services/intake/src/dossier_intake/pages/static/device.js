// What a person's own device keeps of their filings until the server has it: what was typed, papers, the page itself, and what waits
// to be sent. Encrypted by a key that no script can read out, made for whoever is signed in; signing out deletes all of it (kept.js).
// Runs in pages and in the worker.
"use strict";

const device = (() => {
  const NAME = "dossier.filing"; // kept.js deletes it by this name
  const STORES = ["words", "pages", "papers", "queue"];
  const DAYS = 14 * 24 * 3600 * 1000;
  const others = globalThis.document?.documentElement.hasAttribute("data-kiosk"); // they use this machine too: nothing stays on it
  const able = !others && Boolean(globalThis.indexedDB && globalThis.crypto?.subtle && globalThis.idb);
  let opening = null, key = null;
  let closed = !able; // for good, once somebody has signed out in another tab

  function shut() {
    closed = Boolean(globalThis.document); // the worker outlives who was signed in
    key = null;
    opening?.then((db) => db.close(), () => {});
    opening = null;
  }
  const database = () =>
    (opening ??= idb.openDB(NAME, 1, {
      upgrade(db) {
        db.createObjectStore("session");
        for (const name of STORES) {
          const store = db.createObjectStore(name, name === "papers" ? { keyPath: "id", autoIncrement: true } : {});
          if (name === "papers") store.createIndex("draft", "draft");
        }
      },
      blocking: shut,
      terminated: shut,
    }));

  // Whether anything can be kept for this person; what another has left is gone then.
  async function begin(who) {
    if (closed || !who) return false;
    try {
      const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
      const db = await database();
      const all = db.transaction(["session", ...STORES], "readwrite");
      const session = all.objectStore("session");
      let own = await session.get("own");
      if (own?.who !== who) {
        for (const name of STORES) all.objectStore(name).clear();
        own = { who, key: made };
        session.put(own, "own");
      }
      await all.done;
      key = own.key;
      await forgetOld(db);
      return true;
    } catch {
      shut(); // a browser that keeps nothing for a page
      return false;
    }
  }
  // The worker serves whoever was signed in last.
  const resume = async () => (key = able ? ((await (await database()).get("session", "own"))?.key ?? null) : null);

  async function forgetOld(db) {
    const all = db.transaction(STORES, "readwrite");
    const waiting = new Set(await all.objectStore("queue").getAllKeys()); // never goes unseen
    for (const name of STORES) {
      for await (const one of all.objectStore(name)) {
        if (one.value.at < Date.now() - DAYS && !waiting.has(one.value.draft ?? one.key.split(" ")[0])) one.delete();
      }
    }
    await all.done;
  }

  const about = (place) => new TextEncoder().encode(place); // a box opens in its own place only
  async function seal(bytes, place) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    return { iv, data: await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: about(place) }, key, bytes) };
  }
  const open = ({ iv, data }, place) => crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData: about(place) }, key, data);
  const sealed = (value, place) => seal(new TextEncoder().encode(JSON.stringify(value)), place);
  const opened = async (box, place) => JSON.parse(new TextDecoder().decode(await open(box, place)));

  async function put(store, draft, value) {
    if (closed || !key) return;
    const box = await sealed(value, `${store} ${draft}`);
    const db = await database();
    const writing = db.transaction(store, "readwrite", { durability: store === "queue" ? "strict" : "relaxed" });
    writing.store.put({ at: Date.now(), box }, draft);
    await writing.done;
  }
  async function get(store, draft) {
    if (closed || !key) return null;
    const found = await (await database()).get(store, draft);
    return found ? opened(found.box, `${store} ${draft}`).catch(() => null) : null;
  }
  const drop = async (store, draft) => (closed ? undefined : (await database()).delete(store, draft));

  // --- words: of each open page of a draft its own, so that two tabs never take each other's ---
  const wordsOf = (draft, page) => (page ? `${draft} ${page}` : draft);
  const allOf = (draft) => IDBKeyRange.bound(draft, `${draft} \uffff`);
  // Only the last of several that were meant is written: one types faster than a slow phone writes.
  const meant = new Map();
  let writing = Promise.resolve();
  function keepWords(draft, words) {
    const place = wordsOf(draft, words.page);
    meant.set(place, words);
    writing = writing.then(async () => {
      if (!meant.has(place)) return;
      const last = meant.get(place);
      meant.delete(place);
      await put("words", place, last);
    }).catch(() => {});
    return writing;
  }
  // The latest first.
  async function words(draft) {
    if (closed || !key) return [];
    const store = (await database()).transaction("words").store;
    const [places, found] = await Promise.all([store.getAllKeys(allOf(draft)), store.getAll(allOf(draft))]);
    const read = await Promise.all(found.map(({ box, at }, n) => opened(box, `words ${places[n]}`).then((value) => ({ ...value, at }), () => null)));
    return read.filter(Boolean).sort((one, other) => other.at - one.at);
  }
  const dropWords = (draft, page) => (meant.delete(wordsOf(draft, page)), writing.then(() => drop("words", wordsOf(draft, page))));

  // --- papers: bytes and what they are, each in a box ---
  async function addPaper(draft, { code, name, type }, file) {
    const place = `paper ${draft}`;
    const bytes = await seal(await file.arrayBuffer(), place);
    const told = await sealed({ code, name, type, size: file.size }, place);
    return (await database()).add("papers", { at: Date.now(), draft, told, bytes, url: null });
  }
  async function papers(draft) {
    if (closed || !key) return [];
    const found = await (await database()).getAllFromIndex("papers", "draft", draft);
    return Promise.all(
      found.map(async ({ id, told, bytes, url }) => {
        const paper = { id, url, ...(await opened(told, `paper ${draft}`)) };
        return { ...paper, file: new Blob([await open(bytes, `paper ${draft}`)], { type: paper.type }) };
      }),
    ).catch(() => []);
  }
  async function begun(id, url) {
    const all = (await database()).transaction("papers", "readwrite");
    const paper = await all.store.get(id);
    if (paper) all.store.put({ ...paper, url });
    await all.done;
  }

  async function queue() {
    if (closed || !key) return [];
    const db = await database();
    const drafts = await db.getAllKeys("queue");
    const found = await Promise.all(drafts.map(async (draft) => ({ draft, ...(await get("queue", draft)) })));
    return found.filter((one) => one.to);
  }
  async function forget(draft) {
    if (closed) return;
    for (const place of [...meant.keys()]) if (place.split(" ")[0] === draft) meant.delete(place);
    await writing;
    const all = (await database()).transaction(STORES, "readwrite");
    for (const name of ["pages", "queue"]) all.objectStore(name).delete(draft);
    all.objectStore("words").delete(allOf(draft));
    for (const id of await all.objectStore("papers").index("draft").getAllKeys(draft)) all.objectStore("papers").delete(id);
    await all.done;
  }

  return {
    begin,
    resume,
    forget,
    keepWords,
    words,
    dropWords,
    keepPage: (draft, html) => put("pages", draft, html),
    page: (draft) => get("pages", draft),
    addPaper,
    papers,
    begun,
    dropPaper: (id) => drop("papers", id),
    enqueue: (draft, wish) => put("queue", draft, wish),
    queued: (draft) => get("queue", draft),
    unqueue: (draft) => drop("queue", draft),
    queue,
  };
})();
