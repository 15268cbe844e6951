/* Uploads photographs that are chosen, dropped or taken with the camera, after a preview. */
(() => {
  "use strict";

  const section = document.querySelector("[data-upload]");
  if (!section) return;

  const words = section.dataset;
  const form = section.querySelector("form");
  const list = section.querySelector("[data-previews]");
  const errors = section.querySelector("[data-errors]");
  const sendButton = section.querySelector("[data-send]");
  const chooser = form.elements.namedItem("photograph");
  const waiting = [];
  let isSending = false;

  chooser.multiple = true;
  chooser.required = false;
  refresh();

  function refresh() {
    const isEmpty = waiting.length === 0;
    sendButton.hidden = isEmpty;
    sendButton.disabled = isSending;
    sendButton.textContent = waiting.length > 1 ? words.textSendMany : words.textSendOne;
  }

  function say(row, text) {
    row.querySelector("p").textContent = text;
  }

  function addFiles(files) {
    errors.replaceChildren();
    for (const file of files) waiting.push({ file, row: drawRow(file) });
    form.dispatchEvent(new Event("input", { bubbles: true })); // an added photograph counts as unsent work
    refresh();
  }

  function drawRow(file) {
    const row = document.createElement("li");
    row.className = "drop-preview";
    row.dataset.name = file.name;
    const picture = document.createElement("img");
    picture.alt = "";
    picture.src = URL.createObjectURL(file);
    picture.addEventListener("load", () => URL.revokeObjectURL(picture.src), { once: true });
    picture.addEventListener("error", () => replaceByWords(picture), { once: true });
    const name = document.createElement("p");
    name.textContent = file.name;
    const progress = document.createElement("progress");
    progress.max = 100;
    progress.value = 0;
    progress.hidden = true;
    progress.setAttribute("aria-label", file.name);
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "btn btn-bare btn-sm";
    remove.textContent = words.textRemove;
    remove.addEventListener("click", () => removeRow(row));
    row.append(picture, name, progress, remove);
    list.append(row);
    return row;
  }

  /* Few browsers show a HEIC, which iPhones take; the clinic reads it all the same. */
  function replaceByWords(picture) {
    const sentence = document.createElement("span");
    sentence.className = "drop-no-preview";
    sentence.textContent = words.textNoPreview;
    URL.revokeObjectURL(picture.src);
    picture.replaceWith(sentence);
  }

  function removeRow(row) {
    const index = waiting.findIndex((entry) => entry.row === row);
    if (index >= 0) waiting.splice(index, 1);
    row.remove();
    refresh();
  }

  function send(entry) {
    const body = new FormData(form);
    body.set("photograph", entry.file, entry.file.name);
    const progress = entry.row.querySelector("progress");
    progress.hidden = false;
    entry.row.classList.remove("is-wrong");
    return new Promise((resolve) => {
      const request = new XMLHttpRequest();
      request.open("POST", form.action);
      request.setRequestHeader("Accept", "application/json");
      request.upload.addEventListener("progress", (event) => {
        if (!event.lengthComputable) return;
        progress.value = (100 * event.loaded) / event.total;
        if (event.loaded === event.total) say(entry.row, words.textStoring);
      });
      request.addEventListener("load", () => resolve({ status: request.status, text: request.responseText }));
      request.addEventListener("error", () => resolve({ status: 0, text: "" }));
      request.send(body);
    });
  }

  function read(text) {
    try {
      return JSON.parse(text);
    } catch {
      return {};
    }
  }

  function refuse(entry, answer) {
    const sentences = Object.values(read(answer.text).errors || {}).flat();
    const fallback = answer.status === 0 ? words.textOffline : words.textFailed;
    entry.row.classList.add("is-wrong");
    entry.row.querySelector("progress").hidden = true;
    say(entry.row, sentences.join(" ") || fallback);
  }

  /* The other photographs of the same drop belong to the lesion that the first one created. */
  function choose(lesion, name) {
    const select = form.elements.namedItem("lesion");
    if (![...select.options].some((option) => option.value === lesion)) select.add(new Option(name, lesion));
    select.value = lesion;
    select.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function show(address) {
    return window.htmx.ajax("GET", address, { target: "#photograph-panel", swap: "outerHTML" });
  }

  async function sendAll() {
    isSending = true;
    refresh();
    let shown = null;
    for (const entry of [...waiting]) {
      const answer = await send(entry);
      if (answer.status !== 201) {
        refuse(entry, answer);
        continue;
      }
      const stored = read(answer.text);
      removeRow(entry.row);
      choose(stored.lesion, stored.lesion_name);
      shown = stored.panel_url;
      await show(shown);
    }
    isSending = false;
    form.classList.toggle("is-large", !document.querySelector("#thumbnails"));
    refresh();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!isSending && waiting.length > 0) sendAll();
  });
  for (const input of section.querySelectorAll("input[type=file]")) {
    input.addEventListener("change", () => {
      addFiles(input.files);
      input.value = "";
    });
  }

  form.addEventListener("dragover", (event) => {
    event.preventDefault();
    form.classList.add("is-over");
  });
  form.addEventListener("dragleave", () => form.classList.remove("is-over"));
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("is-over");
    addFiles(event.dataTransfer.files);
  });

  const cameraButton = section.querySelector("[data-camera]");
  const dialog = section.querySelector("[data-camera-dialog]");
  const video = dialog.querySelector("video");
  const shutter = dialog.querySelector("[data-camera-shoot]");
  cameraButton.hidden = !(navigator.mediaDevices && navigator.mediaDevices.getUserMedia);

  async function openCamera() {
    try {
      const wanted = { facingMode: "environment", width: { ideal: 3840 }, height: { ideal: 2160 } };
      shutter.disabled = true; // until the camera shows a picture
      video.srcObject = await navigator.mediaDevices.getUserMedia({ video: wanted });
      dialog.showModal();
    } catch (error) {
      const sentence = document.createElement("p");
      sentence.textContent = error.name === "NotAllowedError" ? words.textCameraRefused : words.textNoCamera;
      errors.replaceChildren(sentence);
    }
  }

  function closeCamera() {
    for (const track of video.srcObject ? video.srcObject.getTracks() : []) track.stop();
    video.srcObject = null;
  }

  function shoot() {
    const canvas = document.createElement("canvas");
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.getContext("2d").drawImage(video, 0, 0);
    canvas.toBlob(
      (blob) => {
        addFiles([new File([blob], `camera-${waiting.length + 1}.jpg`, { type: "image/jpeg" })]);
        dialog.close();
      },
      "image/jpeg",
      0.95,
    );
  }

  cameraButton.addEventListener("click", openCamera);
  dialog.addEventListener("close", closeCamera);
  dialog.querySelector("[data-camera-close]").addEventListener("click", () => dialog.close());
  video.addEventListener("loadeddata", () => {
    shutter.disabled = false;
  });
  shutter.addEventListener("click", shoot);
})();
