// What somebody typed when their session ended stays in this tab until they have signed in again: for them alone, so it goes when
// they sign out, or when somebody else signs in.
"use strict";

const kept = (() => {
  const WHO = "dossier.who";
  const SILENT = "silent:"; // home.js: where it was asked for a session
  const store = (() => {
    if (document.documentElement.hasAttribute("data-kiosk")) return null; // a machine that others use: nothing stays
    try {
      return sessionStorage;
    } catch {
      return null; // a browser that keeps nothing for a page
    }
  })();
  const { who } = document.body.dataset;
  const FILINGS = "dossier.filing"; // what intake's device.js keeps of filings, with its key
  if (who && store && store.getItem(WHO) !== who) {
    if (store.getItem(WHO)) globalThis.indexedDB?.deleteDatabase(FILINGS); // another was signed in here
    store.clear();
    store.setItem(WHO, who);
  }
  const leaving = document.querySelector("form.leaving");
  leaving?.addEventListener("submit", (event) => {
    store?.clear();
    if (!globalThis.indexedDB) return;
    event.preventDefault();
    const left = () => leaving.submit();
    const gone = indexedDB.deleteDatabase(FILINGS);
    gone.onsuccess = gone.onerror = gone.onblocked = left;
  });
  const heading = document.querySelector("h1[data-ended]");
  if (heading && store?.getItem(WHO)) heading.textContent = heading.dataset.ended; // it was signed in, in this very tab
  const waits = document.getElementById("kept");
  if (waits) waits.hidden = !store || !Object.keys(store).some((name) => name !== WHO && !name.startsWith(SILENT));

  return {
    keep: (place, found) => store?.setItem(`kept:${place}`, JSON.stringify(found)),
    of: (place) => JSON.parse(store?.getItem(`kept:${place}`) ?? "null"),
    // The first time in this tab only.
    first(place) {
      if (!store || store.getItem(SILENT + place)) return false;
      store.setItem(SILENT + place, "1");
      return true;
    },
    drop: (place) => store?.removeItem(`kept:${place}`),
  };
})();
