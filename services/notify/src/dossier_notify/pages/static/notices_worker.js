// Shows what is pushed, and opens the person's page at a tap. It answers no request and keeps nothing.
"use strict";

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));

addEventListener("push", (event) => {
  let told = {};
  try {
    told = event.data?.json() ?? {};
  } catch {} // not ours: a browser demands that something is shown all the same
  const { title = "Hồ sơ", body = "", lang = "vi", tag = "dossier", url = "" } = told;
  event.waitUntil(registration.showNotification(title, { body, lang, tag, data: { url } }));
});

addEventListener("notificationclick", (event) => {
  event.notification.close();
  const url = new URL(event.notification.data?.url || registration.scope, registration.scope);
  if (["http:", "https:"].includes(url.protocol)) event.waitUntil(clients.openWindow(url.href));
});
