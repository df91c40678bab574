// Signing on the screen: the pen's strokes become an SVG path of straight lines in the form's hidden field. Without this script,
// and for who uses no pen, the receiver signs on paper.
"use strict";

(() => {
  const form = document.querySelector('form[data-action="hand-over"]');
  if (!form) return;
  const texts = JSON.parse(document.getElementById("config").textContent);
  const t = (id) => texts[id];
  const { signature: field, signed_on: choice } = form.elements;
  const [WIDTH, HEIGHT, STEP, LONGEST] = [1000, 400, 4, 19900];

  const svg = (name, attributes) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };
  const pad = Object.assign(document.createElement("div"), { className: "pad" });
  const label = Object.assign(document.createElement("span"), { className: "label", textContent: t("pad.label") });
  const sheet = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": t("pad.label") });
  const drawn = svg("path", {});
  const hint = Object.assign(document.createElement("p"), { className: "small", textContent: t("pad.hint") });
  const clear = Object.assign(document.createElement("button"), { type: "button", className: "button", textContent: t("pad.clear") });
  sheet.append(drawn);
  pad.append(label, sheet, hint, clear);
  choice.closest(".field").after(pad);

  const show = () => drawn.setAttribute("d", field.value);
  const place = (event) => {
    const box = sheet.getBoundingClientRect();
    const within = (at, size, most) => Math.round(Math.min(Math.max(at / size, 0), 1) * most);
    return [within(event.clientX - box.left, box.width, WIDTH), within(event.clientY - box.top, box.height, HEIGHT)];
  };
  let last = null;

  sheet.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    event.preventDefault();
    sheet.setPointerCapture(event.pointerId);
    last = { at: place(event), begun: false };
  });
  sheet.addEventListener("pointermove", (event) => {
    if (!last) return;
    const [x, y] = place(event);
    if (Math.hypot(x - last.at[0], y - last.at[1]) < STEP || field.value.length > LONGEST) return;
    field.value += `${last.begun ? "" : `M${last.at[0]} ${last.at[1]}`}L${x} ${y}`;
    last = { at: [x, y], begun: true };
    show();
  });
  for (const end of ["pointerup", "pointercancel"]) sheet.addEventListener(end, () => { last = null; });
  clear.addEventListener("click", () => {
    field.value = "";
    show();
  });

  const chosen = () => { pad.hidden = choice.value !== "screen"; };
  choice.addEventListener("change", chosen);
  chosen();
  show();
})();
