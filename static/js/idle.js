// Warns before the site signs somebody out. Only the server knows when, because other tabs count too.
(() => {
  "use strict";

  const TICK_MS = 1000;
  const ASK_WHILE_WARNING_MS = 5000;
  const RETRY_MS = 10_000;
  const TYPED_WITHIN_MS = 60_000;

  const dialog = document.getElementById("idle-dialog");
  if (!dialog) return;

  const { leftUrl, stayUrl, warnSeconds } = dialog.dataset;
  const part = (name) => dialog.querySelector(`[data-${name}]`);

  let timer = null;
  let ticker = null;
  let endsAt = 0;
  let typedAt = -Infinity;
  let token = "";
  let isWaved = false; // somebody closed the warning that the session cannot be extended

  function later(milliseconds) {
    clearTimeout(timer);
    timer = setTimeout(ask, milliseconds);
  }

  async function send(address, options) {
    const response = await fetch(address, { ...options, cache: "no-store", redirect: "manual" });
    if (response.type === "opaqueredirect") {
      const signedOut = new CustomEvent("signedout", { cancelable: true });
      // Reloading leads to the sign-in page and back here, unless unsent text keeps this page open.
      if (document.dispatchEvent(signedOut)) window.location.replace(window.location.pathname + window.location.search);
      return null;
    }
    if (!response.ok) throw new Error(`The site answered ${response.status}.`);
    return response.json();
  }

  async function ask() {
    try {
      take(await send(leftUrl, { headers: { "X-Without-Click": "true" } }));
    } catch {
      later(RETRY_MS);
    }
  }

  async function stay() {
    try {
      take(await send(stayUrl, { method: "POST", headers: { "X-CSRFToken": token } }));
    } catch {
      later(RETRY_MS);
    }
  }

  function take(left) {
    if (!left) return;
    token = left.token;
    dialog.dataset.left = left.seconds;
    endsAt = Date.now() + left.seconds * 1000;
    const early = left.seconds - Number(warnSeconds);
    if (early > 0) {
      isWaved = false;
      if (dialog.open) dialog.close();
      later(early * 1000);
    } else if (left.canBeExtended && Date.now() - typedAt < TYPED_WITHIN_MS) {
      typedAt = -Infinity;
      stay();
    } else {
      warn(left.canBeExtended);
      later(Math.min(ASK_WHILE_WARNING_MS, (left.seconds + 1) * 1000));
    }
  }

  function warn(canBeExtended) {
    part("idle").hidden = !canBeExtended;
    part("too-long").hidden = canBeExtended;
    part("stay").hidden = !canBeExtended;
    part("dialog-close").hidden = canBeExtended;
    count();
    if (dialog.open || (isWaved && !canBeExtended)) return;
    dialog.showModal();
    part(canBeExtended ? "stay" : "dialog-close").focus();
    ticker = setInterval(count, TICK_MS);
  }

  function count() {
    part("seconds").textContent = Math.max(0, Math.round((endsAt - Date.now()) / 1000));
  }

  part("stay").addEventListener("click", stay);
  dialog.addEventListener("cancel", () => {
    if (!part("stay").hidden) stay();
  });
  dialog.addEventListener("close", () => {
    clearInterval(ticker);
    isWaved = true;
  });

  for (const type of ["input", "keydown"]) {
    document.addEventListener(type, (event) => {
      const isTyping = event.target.closest?.("input, textarea, select, [contenteditable]");
      if (isTyping && !dialog.contains(event.target)) typedAt = Date.now();
    }, true);
  }
  // Timers are unreliable while a computer sleeps or a tab is in the background.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) ask();
  });
  document.addEventListener("signedin", ask);
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) ask();
  });

  ask();
})();
