// The stream of events: newest first, held back while paused, the oldest dropped. Everything shown is text, never markup.
(() => {
  "use strict";
  const config = JSON.parse(document.getElementById("config").textContent);
  const rules = new Intl.PluralRules(config.lang);
  const t = (id) => config.texts[id];
  const plural = (id, n) => t(id).at(rules.select(n) === "one" ? 0 : -1).replace("{n}", count(n));
  const label = (family, name) => config.texts[`${family}.${name}`] ?? name;
  const at = (id) => document.getElementById(id);
  const list = at("lines"), template = at("line"), pause = at("pause");
  const seen = new Set([...list.children].map((item) => item.dataset.key));
  const suffix = config.lang === "en" ? "?lang=en" : "";
  const clock = new Intl.DateTimeFormat(config.lang === "en" ? "en-GB" : "vi-VN", {
    timeZone: "Asia/Ho_Chi_Minh", day: "2-digit", month: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit",
  });
  const count = (n) => new Intl.NumberFormat(config.lang === "en" ? "en-GB" : "vi-VN").format(n);
  let held = [], paused = false, lost = 0, heard = 0;

  const say = (id, text) => {
    const element = at(id);
    element.hidden = !text;
    if (element.textContent !== text) element.textContent = text;
  };
  const state = (name, text) => {
    at("pulse").dataset.state = name;
    say("state", text);
  };
  const show = () => {
    if (paused) state("paused", t("stream.paused"));
    else state("live", t("stream.live"));
    say("held", paused && held.length ? plural("stream.held", held.length) : "");
  };

  const item = (line) => {
    const made = template.content.firstElementChild.cloneNode(true);
    const put = (name, text) => (made.querySelector(`[data-${name}]`).textContent = text);
    made.dataset.key = `${line.topic}:${line.partition}:${line.offset}`;
    if (line.broken) {
      made.className = "broken";
      put("what", t("stream.broken"));
      put("details", label("broken", line.broken));
      put("agency", `${line.topic} ${line.partition}:${line.offset}`);
      made.querySelector("[data-open]").hidden = true;
      return made;
    }
    const time = made.querySelector("[data-at]");
    time.dateTime = line.time;
    time.textContent = clock.format(new Date(line.time));
    put("what", label("event", line.type));
    put("details", config.details.map((name) => line.data[name]).filter(Boolean).map((value) => label("value", value)).join(", "));
    put("agency", config.agencies[line.agency] || line.agency);
    put("service", label("value", line.source));
    put("who", line.role === "rule" ? t("stream.by_rule") : label("role", line.role));
    made.querySelector("[data-open]").href = config.timelines.replace("{dossier}", encodeURIComponent(line.dossier)) + suffix;
    return made;
  };

  const add = (lines) => {
    const fresh = lines.slice(-config.shown).reverse();
    list.prepend(...fresh.map(item));
    while (list.children.length > config.shown) {
      seen.delete(list.lastElementChild.dataset.key);
      list.lastElementChild.remove();
    }
    at("empty").hidden = list.children.length > 0;
  };

  const take = (body) => {
    heard = Date.now();
    const fresh = body.lines.filter((line) => !seen.has(`${line.topic}:${line.partition}:${line.offset}`));
    fresh.forEach((line) => seen.add(`${line.topic}:${line.partition}:${line.offset}`));
    if (paused) {
      held.push(...fresh);
      held.splice(0, Math.max(0, held.length - config.shown)).forEach((line) => {
        lost += 1;
        seen.delete(`${line.topic}:${line.partition}:${line.offset}`);
      });
    } else if (fresh.length) add(fresh);
    lost += body.lost;
    say("rate", plural("stream.rate", body.rate));
    say("lost", lost ? plural("stream.lost", lost) : body.gap ? t("stream.gap") : at("lost").textContent);
    if (body.connected) show();
    else state("lost", t("stream.waiting_broker"));
  };

  const source = new EventSource(config.stream);
  source.addEventListener("lines", (event) => take(JSON.parse(event.data)));
  source.onerror = () => {
    if (source.readyState === EventSource.CLOSED) state("lost", t("stream.signed_out"));
    else state("lost", t("stream.lost_connection"));
  };
  setInterval(() => {
    if (heard && Date.now() - heard > 5000) state("lost", t("stream.lost_connection"));
  }, 1000);

  pause.hidden = false;
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.textContent = paused ? t("stream.resume") : t("stream.pause");
    if (!paused) {
      add(held);
      held = [];
    }
    show();
  });
})();
