"use strict";
// What a text message costs, counted as dossier_shared/vocabulary/sms.py does; `tables` are its own.
function textCost(tables, text, around) {
  const cheap = tables.gsm7 + tables.escaped;
  const mark = /[\u0300-\u036f]/;
  const alike = (letter) => tables.alike[letter] ?? letter;
  const plain = (letter) => {
    if (tables.kept.includes(letter)) return letter;
    const parts = [...alike(letter).normalize("NFKD")].map((part) => (mark.test(part) ? "" : alike(part)));
    return parts.join("");
  };
  const letters = [...text.normalize("NFC")];
  const bare = letters.map(plain);
  const wide = [...new Set(letters.filter((_, n) => [...bare[n]].some((part) => !cheap.includes(part))))];
  if (wide.length) {
    const units = around + text.normalize("NFC").length;
    return { wide, parts: units <= 70 ? 1 : Math.ceil(units / 67) };
  }
  const said = bare.join("");
  const units = around + said.length + [...said].filter((part) => tables.escaped.includes(part)).length;
  return { wide, parts: units <= 160 ? 1 : Math.ceil(units / 153) };
}
if (typeof module !== "undefined") module.exports = { textCost };
