/* The class map over the photograph, the way to the answer, and the keys for the review decisions. */
(() => {
  "use strict";

  const layer = () => document.querySelector("[data-map-layer]");
  const classes = () => document.querySelector("[data-map-class]");

  function showMap(strength) {
    const map = layer();
    const choice = classes();
    if (!map || !choice) return;
    const isOn = strength > 0;
    choice.hidden = !isOn;
    map.hidden = !isOn;
    if (!isOn) return;
    if (map.getAttribute("src") !== choice.value) map.setAttribute("src", choice.value);
    map.style.opacity = String(strength / 100);
  }

  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-map-strength]")) showMap(Number(event.target.value));
  });
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-map-class]")) return;
    showMap(Number(document.querySelector("[data-map-strength]").value));
  });

  function toggleCorrection(button) {
    const block = document.querySelector("[data-correction]");
    block.hidden = !block.hidden;
    button.setAttribute("aria-expanded", String(!block.hidden));
    if (!block.hidden) block.querySelector("select, input, textarea").focus();
  }

  // Brings whoever asked for a photograph to its answer, which may be far from the button.
  function goToAnswer() {
    const panel = document.getElementById("answer-panel");
    if (!panel.firstElementChild) return;
    panel.focus({ preventScroll: true });
    const { top } = panel.getBoundingClientRect();
    const hidden = document.querySelector(".topbar").getBoundingClientRect().bottom;
    if (top < hidden || top > window.innerHeight / 2) panel.scrollIntoView({ block: "start" });
  }
  document.addEventListener("answer:wanted", goToAnswer);
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (detail.successful && detail.elt.matches("a.thumb")) goToAnswer();
  });

  // Another photograph would take the place of one that is being moved, and stop it: it is shown after that.
  let moving = null;
  let held = [];
  const isInTurn = (element) => element.matches('[hx-sync^="closest .visit"]');
  document.addEventListener("htmx:beforeSend", ({ detail }) => {
    if (detail.requestConfig.verb === "post" && isInTurn(detail.elt)) moving = detail.xhr;
  });
  document.addEventListener("htmx:confirm", (event) => {
    const { elt, issueRequest } = event.detail;
    if (!moving || !isInTurn(elt) || event.defaultPrevented) return;
    event.preventDefault();
    const link = elt.getAttribute("href");
    // The thumbnails may be new ones by then.
    held.push(() =>
      elt.isConnected ? issueRequest(true) : document.querySelector(`a.thumb[href="${CSS.escape(link)}"]`)?.click(),
    );
  });
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (detail.xhr !== moving) return;
    const next = held;
    moving = null;
    held = [];
    for (const show of next) show();
  });

  // Whoever waits at the answer keeps sight of its beginning, although it is longer than the notice before it.
  let waitedAt = null;
  document.addEventListener("htmx:beforeSwap", () => {
    const panel = document.getElementById("answer-panel");
    waitedAt = document.activeElement === panel ? panel.getBoundingClientRect().top : null;
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (waitedAt === null) return;
    const { top } = document.getElementById("answer-panel").getBoundingClientRect();
    window.scrollBy({ top: top - waitedAt, behavior: "instant" });
    waitedAt = null;
  });

  // A button that disappears with its form takes the focus with it.
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    const isOwn = detail.requestConfig?.verb === "post" && detail.target?.id === "answer-panel";
    if (isOwn && document.activeElement === document.body) {
      document.getElementById("answer-panel").focus({ preventScroll: true });
    }
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-correct]");
    if (button) toggleCorrection(button);
  });

  const isTyping = (target) => target.closest("input, textarea, select, dialog, [contenteditable]");

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const button = document.querySelector(`[data-review] [data-key="${CSS.escape(event.key.toLowerCase())}"]`);
    if (!button || !button.checkVisibility()) return;
    event.preventDefault();
    button.click();
  });
})();
