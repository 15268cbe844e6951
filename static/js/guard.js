// Watches unsent work: forms with data-guard, and photographs waiting to be sent. Leaving the page and signing ask first.
(() => {
  "use strict";

  // Forms that are being sent or were discarded; they are watched again after the next input.
  const released = new WeakSet();
  const atSending = new WeakMap();
  const FIELDS = 'input:not([type="hidden"], [type="submit"], [type="button"], [type="search"]), select, textarea';

  const fieldsOf = (form) => [...form.elements].filter((field) => field.matches(FIELDS));
  const valueOf = (field) => (field.matches("[type=checkbox], [type=radio]") ? String(field.checked) : field.value);

  function storedValue(field) {
    if (field.matches("[type=checkbox], [type=radio]")) return String(field.defaultChecked);
    if (!field.matches("select")) return field.defaultValue;
    return ([...field.options].find((option) => option.defaultSelected) ?? field.options[0])?.value ?? "";
  }

  function keep(field, value) {
    if (field.matches("[type=checkbox], [type=radio]")) field.defaultChecked = value === "true";
    else if (!field.matches("select")) field.defaultValue = value;
    else for (const option of field.options) option.defaultSelected = option.value === value;
  }

  // Values that the server returned with an error look as if they were stored.
  const isRefused = (form) =>
    form.matches("[data-unsent]") || form.querySelector('[aria-invalid="true"], .field-error, .notice-danger') !== null;
  const isWritten = (field) => field.matches("input:not([type=checkbox], [type=radio]), textarea") && field.value.trim() !== "";

  function changed(form) {
    const isSentBack = isRefused(form);
    return fieldsOf(form).filter((field) => valueOf(field) !== storedValue(field) || (isSentBack && isWritten(field)));
  }

  const openForms = (root = document) =>
    [...root.querySelectorAll("form[data-guard]")].filter(
      (form) => !released.has(form) && !form.closest("dialog:not([open])") && changed(form).length > 0,
    );

  const photographs = () => [...document.querySelectorAll("[data-previews] .drop-preview")];

  const plain = (text) => text.trim().replace(/\s+/g, " ");

  function nameOf(form) {
    const summary = form.closest("details")?.querySelector("summary");
    return plain(form.dataset.guard || (summary ?? form.querySelector("[type=submit]")).textContent);
  }

  function wordsOf(field) {
    const label = plain(field.labels?.[0]?.firstChild?.textContent ?? "");
    if (field.matches("[type=checkbox], [type=radio]")) return plain(field.labels?.[0]?.textContent ?? "");
    const value = field.matches("select") ? field.selectedOptions[0]?.textContent : field.value;
    return [label, plain(value ?? "")].filter(Boolean).join(": ");
  }

  const sentence = (form) => [nameOf(form), changed(form).map(wordsOf).join(", ")].join(" – ");

  function drop(form) {
    form.reset();
    if (isRefused(form)) for (const field of fieldsOf(form).filter(isWritten)) field.value = "";
    released.add(form);
    form.dispatchEvent(new CustomEvent("unsent:dropped", { bubbles: true }));
  }

  function open(element) {
    for (let each = element.closest("details"); each; each = each.parentElement.closest("details")) each.open = true;
    const block = element.closest("[data-correction]");
    if (block) block.hidden = false;
  }

  // Boxes and radio buttons of a group share a name.
  const keyOf = (field) => (field.matches("[type=checkbox], [type=radio]") ? `${field.name}=${field.value}` : field.name);

  const typedIn = (form) => new Map(changed(form).map((field) => [keyOf(field), valueOf(field)]));

  function fill(form, words) {
    for (const field of fieldsOf(form).filter((each) => words.has(keyOf(each)))) {
      if (field.matches("[type=checkbox], [type=radio]")) field.checked = words.get(keyOf(field)) === "true";
      else if (field.type !== "file") field.value = words.get(field.name);
      open(field);
    }
  }

  function show(element) {
    open(element);
    element.scrollIntoView({ block: "center" });
    element.focus();
  }

  // Lists the unsent work in the page's dialog; the promise resolves to true if it was discarded.
  function ask(dialog, forms, pictures) {
    const pictureWords = (row) => {
      const state = plain(row.querySelector("p").textContent);
      const words = state === row.dataset.name ? [] : [state];
      return `${dialog.dataset.textPhotograph}: ${[row.dataset.name, ...words].join(" – ")}`;
    };
    const rows = [...forms.map(sentence), ...pictures.map(pictureWords)];
    const list = dialog.querySelector("[data-rows]");
    list.replaceChildren(
      ...rows.map((words) => {
        const row = document.createElement("li");
        row.dir = "auto";
        row.textContent = words;
        return row;
      }),
    );
    dialog.querySelector("[data-photographs]").hidden = pictures.length === 0;
    dialog.querySelector("[data-words]").hidden = forms.length === 0;
    dialog.querySelector('[value="drop"]').hidden = pictures.length > 0;
    dialog.returnValue = "no";
    dialog.showModal();
    return new Promise((resolve) => {
      dialog.addEventListener("close", () => resolve(dialog.returnValue === "drop"), { once: true });
    });
  }

  async function mayGoOn(forms, pictures = []) {
    const isDropped = await ask(document.getElementById("unsent-dialog"), forms, pictures);
    if (isDropped) forms.forEach(drop);
    else show(forms.length ? changed(forms[0])[0] : pictures[0].querySelector("button"));
    return isDropped;
  }

  const isOnItsWay = (form) =>
    atSending.has(form) && [...atSending.get(form)].every(([field, value]) => valueOf(field) === value);

  // The forms that belong to the current photograph and disappear with it.
  const shownForms = () =>
    openForms().filter((form) => form.closest("#photograph-panel, #answer-panel") && !isOnItsWay(form));

  // Runs before all other listeners: nothing is asked, signed or sent while there is unsent work.
  window.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("[data-flush-first], [data-drop]") || !document.getElementById("unsent-dialog")) return;
    const isSignature = form.matches("[data-flush-first]");
    const forms = isSignature ? openForms() : shownForms();
    const pictures = isSignature ? photographs() : [];
    if (forms.length + pictures.length === 0) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (await mayGoOn(forms, pictures)) form.requestSubmit(event.submitter);
  }, true);

  document.addEventListener("htmx:confirm", (event) => {
    const forms = event.detail.elt.matches("a.thumb") ? shownForms() : [];
    if (forms.length === 0) return;
    event.preventDefault();
    mayGoOn(forms).then((isDropped) => {
      if (isDropped) event.detail.issueRequest(true);
    });
  });

  // If part of the page is replaced because one form was sent, the other forms in it keep their text.
  let carried = [];
  const snapshot = (form) => ({ form, words: typedIn(form) });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const taken = event.detail.xhr.status < 400 ? event.detail.requestConfig?.elt : null;
    // A second part may be replaced before the first has settled; its text is still on the way.
    const onTheWay = carried.filter((each) => !each.form.isConnected);
    carried = [...onTheWay, ...openForms().filter((form) => form !== taken).map(snapshot)];
  });
  document.addEventListener("htmx:afterSettle", () => {
    for (const { form, words } of carried.filter((each) => !each.form.isConnected)) {
      const fresh = document.querySelectorAll(`form[data-guard][action="${CSS.escape(form.getAttribute("action"))}"]`);
      if (fresh.length === 1) fill(fresh[0], words);
    }
    carried = carried.filter((each) => each.form.isConnected);
  });

  const takeBack = (event) => released.delete(event.target.form ?? event.target);
  document.addEventListener("input", takeBack);
  document.addEventListener("change", takeBack);

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!event.defaultPrevented && form.matches("[data-guard]:not([hx-post])")) released.add(form);
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-discard]")) for (const form of openForms()) {
      released.add(form);
      form.dispatchEvent(new CustomEvent("unsent:dropped", { bubbles: true }));
    }
  });

  // Text that was sent and accepted is no longer unsent; text typed since then is.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const form = event.detail.elt;
    if (!form.matches("form[data-guard]")) return;
    atSending.set(form, new Map(fieldsOf(form).map((field) => [field, valueOf(field)])));
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt;
    const sent = atSending.get(form);
    atSending.delete(form);
    if (sent && event.detail.successful && !isRefused(form)) for (const [field, value] of sent) keep(field, value);
  });

  let isGivenUp = false;
  document.addEventListener("givenup", () => {
    isGivenUp = true;
  });
  window.addEventListener("beforeunload", (event) => {
    if (!isGivenUp && (openForms().length + photographs().length) > 0) event.preventDefault();
  });

  // For the script that keeps unsent text on the server.
  window.unsentWork = { drop, fieldsOf, fill, isRefused, typedIn };
})();
