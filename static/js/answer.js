/* The class map over the photograph, and the keys for the review decisions. */
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
