// Keeps unsent text when a session has ended: the page stays, covered, until the same person has signed in.
(() => {
  "use strict";

  const ASK_MS = 5000;

  const cover = document.getElementById("signed-out-dialog");
  if (!cover) return;

  const { who, loginPath, leftUrl } = cover.dataset;
  // Forms with text that the server does not have.
  const typed = new Set();
  const checked = new WeakSet();
  let timer = null;
  let isOver = false;

  const isSending = (form) => form.method === "post" || form.hasAttribute("hx-post");
  const hasTyped = () => [...typed].some((form) => form.isConnected);

  function note(event) {
    const form = event.target.form ?? event.target.closest?.("form");
    if (form && isSending(form) && !form.matches("[role=search]") && event.target.type !== "search") typed.add(form);
  }
  document.addEventListener("input", note, true);
  document.addEventListener("change", note, true);
  document.addEventListener("reset", (event) => typed.delete(event.target));
  document.addEventListener("autosave:stored", (event) => typed.delete(event.target));

  // Marked as a request without a click, so it does not extend the session.
  async function ask() {
    const headers = { "X-Without-Click": "true" };
    const response = await fetch(leftUrl, { headers, cache: "no-store", redirect: "manual" });
    if (response.type === "opaqueredirect") return null;
    if (!response.ok) throw new Error(`The site answered ${response.status}.`);
    return response.json();
  }

  async function look() {
    try {
      const left = await ask();
      if (left) comeBack(left);
    } catch {
      // The site cannot be reached; try again later.
    }
    clearTimeout(timer);
    if (isOver) timer = setTimeout(look, ASK_MS);
  }

  function coverUp() {
    if (!isOver) {
      isOver = true;
      for (const dialog of document.querySelectorAll("dialog[role=alertdialog][open]")) dialog.close();
      cover.showModal();
    }
    clearTimeout(timer);
    timer = setTimeout(look, ASK_MS);
  }

  function comeBack(left) {
    if (left.who !== who) return leave();
    isOver = false;
    clearTimeout(timer);
    // A new sign-in has a new token.
    document.querySelector('meta[name="csrf-token"]').content = left.token;
    for (const input of document.querySelectorAll('input[name="csrfmiddlewaretoken"]')) input.value = left.token;
    cover.close();
    document.dispatchEvent(new CustomEvent("signedin"));
  }

  function leave() {
    typed.clear();
    document.dispatchEvent(new CustomEvent("givenup"));
    window.location.replace(window.location.pathname + window.location.search);
  }

  // Whoever sends this event is about to leave for the sign-in page; prevent that if text would be lost.
  document.addEventListener("signedout", (event) => {
    if (!hasTyped()) return;
    event.preventDefault();
    coverUp();
  });

  cover.querySelector("[data-leave]").addEventListener("click", leave);
  cover.addEventListener("cancel", (event) => event.preventDefault());
  cover.addEventListener("close", () => {
    if (isOver) cover.showModal();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && isOver) look();
  });

  function sayOffline() {
    const detail = { text: document.body.dataset.textOffline, level: "danger" };
    document.dispatchEvent(new CustomEvent("toast", { detail }));
  }

  // A form that leaves the page is sent only after the server has confirmed the session.
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    const isOwn = form.hasAttribute("hx-post") || form.matches("[data-autosave], [data-upload]");
    if (event.defaultPrevented || isOwn || !typed.has(form) || checked.has(form)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const { submitter } = event;
    const { confirmed } = form.dataset;
    const left = await ask().catch((error) => ({ who, isOffline: error instanceof TypeError }));
    if (left?.isOffline) return sayOffline();
    if (left?.who !== who) return left ? leave() : coverUp();
    if (confirmed) form.dataset.confirmed = confirmed;
    checked.add(form);
    form.requestSubmit(submitter);
    checked.delete(form);
    delete form.dataset.confirmed;
  }, true);

  function leadsToDoor(xhr) {
    const way = xhr.getResponseHeader("HX-Redirect");
    return way !== null && new URL(way, window.location.href).pathname === loginPath;
  }

  document.addEventListener("htmx:beforeOnLoad", (event) => {
    if (!hasTyped() || !leadsToDoor(event.detail.xhr)) return;
    event.preventDefault();
    coverUp();
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const { elt, xhr, successful } = event.detail;
    if (successful && !leadsToDoor(xhr) && elt.matches("form")) typed.delete(elt);
  });
})();
