// A photo is made small enough to travel before it leaves the phone: upright, its long side as a scan of 200 dpi. What this browser
// cannot open (HEIC in most) goes as it is; the server looks into it.
"use strict";

const photo = (() => {
  const LONG = 2400;
  const QUALITY = 0.85;

  return async (file) => {
    if (!["image/jpeg", "image/webp"].includes(file.type)) return file;
    let picture;
    try {
      picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    } catch {
      return file;
    }
    const scale = Math.min(1, LONG / Math.max(picture.width, picture.height));
    if (scale === 1 && file.type === "image/jpeg") {
      picture.close();
      return file;
    }
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    const drawing = canvas.getContext("2d");
    drawing.imageSmoothingQuality = "high";
    drawing.drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    const small = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
    canvas.width = canvas.height = 0; // phones have few of them
    return small ? new File([small], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg" }) : file;
  };
})();
