// Saves every form with data-autosave while somebody types. Typed text stays in the page, whatever happens.
(() => {
  const PAUSE = 1000; // ms after the last key
  const BLUR_PAUSE = 250; // ms after a field loses focus: an earlier message could move a button that is being clicked
  const RETRY = 10_000; // ms after a failure
  const states = new WeakMap();

  function stateOf(form) {
    if (!states.has(form)) states.set(form, { isDirty: false, isStuck: false, timer: 0, running: null });
    return states.get(form);
  }

  const autosaved = () => [...document.querySelectorAll("form[data-autosave]")];

  function say(form, key) {
    const line = form.querySelector("[data-autosave-state]");
    if (line) line.textContent = line.dataset[key];
  }

  // Shows the server's error with the label of its field; if there is no message, something is missing.
  function sayRefused(form, html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    const error = page.querySelector(".field-error span, .notice-danger p");
    const line = form.querySelector("[data-autosave-state]");
    if (!error || !line) return say(form, "textIncomplete");
    const field = error.closest(".field-error")?.id.replace(/_error$/, "");
    const label = field && page.querySelector(`label[for="${field}"]`)?.firstChild.textContent.trim();
    line.textContent = [line.dataset.textRefused, label && `${label}:`, error.textContent.trim()].filter(Boolean).join(" ");
  }

  // Only empty required fields wait for their text; the server reports all other errors.
  const isUnfinished = (form) => [...form.querySelectorAll(":invalid")].some((field) => field.validity.valueMissing);

  function later(form, pause, isRetry = false) {
    const state = stateOf(form);
    clearTimeout(state.timer);
    state.timer = setTimeout(() => save(form, false, isRetry), pause);
  }

  // What works only while nothing is written is no longer offered.
  function takeOffersBack() {
    for (const offered of document.querySelectorAll("[data-until-stored]")) offered.remove();
  }
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (detail.successful && detail.elt.matches("#own-diagnoses form")) takeOffersBack();
  });

  // Each response contains the mark that the next save, and the signature, must send.
  function showStored(form, html) {
    form.querySelector("[data-autosave-problem]").replaceChildren();
    takeOffersBack();
    for (const error of form.querySelectorAll(".field-error")) error.remove();
    for (const field of form.querySelectorAll("[aria-invalid]")) {
      field.removeAttribute("aria-invalid");
      field.classList.remove("is-invalid");
    }
    const line = form.querySelector("[data-autosave-state]");
    line.innerHTML = html;
    form.closest("[data-autosave-part]").querySelector("[data-last-saved]")?.remove();
    const token = line.querySelector("[data-token-name]");
    for (const input of document.querySelectorAll(`input[name="${token.dataset.tokenName}"]`)) {
      input.value = token.dataset.tokenValue;
    }
  }

  function showProblem(form, html) {
    const place = form.querySelector("[data-autosave-problem]");
    place.innerHTML = html;
    place.scrollIntoView({ block: "nearest" });
  }

  function showErrors(form, html) {
    const part = form.closest("[data-autosave-part]");
    const id = part.id;
    part.outerHTML = html;
    const fresh = document.getElementById(id);
    stateOf(fresh.querySelector("form")).isDirty = true;
    fresh.querySelector('[aria-invalid="true"]')?.focus();
  }

  // A retry by the timer does not extend the session.
  const post = (form, isRetry) =>
    fetch(form.action, {
      method: "POST",
      body: new FormData(form),
      headers: { "HX-Request": "true", ...(isRetry && { "X-Without-Click": "true" }) },
      redirect: "manual",
    });

  // After a new sign-in in another window, the page's token is out of date.
  async function renewToken() {
    const headers = { "X-Without-Click": "true" };
    const response = await fetch(window.location.href, { headers, redirect: "manual" });
    if (!response.ok) return false;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const token = page.querySelector('meta[name="csrf-token"]').content;
    document.querySelector('meta[name="csrf-token"]').content = token;
    for (const input of document.querySelectorAll('input[name="csrfmiddlewaretoken"]')) input.value = token;
    return true;
  }

  async function send(form, isAsked, isRetry) {
    let response;
    try {
      response = await post(form, isRetry);
      if (response.status === 403 && (await renewToken())) response = await post(form, isRetry);
    } catch {
      say(form, "textOffline");
      later(form, RETRY, true);
      return false;
    }
    const state = stateOf(form);
    if (response.ok) {
      showStored(form, await response.text());
      form.dispatchEvent(new CustomEvent("autosave:stored", { bubbles: true }));
      return true;
    }
    if (response.type === "opaqueredirect") {
      say(form, "textSignedOut");
      later(form, RETRY, true);
    } else if (response.status === 409) {
      state.isStuck = true;
      showProblem(form, await response.text());
      say(form, form.querySelector("[data-keep-name]") ? "textConflict" : "textGone");
    } else if (response.status === 422) {
      const html = await response.text();
      sayRefused(form, html);
      if (isAsked) showErrors(form, html);
    } else if (response.status === 403 || response.status === 404) {
      say(form, "textGone");
    } else {
      say(form, "textFailed");
      later(form, RETRY, true);
    }
    return false;
  }

  async function save(form, isAsked = false, isRetry = false) {
    const state = stateOf(form);
    clearTimeout(state.timer);
    while (state.running) await state.running;
    if (!form.isConnected || state.isStuck) return false;
    if (!state.isDirty && !isAsked) return true;
    if (!isAsked && isUnfinished(form)) {
      say(form, "textIncomplete");
      return false;
    }
    state.isDirty = false;
    say(form, "textSaving");
    state.running = send(form, isAsked, isRetry);
    const isStored = await state.running;
    state.running = null;
    if (!isStored) state.isDirty = true;
    else if (state.isDirty) later(form, PAUSE);
    return isStored;
  }

  async function saveEverything() {
    for (const form of autosaved()) {
      do {
        if (!(await save(form))) return false;
      } while (stateOf(form).isDirty);
    }
    return true;
  }

  function note(event) {
    const form = event.target.closest("form[data-autosave]");
    if (!form) return;
    const state = stateOf(form);
    // A text field that loses focus sends "change" again, although "input" has already reported its text.
    if (event.type === "change" && event.target.matches("textarea, input[type=text]")) return;
    state.isDirty = true;
    if (state.isStuck) return;
    say(form, "textTyping");
    later(form, PAUSE);
  }

  document.addEventListener("input", note);
  document.addEventListener("change", note);

  document.addEventListener("focusout", (event) => {
    const form = event.target.closest("form[data-autosave]");
    if (form && stateOf(form).isDirty) later(form, BLUR_PAUSE);
  });

  // A field that grows but holds one line: Enter saves, as in any other field of one line.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    if (!event.target.matches("[data-autosave] [data-one-line]")) return;
    event.preventDefault();
    event.target.form.requestSubmit();
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-autosave]")) return;
    event.preventDefault();
    form.ariaBusy = null;
    save(form, true);
  });

  document.addEventListener("click", (event) => {
    const keep = event.target.closest("[data-keep-name]");
    if (keep) {
      event.preventDefault();
      const form = keep.form;
      form.elements[keep.dataset.keepName].value = keep.dataset.keepValue;
      stateOf(form).isStuck = false;
      save(form, true);
    } else if (event.target.closest("[data-discard]")) {
      for (const form of autosaved()) stateOf(form).isDirty = false;
    }
  });

  // Sign only once everything is stored.
  document.addEventListener("htmx:confirm", (event) => {
    const form = event.target;
    if (!form.matches("[data-flush-first]")) return;
    event.preventDefault();
    saveEverything().then((isStored) => {
      if (isStored) event.detail.issueRequest(true);
      else {
        const detail = { text: form.dataset.textUnsaved, level: "warning" };
        document.dispatchEvent(new CustomEvent("toast", { detail }));
      }
    });
  });

  // What is still open is shown as it is now.
  document.addEventListener("htmx:afterSettle", (event) => {
    const dialog = document.getElementById("sign-dialog");
    if (event.detail.target?.id === "sign-dialog-body" && !dialog.open) dialog.showModal();
  });

  window.addEventListener("online", () => autosaved().forEach((form) => save(form, false, true)));
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) autosaved().forEach((form) => save(form));
  });
  window.addEventListener("beforeunload", (event) => {
    if (autosaved().some((form) => stateOf(form).isDirty || stateOf(form).running)) event.preventDefault();
  });
})();
