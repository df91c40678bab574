// The one dialog of a work list: what an action asks for before it is sent.
"use strict";

// As people write amounts: 8.000, 1 500 000, 20,000 đ. Null where it is not one whole number above 0.
function amountOf(text) {
  const plain = text.trim().replace(/\s+/g, " ").replace(/ ?(đồng|vnđ|vnd|đ|₫)$/i, "");
  const whole = /^(\d+|\d{1,3}([., ])\d{3}(\2\d{3})*)$/.test(plain);
  return (whole && Number(plain.replace(/\D/g, ""))) || null;
}

function askDialog({ t, plural, lang, sms }) {
  const by = (id) => document.getElementById(id);
  const [dialog, also, reason] = [by("ask"), by("also"), by("reason")];

  // What the text message that tells the reason will cost, while it is written.
  function cost(text, around) {
    const told = by("reason-cost");
    told.hidden = !around || !text;
    if (told.hidden) return;
    const { wide, parts } = textCost(sms, text, around);
    told.textContent = plural("shared.sms_cost", parts);
    if (wide.length) told.textContent += ` ${t("shared.sms_wide", { letters: wide.slice(0, 5).join(" ") })}`;
  }

  // How an amount is understood, while it is typed.
  function read(wanted) {
    const n = wanted?.number ? amountOf(also.value) : null;
    by("also-read").textContent = n ? t("shared.number_read", { n: n.toLocaleString(lang) }) : "";
  }

  function wrong({ also: wantsAlso, reason: wantsReason }) {
    if (wantsAlso && !(wantsAlso.number ? amountOf(also.value) : also.value.trim())) {
      return [also, wantsAlso.number ? t("shared.number_needed") : t("shared.also_needed")];
    }
    return wantsReason && !reason.value.trim() ? [reason, t("shared.also_needed")] : null;
  }

  function show(title, { reason: wantsReason, asks, also: wantsAlso, open, danger, texted }, kinds, typed) {
    by("ask-title").textContent = title;
    by("ask-kept").hidden = !typed?.ended;
    by("ask-kinds").hidden = !kinds.length;
    by("ask-kinds").replaceChildren(...kinds.map((words) => Object.assign(document.createElement("li"), { textContent: words })));
    by("ask-also").hidden = !wantsAlso;
    by("also-label").textContent = wantsAlso?.label ?? "";
    also.value = typed?.also ?? "";
    also.inputMode = wantsAlso?.number ? "numeric" : "text";
    by("ask-reason").hidden = !wantsReason;
    by("reason-label").textContent = asks;
    by("reason-hint").hidden = !open;
    reason.value = typed?.reason ?? "";
    for (const field of [also, reason]) field.setCustomValidity("");
    read(wantsAlso);
    cost(reason.value.trim(), texted);
    by("ask-yes").className = danger ? "button danger" : "button primary";
    dialog.returnValue = "";
    dialog.showModal();
    (wantsAlso ? also : wantsReason ? reason : by("ask-yes")).focus();
  }

  // What the action asks for, as `fields` of its body and as it was `typed`; null where it was called off.
  return function ask(title, action, kinds, typed) {
    show(title, action, kinds, typed);
    return new Promise((resolve) => {
      by("ask-no").onclick = () => dialog.close("no");
      dialog.querySelector("form").onsubmit = (event) => {
        event.preventDefault();
        const fault = wrong(action);
        if (!fault) return dialog.close("yes");
        fault[0].setCustomValidity(fault[1]);
        fault[0].reportValidity();
      };
      reason.oninput = () => {
        reason.setCustomValidity("");
        cost(reason.value.trim(), action.texted);
      };
      also.oninput = () => {
        also.setCustomValidity("");
        read(action.also);
      };
      dialog.onclose = () => {
        if (dialog.returnValue !== "yes") return resolve(null);
        const fields = {};
        if (action.also) fields[action.also.name] = action.also.number ? amountOf(also.value) : also.value.trim();
        if (action.reason) fields[action.reason] = reason.value.trim();
        resolve({ fields, typed: { also: also.value, reason: reason.value } });
      };
    });
  };
}
if (typeof module !== "undefined") module.exports = { amountOf };
