// Fields for a date: reads back in words what was typed, and opens the browser's calendar.
(() => {
  const PAUSE = 400; // ms after the last key
  const asked = new WeakMap();

  const partsOf = (box) => ({
    field: box.querySelector("input:not(.day-native)"),
    native: box.querySelector(".day-native"),
    button: box.querySelector("[data-day-pick]"),
    words: box.nextElementSibling,
  });

  async function readBack(box) {
    const { field, native, words } = partsOf(box);
    const text = field.value;
    if (!text.trim()) {
      words.textContent = "";
      native.value = "";
      return;
    }
    const body = new FormData();
    body.set("text", text);
    if ("birth" in words.dataset) body.set("is_birth", "1");
    if (native.type !== "date") body.set("is_moment", "1");
    body.set("csrfmiddlewaretoken", document.querySelector('meta[name="csrf-token"]').content);
    // If it fails, also because the page is left, nothing is read back: the server checks again when the form is sent.
    const told = await fetch(document.body.dataset.dayUrl, { method: "POST", body, redirect: "manual" })
      .then((response) => (response.ok ? response.json() : null))
      .catch(() => null);
    if (!told || field.value !== text) return;
    words.textContent = told.words;
    native.value = told.day;
    if (box.dataset.picked === text && told.figures) field.value = told.figures;
  }

  // Arrow up and down go to the next day and the one before, as in the browser's own field.
  function step(box, days) {
    const { native } = partsOf(box);
    if (!native.value) return false;
    const [date, time] = native.value.split("T");
    const day = new Date(`${date}T12:00:00Z`);
    day.setUTCDate(day.getUTCDate() + days);
    native.value = [day.toISOString().slice(0, 10), time].filter(Boolean).join("T");
    take(box);
    return true;
  }

  // The server writes a chosen day in the clinic's order.
  function take(box) {
    const { field, native } = partsOf(box);
    field.value = native.value;
    box.dataset.picked = native.value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function prepare(root) {
    for (const box of root.querySelectorAll(".day-input")) {
      const { native, button } = partsOf(box);
      button.hidden = typeof native.showPicker !== "function";
    }
  }

  document.addEventListener("DOMContentLoaded", () => prepare(document));
  document.addEventListener("htmx:load", (event) => prepare(event.detail.elt));

  document.addEventListener("input", (event) => {
    const box = event.target.closest(".day-input");
    if (!box) return;
    if (event.target.matches(".day-native")) return;
    clearTimeout(asked.get(box));
    asked.set(box, setTimeout(() => readBack(box), PAUSE));
  });

  // A form that is sent reads nothing back any more: the answer may be another session's.
  document.addEventListener("submit", (event) => {
    for (const box of event.target.querySelectorAll(".day-input")) clearTimeout(asked.get(box));
  });

  document.addEventListener("change", (event) => {
    const box = event.target.closest(".day-input");
    if (box && event.target.matches(".day-native") && event.target.value) take(box);
  });

  document.addEventListener("keydown", (event) => {
    const box = event.target.closest(".day-input");
    if (!box || event.altKey || event.ctrlKey || event.metaKey) return;
    const days = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (days && step(box, days)) event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    const box = event.target.closest("[data-day-pick]")?.closest(".day-input");
    if (box) partsOf(box).native.showPicker();
  });
})();
