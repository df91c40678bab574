// Answers for the network where there is none: files of the pages, and an open filing as this device kept it (device.js), for whoever
// was signed in. SHELL comes with the service's own addresses. Nothing personal is in its cache.
"use strict";

const CACHE = `filing-${SHELL.version}`;
const PATIENCE = 12000; // milliseconds for a page that is kept here too
const TRIES = [0, 1000, 3000, 9000];

async function keep(cache, address) {
  for (const wait of TRIES) {
    await new Promise((resolve) => setTimeout(resolve, wait));
    const answer = await fetch(address).catch(() => null);
    if (answer?.ok) return cache.put(address, answer);
  }
  throw new Error(`no line for ${address}`); // it is installed when a page is opened again
}
addEventListener("install", (event) => {
  const kept = async () => {
    const cache = await caches.open(CACHE);
    await Promise.all([...SHELL.files, SHELL.offline].map(async (one) => (await cache.match(one)) ?? keep(cache, one)));
    await skipWaiting();
  };
  event.waitUntil(kept());
});
addEventListener("activate", (event) => {
  const renewed = async () => {
    for (const name of await caches.keys()) if (name.startsWith("filing-") && name !== CACHE) await caches.delete(name);
    await clients.claim();
  };
  event.waitUntil(renewed());
});

async function file(request) {
  const cache = await caches.open(CACHE);
  const found = await cache.match(request);
  if (found) return found;
  try {
    return await fetch(request);
  } catch (gone) {
    const older = await cache.match(request, { ignoreSearch: true }); // a page kept before the last release
    if (older) return older;
    throw gone;
  }
}

const within = (promise, milliseconds) =>
  Promise.race([promise, new Promise((_, reject) => setTimeout(() => reject(new Error("slow")), milliseconds))]);

async function kept(draft) {
  const html = (await device.resume()) && (await device.page(draft));
  if (!html) return null;
  const offline = await (await caches.open(CACHE)).match(SHELL.offline);
  if (!offline) return null;
  const headers = new Headers(offline.headers); // the policy of this service's pages among them
  headers.delete("content-encoding");
  headers.delete("content-length");
  return new Response(html.replace("<html ", "<html data-kept "), { headers });
}
async function sheet(request, draft) {
  const here = await kept(draft).catch(() => null);
  try {
    const answer = await (here ? within(fetch(request), PATIENCE) : fetch(request));
    return here && answer.status >= 502 ? here : answer;
  } catch {
    return here ?? (await (await caches.open(CACHE)).match(SHELL.offline)) ?? Response.error();
  }
}
// Without a line the answers are checked on the sheet itself.
async function check(request, draft) {
  try {
    return await fetch(request);
  } catch {
    return Response.redirect(`${SHELL.filing}${draft}?unsent`);
  }
}

addEventListener("fetch", (event) => {
  const { request } = event, { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (pathname.startsWith(SHELL.static)) return event.respondWith(file(request));
  if (request.mode !== "navigate") return;
  if (pathname.startsWith(SHELL.filing)) event.respondWith(sheet(request, pathname.slice(SHELL.filing.length)));
  if (pathname.startsWith(SHELL.drafts) && pathname.endsWith("/check")) {
    event.respondWith(check(request, pathname.slice(SHELL.drafts.length, pathname.lastIndexOf("/"))));
  }
});

// What waits is sent after the last page was closed, too, by browsers that wake a worker when the line is back.
async function sendAll() {
  if (!(await device.resume())) return;
  for (const wish of await device.queue()) {
    if (wish.stopped) continue;
    const asked = await fetch(SHELL.filing + wish.draft, { credentials: "same-origin" }); // no line: it is tried again
    const { pathname } = new URL(asked.url);
    await asked.body?.cancel();
    if (!asked.ok || ![SHELL.filing, SHELL.filed].some((place) => pathname.startsWith(place))) continue; // signed out, or somebody else signed in: a page says what to do
    await delivery.send(wish.draft).catch((problem) => {
      if (problem.why === "line" || !problem.why) throw problem;
    });
  }
}
addEventListener("sync", (event) => {
  if (event.tag === "send") event.waitUntil(sendAll());
});
