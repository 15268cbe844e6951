// Keeps on the server what is typed in guarded forms, and fills it in again after a sign-out or a crash.
(() => {
  "use strict";

  const PAUSE_MS = 1000;
  const RETRY_MS = 10_000;

  const notice = document.getElementById("unsent-notice");
  if (!notice || !window.unsentWork) return;

  const { keepUrl, findUrl, dropUrl } = notice.dataset;
  const { drop, fieldsOf, fill, isRefused, typedIn } = window.unsentWork;
  const pages = new WeakMap();
  // Where the text of a form is kept, and where it was looked for.
  const keptAt = new WeakMap();
  const soughtAt = new WeakMap();
  const timers = new WeakMap();
  // Forms whose newest text is not on the server yet.
  const waiting = new Set();

  // Until the same person is back, the page has no right to send anything.
  const isCovered = () => document.getElementById("signed-out-dialog")?.open;

  const guarded = () => [...document.querySelectorAll("form[data-guard]")];
  const isSecret = (field) => field.matches("[type=password], [type=file], [autocomplete=one-time-code]");

  // A form is known by its page, its address and what the server hid in it, such as a version.
  function pageOf(form) {
    const hidden = [...form.querySelectorAll("input[type=hidden]:not([name=csrfmiddlewaretoken])")];
    const parts = [window.location.pathname + window.location.search, form.getAttribute("action") ?? ""];
    return JSON.stringify([...parts, ...hidden.map(({ name, value }) => `${name}=${value}`)]);
  }

  // What is typed about a patient comes back for that patient alone, and never before one is chosen.
  function placeOf(form) {
    if (!pages.has(form)) pages.set(form, pageOf(form));
    const patient = form.querySelector('[type=radio][name="patient"]:checked')?.value;
    return patient ? `${pages.get(form)} ${patient}` : pages.get(form);
  }

  function wordsOf(form) {
    const secrets = new Set(fieldsOf(form).filter(isSecret).map((field) => field.name));
    const isKept = ([name]) => !secrets.has(name) && !name.startsWith("patient=");
    return Object.fromEntries([...typedIn(form)].filter(isKept));
  }

  const isUntouched = (form) => !isRefused(form) && Object.keys(wordsOf(form)).length === 0;

  async function post(address, values, { headers = {}, keepalive = false } = {}) {
    const token = document.querySelector('meta[name="csrf-token"]').content;
    const response = await fetch(address, {
      method: "POST",
      body: new URLSearchParams(values),
      headers: { "X-CSRFToken": token, ...headers },
      redirect: "manual",
      keepalive,
    });
    if (response.type === "opaqueredirect") document.dispatchEvent(new CustomEvent("signedout", { cancelable: true }));
    if (!response.ok) throw new Error(`The site answered ${response.status}.`);
    return response;
  }

  function later(form, milliseconds) {
    clearTimeout(timers.get(form));
    timers.set(form, setTimeout(() => keep(form), milliseconds));
  }

  async function keep(form, options) {
    clearTimeout(timers.get(form));
    if (!form.isConnected) return waiting.delete(form);
    const words = wordsOf(form);
    const place = placeOf(form);
    if (isCovered()) return waiting.add(form);
    waiting.delete(form);
    const before = keptAt.get(form) ?? place;
    try {
      keptAt.set(form, place);
      if (before !== place) await post(dropUrl, { place: before }, options);
      if (Object.keys(words).length) await post(keepUrl, { place, fields: JSON.stringify(words) }, options);
      else await post(dropUrl, { place }, options);
    } catch {
      waiting.add(form);
      later(form, RETRY_MS);
    }
    return undefined;
  }

  function forget(form) {
    clearTimeout(timers.get(form));
    waiting.delete(form);
    post(dropUrl, { place: keptAt.get(form) ?? placeOf(form) }, { keepalive: true }).catch(() => {});
  }

  function putBack(form, { fields, time }) {
    fill(form, new Map(Object.entries(fields)));
    for (const field of fieldsOf(form)) field.dispatchEvent(new Event("change", { bubbles: true }));
    waiting.delete(form);
    clearTimeout(timers.get(form));
    keptAt.set(form, placeOf(form));
    const shown = notice.content.firstElementChild.cloneNode(true);
    shown.querySelector("[data-time]").textContent = time;
    shown.querySelector("[data-unsent-drop]").addEventListener("click", () => {
      drop(form);
      shown.remove();
    });
    form.prepend(shown);
  }

  async function look() {
    const fresh = guarded().filter((form) => soughtAt.get(form) !== placeOf(form));
    for (const form of fresh) soughtAt.set(form, placeOf(form));
    // What the server sent back with an error is newer than what is kept.
    const empty = fresh.filter(isUntouched);
    if (empty.length === 0) return;
    const headers = { "X-Without-Click": "true" };
    const asked = JSON.stringify(empty.map(placeOf));
    const found = await post(findUrl, { places: asked }, { headers }).then((response) => response.json());
    for (const form of empty) {
      const kept = found[placeOf(form)];
      if (kept && form.isConnected && isUntouched(form)) putBack(form, kept);
    }
  }

  const tryToLook = () => look().catch(() => {});

  function note(event) {
    const form = event.target.form;
    if (!form?.matches("form[data-guard]") || isSecret(event.target)) return;
    if (event.target.name === "patient") tryToLook();
    if (Object.keys(wordsOf(form)).length === 0 && !keptAt.has(form)) return;
    waiting.add(form);
    later(form, PAUSE_MS);
  }
  document.addEventListener("input", note);
  document.addEventListener("change", note);
  document.addEventListener("unsent:dropped", (event) => {
    if (pages.has(event.target)) forget(event.target);
  });

  // The site forgets the text when it accepts the form that names its place.
  function nameThePlace(form) {
    clearTimeout(timers.get(form));
    waiting.delete(form);
    const field = form.querySelector("input[name=unsent]") ?? document.createElement("input");
    Object.assign(field, { type: "hidden", name: "unsent", value: keptAt.get(form) ?? placeOf(form) });
    form.append(field);
  }
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!event.defaultPrevented && pages.has(form) && !form.matches("[hx-post]")) nameThePlace(form);
  });
  document.addEventListener("htmx:configRequest", (event) => {
    const { elt, parameters } = event.detail;
    if (!pages.has(elt)) return;
    clearTimeout(timers.get(elt));
    waiting.delete(elt);
    parameters.unsent = keptAt.get(elt) ?? placeOf(elt);
  });

  const keepWaiting = (options) => waiting.forEach((form) => keep(form, options));
  window.addEventListener("online", () => keepWaiting());
  document.addEventListener("signedin", () => keepWaiting());
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) keepWaiting({ keepalive: true });
  });
  document.addEventListener("htmx:afterSettle", tryToLook);
  tryToLook();
})();
