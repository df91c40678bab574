// The QR code of an identity card, read on this device where the browser can (BarcodeDetector): by the camera, or on a photo. Else
// the photo goes to the server, made small. What was read is only shown: the server reads the text, and the form asks before it is used.
"use strict";

(() => {
  const form = document.getElementById("sheet");
  const input = document.getElementById("card-photo"), read = document.getElementById("card-read");
  if (!input) return;
  const camera = document.getElementById("card-camera"), view = document.getElementById("card-view");
  const wrong = document.getElementById("card-wrong");
  const words = { scan: camera.textContent, stop: camera.dataset.stop };
  let reader = null, stream = null;

  const able = async () =>
    globalThis.BarcodeDetector && (await BarcodeDetector.getSupportedFormats()).includes("qr_code") ? new BarcodeDetector({ formats: ["qr_code"] }) : null;
  const card = (codes) => codes.map((one) => one.rawValue).find((text) => text.split("|").length > 6);
  function show(text) {
    form.querySelector('[name="card.text"]')?.remove();
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "card.text", value: text }));
    input.value = "";
    form.requestSubmit(read);
  }

  input.addEventListener("change", async () => {
    const [file] = input.files;
    if (!file) return;
    wrong.textContent = "";
    form.querySelector('[name="card.text"]')?.remove(); // of a code before this one
    const picture = reader && (await createImageBitmap(file).catch(() => null));
    const text = picture && card(await reader.detect(picture).catch(() => []));
    picture?.close();
    if (text) return show(text);
    if (typeof photo === "undefined" || !globalThis.DataTransfer) return;
    const small = new DataTransfer();
    small.items.add(await photo(file));
    if (input.files[0] === file) input.files = small.files; // nobody has chosen another meanwhile
  });

  function stop() {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = view.srcObject = null;
    view.hidden = true;
    camera.textContent = words.scan;
    camera.setAttribute("aria-expanded", "false");
  }
  async function look() {
    if (!stream) return;
    const text = card(await reader.detect(view).catch(() => []));
    if (!stream) return;
    if (!text) return setTimeout(look, 200);
    stop();
    show(text);
  }
  camera.addEventListener("click", async () => {
    if (stream) return stop();
    wrong.textContent = "";
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1920 } } });
      view.srcObject = stream;
      view.hidden = false;
      await view.play();
    } catch {
      stop();
      wrong.textContent = wrong.dataset.noCamera;
      return;
    }
    camera.textContent = words.stop;
    camera.setAttribute("aria-expanded", "true");
    look();
  });
  addEventListener("pagehide", stop);

  able().then(
    (found) => {
      reader = found;
      camera.hidden = !reader || !navigator.mediaDevices;
    },
    () => {},
  );
})();
