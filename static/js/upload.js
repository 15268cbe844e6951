/* Uploads photographs that are chosen, dropped or taken with the camera, after a preview that says which
   lesion each of them will show. */
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
  const box = form.elements.namedItem("lesion");
  const site = form.elements.namedItem("body_site");
  const AS_BEFORE = "as-before"; // the lesion of the photograph before
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
    sayPlaces();
  }

  function lesionOf(entry) {
    return entry.row.querySelector("select").value;
  }

  /* A marked place is one point, so it belongs to one new lesion. */
  function sayPlaces() {
    const isMarked = Boolean(form.elements.namedItem("view").value);
    const first = waiting.find((entry) => lesionOf(entry) === "");
    for (const entry of waiting) entry.row.querySelector("[data-marked]").hidden = !isMarked || entry !== first;
  }

  /* The box above chooses for every photograph whose lesion nobody has chosen. */
  function followBox() {
    for (const entry of waiting) if (!entry.isChosen) entry.row.querySelector("select").value = box.value;
    sayPlaces();
  }

  function drawLesions(entry) {
    const select = document.createElement("select");
    select.className = "form-select form-select-sm";
    select.setAttribute("aria-label", `${words.textLesion}: ${entry.file.name}`);
    for (const option of box.options) select.add(new Option(option.textContent.trim(), option.value));
    if (waiting.length > 0) select.add(new Option(words.textAsBefore, AS_BEFORE), 1);
    select.value = box.value;
    select.addEventListener("change", () => {
      entry.isChosen = true;
      sayPlaces();
    });
    return select;
  }

  function offer(lesion, name) {
    for (const select of [box, ...section.querySelectorAll(".drop-preview select")]) {
      if (![...select.options].some((option) => option.value === lesion)) select.add(new Option(name, lesion));
    }
  }

  function say(row, text) {
    row.querySelector("p").textContent = text;
  }

  function addFiles(files) {
    errors.replaceChildren();
    for (const file of files) {
      const entry = { file, row: null, isChosen: false };
      entry.row = drawRow(entry);
      waiting.push(entry);
    }
    form.dispatchEvent(new Event("input", { bubbles: true })); // an added photograph counts as unsent work
    refresh();
  }

  function drawRow(entry) {
    const { file } = entry;
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
    const marked = document.createElement("span");
    marked.className = "muted";
    marked.textContent = words.textMarked;
    marked.dataset.marked = "";
    marked.hidden = true;
    row.append(picture, name, drawLesions(entry), marked, progress, remove);
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
    // What showed the same lesion as this one would otherwise go to the lesion of the one before.
    const next = waiting[index + 1];
    if (next && lesionOf(next) === AS_BEFORE) next.row.querySelector("select").value = lesionOf(waiting[index]);
    waiting.splice(index, 1);
    row.remove();
    waiting[0]?.row.querySelector(`option[value=${AS_BEFORE}]`)?.remove();
    refresh();
  }

  function send(entry, lesion) {
    const body = new FormData(form);
    body.set("photograph", entry.file, entry.file.name);
    body.set("lesion", lesion);
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

  async function show(address) {
    try {
      await window.htmx.ajax("GET", address, { source: section, target: "#photograph-panel", swap: "outerHTML" });
    } catch {
      // Somebody has chosen another photograph meanwhile, which stays.
    }
  }

  /* The next photograph shows another mole unless somebody says otherwise. */
  function forget() {
    box.value = "";
    site.value = [...site.options].find((option) => option.defaultSelected)?.value ?? "";
    form.dispatchEvent(new CustomEvent("placetaken"));
  }

  async function sendAll() {
    isSending = true;
    refresh();
    let isAnySent = false;
    for (const entry of [...waiting]) {
      const lesion = lesionOf(entry);
      if (lesion === AS_BEFORE) {
        say(entry.row, words.textBeforeIsMissing);
        continue;
      }
      const answer = await send(entry, lesion);
      if (answer.status !== 201) {
        refuse(entry, answer);
        continue;
      }
      const stored = read(answer.text);
      offer(stored.lesion, stored.lesion_name);
      entry.isChosen = true;
      entry.row.querySelector("select").value = stored.lesion;
      if (lesion === "") form.dispatchEvent(new CustomEvent("placetaken"));
      removeRow(entry.row);
      isAnySent = true;
      await show(stored.panel_url);
    }
    isSending = false;
    form.classList.toggle("is-large", !document.querySelector("#thumbnails"));
    if (waiting.length === 0) forget();
    refresh();
    if (!isAnySent) return;
    document.dispatchEvent(new CustomEvent("answer:wanted"));
    if (waiting.length > 0) {
      document.dispatchEvent(new CustomEvent("toast", { detail: { text: words.textSomeLeft, level: "warning" } }));
    }
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!isSending && waiting.length > 0) sendAll();
  });
  form.addEventListener("placechanged", followBox);
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
