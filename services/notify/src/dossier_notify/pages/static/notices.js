// Asks the browser for leave, subscribes it, and tells the server. Where a browser cannot, the page says so and the list still works.
"use strict";

(() => {
  const place = document.getElementById("device");
  if (!place) return;
  const { key, worker, scope, devices, lang, cannot, refused, working, failed, isOn } = place.dataset;
  const allow = document.getElementById("allow");
  const said = document.getElementById("said");
  const OWN = "dossier.device"; // which of the list this browser is
  const own = {
    get: () => globalThis.localStorage?.getItem(OWN),
    set: (id) => globalThis.localStorage?.setItem(OWN, id),
  };
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "\x2f")), (letter) => letter.charCodeAt(0));
  const same = (buffer) => buffer && String(new Uint8Array(buffer)) === String(bytes(key));

  async function subscription() {
    const registered = await navigator.serviceWorker.register(worker, { scope });
    await ready(registered);
    const known = await registered.pushManager.getSubscription();
    if (known && same(known.options?.applicationServerKey)) return known;
    await known?.unsubscribe(); // by a key we no longer have
    return registered.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) });
  }
  const ready = (registered) =>
    new Promise((resolve) => {
      if (registered.active) return resolve();
      const one = registered.installing ?? registered.waiting;
      one.addEventListener("statechange", () => one.state === "activated" && resolve());
    });

  async function turnOn() {
    allow.disabled = true;
    said.textContent = working;
    try {
      if ((await Notification.requestPermission()) !== "granted") {
        said.textContent = refused;
        return;
      }
      const { endpoint, keys } = (await subscription()).toJSON();
      const answer = await fetch(devices, {
        method: "POST",
        credentials: "same-origin",
        headers: { "Content-Type": "application/json", Accept: "application/json", "Idempotency-Key": String(crypto.getRandomValues(new Uint32Array(4))) },
        body: JSON.stringify({ endpoint, keys, lang }),
      });
      const told = await answer.json().catch(() => ({}));
      if (!answer.ok) {
        said.textContent = told.message?.[lang] ?? failed;
        return;
      }
      own.set(told.id);
      location.replace(`?lang=${lang}&done=on`);
    } catch {
      said.textContent = failed;
    } finally {
      allow.disabled = false;
    }
  }

  const able = "serviceWorker" in navigator && "PushManager" in globalThis && "Notification" in globalThis;
  if (!able) {
    said.textContent = cannot;
    return;
  }
  const here = document.querySelector(`[data-device="${own.get()}"]`);
  if (here) {
    here.querySelector(".here").hidden = false;
    said.textContent = said.textContent || isOn;
    here.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      const leave = () => event.target.submit();
      navigator.serviceWorker.getRegistration(scope).then((one) => one?.pushManager.getSubscription()).then((one) => one?.unsubscribe()).then(leave, leave);
    });
    return;
  }
  if (Notification.permission === "denied") {
    said.textContent = refused;
    return;
  }
  allow.hidden = false;
  allow.addEventListener("click", turnOn);
})();
