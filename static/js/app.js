// Behaviour that every page shares. Each part is driven by an attribute in the page.
(() => {
  const text = (name) => document.body.dataset[name] ?? "";

  // data-width="12.5" and data-start="40": percentages, because the content policy forbids inline styles.
  const placed = { width: "inlineSize", height: "blockSize", start: "insetInlineStart", top: "insetBlockStart" };
  function place(root) {
    for (const [name, property] of Object.entries(placed)) {
      for (const element of root.querySelectorAll(`[data-${name}]`)) {
        element.style[property] = `${parseFloat(element.dataset[name].replace(",", "."))}%`;
      }
    }
  }

  function focusFirstWrong(root) {
    root.querySelector('[aria-invalid="true"]:not([type="hidden"])')?.focus();
  }

  function toast(words, level = "info") {
    const notice = document.createElement("div");
    notice.className = `notice notice-${level}`;
    const body = document.createElement("div");
    body.textContent = words;
    notice.append(body);
    document.getElementById("toasts").append(notice);
    setTimeout(() => notice.remove(), 6000);
  }

  // Asks in the page's own dialog; the promise resolves to true for yes.
  function ask(question, yes) {
    const dialog = document.getElementById("confirm-dialog");
    const button = dialog.querySelector('[value="yes"]');
    dialog.querySelector(".dialog-question").textContent = question;
    button.textContent = yes || button.dataset.default;
    dialog.returnValue = "no";
    dialog.showModal();
    return new Promise((resolve) => {
      dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
    });
  }

  // A browser takes the digits of its own language alone into a field for a number.
  document.addEventListener("beforeinput", (event) => {
    if (!event.data || !event.target.matches?.('input[type="number"]')) return;
    const digits = (digit) => String(digit.charCodeAt(0) % 16);
    const typed = event.data.replace(/[\u0660-\u0669\u06f0-\u06f9]/g, digits).replace("\u066b", ".");
    if (typed === event.data) return;
    event.preventDefault();
    document.execCommand("insertText", false, typed);
  });

  document.addEventListener("DOMContentLoaded", () => {
    place(document);
    focusFirstWrong(document);
  });

  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-dismiss], [data-dialog-open], [data-dialog-close], [data-print]");
    if (target?.matches("[data-dismiss]")) target.closest(".notice").remove();
    else if (target?.matches("[data-dialog-open]")) document.getElementById(target.dataset.dialogOpen).showModal();
    else if (target?.matches("[data-dialog-close]")) target.closest("dialog").close();
    else if (target) window.print();
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const menu = document.activeElement.closest("details.menu[open]");
      if (!menu) return;
      menu.open = false;
      menu.querySelector("summary").focus();
    } else if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey) {
      if (event.target.closest("input, textarea, select, [contenteditable]")) return;
      const search = document.querySelector('input[type="search"]');
      if (!search) return;
      event.preventDefault();
      search.focus();
    }
  });

  document.addEventListener("change", (event) => {
    if (event.target.closest("[data-autosubmit]")) event.target.form.requestSubmit();
  });

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    const submitter = event.submitter;
    const asking = [submitter, form].find((element) => element?.dataset.confirm);
    if (!asking || form.dataset.confirmed) return;
    event.preventDefault();
    event.stopPropagation();
    if (!(await ask(asking.dataset.confirm, asking.dataset.confirmYes))) return;
    form.dataset.confirmed = "yes";
    form.requestSubmit(submitter);
    delete form.dataset.confirmed;
  }, true);

  // A form that leaves the page is sent only once, no matter how often somebody clicks.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method === "dialog") return;
    if (form.ariaBusy === "true") {
      event.preventDefault();
      return;
    }
    form.ariaBusy = "true";
    setTimeout(() => { form.ariaBusy = null; }, 5000);
  });

  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll('form[aria-busy="true"]')) form.ariaBusy = null;
  });

  document.addEventListener("htmx:configRequest", (event) => {
    const { headers, elt, triggeringEvent } = event.detail;
    headers["X-CSRFToken"] = document.querySelector('meta[name="csrf-token"]').content;
    // Nobody clicked: the trigger was a timer, or an element that was added to the page.
    if (!triggeringEvent && elt.hasAttribute("hx-trigger")) headers["X-Without-Click"] = "true";
  });

  document.addEventListener("htmx:confirm", (event) => {
    if (!event.detail.question) return;
    event.preventDefault();
    ask(event.detail.question, event.detail.elt.dataset.confirmYes).then((isYes) => {
      if (isYes) event.detail.issueRequest(true);
    });
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    place(document);
    const { elt, xhr } = event.detail;
    if (xhr?.status === 422) focusFirstWrong(elt.isConnected ? elt : document);
  });

  // Requests that a timer sends in the background fail silently.
  const isQuiet = (event) => event.detail.elt.closest("[data-quiet]") !== null;

  document.addEventListener("htmx:responseError", (event) => {
    if (isQuiet(event)) return;
    const words = { 403: "textForbidden", 404: "textGone" };
    toast(text(words[event.detail.xhr.status] ?? "textFailed"), "danger");
  });
  document.addEventListener("htmx:sendError", (event) => {
    if (!isQuiet(event)) toast(text("textOffline"), "danger");
  });

  // Why something was refused, where the part of the page that would say so has gone meanwhile.
  function refusalIn(answer) {
    const page = new DOMParser().parseFromString(answer, "text/html");
    const words = [...page.querySelectorAll('[role="alert"] p, .field-error p')].map((each) => each.textContent.trim());
    return words.join(" ") || text("textFailed");
  }
  document.addEventListener("htmx:beforeSend", ({ detail: { elt, target, xhr, requestConfig } }) => {
    const isToldElsewhere = elt.closest("[data-quiet]") !== null || requestConfig.verb === "get";
    xhr.addEventListener("readystatechange", () => {
      const isShown = target.isConnected && elt.isConnected;
      if (xhr.readyState !== XMLHttpRequest.DONE || xhr.status < 400 || isShown || isToldElsewhere) return;
      if ([409, 422].includes(xhr.status) || !elt.isConnected) toast(refusalIn(xhr.responseText), "danger");
    });
  });

  // The server can show a toast with the header HX-Trigger: {"toast": {"text": "...", "level": "success"}}.
  document.addEventListener("toast", (event) => toast(event.detail.text, event.detail.level));
})();
