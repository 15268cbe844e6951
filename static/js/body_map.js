/* The place of a lesion: a click on the figure marks a new one, a click on a number selects an existing one. */
(() => {
  "use strict";

  const form = document.querySelector("[data-place-form]");
  if (!form) return;

  const field = (name) => form.elements.namedItem(name);
  const lesion = field("lesion"); // missing on the page that moves a single lesion
  const words = form.querySelector("[data-place-say]");
  const clearButton = form.querySelector("[data-place-clear]");
  const newOnly = form.querySelector("[data-new-lesion]");

  function setPlace(view, x, y) {
    field("view").value = view;
    field("x").value = x;
    field("y").value = y;
  }

  function drawMarker() {
    document.querySelector(".body-marker.is-new")?.remove();
    const view = field("view").value;
    if (!view) return;
    const marker = document.createElement("span");
    marker.className = "body-marker is-new";
    marker.style.insetInlineStart = `${100 * field("x").value}%`;
    marker.style.insetBlockStart = `${100 * field("y").value}%`;
    document.querySelector(`[data-figure="${CSS.escape(view)}"]`).append(marker);
  }

  function refresh() {
    const isNew = !lesion?.value;
    const isMarked = Boolean(field("view").value);
    if (newOnly) newOnly.hidden = !isNew;
    words.textContent = isMarked ? words.dataset.textMarked : words.dataset.textUnmarked;
    clearButton.hidden = !isMarked;
    for (const marker of document.querySelectorAll("[data-lesion]")) {
      marker.setAttribute("aria-pressed", String(marker.dataset.lesion === lesion?.value));
    }
    drawMarker();
    form.dispatchEvent(new CustomEvent("placechanged"));
  }

  function choose(key) {
    if (![...lesion.options].some((option) => option.value === key)) return;
    lesion.value = key;
    setPlace("", "", "");
    refresh();
  }

  function mark(figure, site, event) {
    const box = figure.getBoundingClientRect();
    const part = (distance, length) => Math.min(1, Math.max(0, distance / length)).toFixed(4);
    setPlace(
      figure.dataset.figure,
      part(event.clientX - box.left, box.width),
      part(event.clientY - box.top, box.height),
    );
    field("body_site").value = site;
    if (lesion) lesion.value = "";
    refresh();
  }

  document.addEventListener("click", (event) => {
    const marker = event.target.closest("[data-lesion]");
    if (marker) {
      choose(marker.dataset.lesion);
      return;
    }
    const site = event.target.closest("[data-site]");
    if (site) mark(site.closest("[data-figure]"), site.dataset.site, event);
  });

  lesion?.addEventListener("change", () => {
    if (lesion.value) setPlace("", "", "");
    refresh();
  });
  form.addEventListener("placetaken", () => {
    setPlace("", "", "");
    refresh();
  });
  clearButton.addEventListener("click", () => {
    setPlace("", "", "");
    refresh();
  });
  document.addEventListener("htmx:afterSettle", refresh);

  document.documentElement.classList.add("can-mark");
  refresh();
})();
