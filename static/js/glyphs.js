// Tells people while they type which characters of a field papers cannot show.
(() => {
  const PAUSE = 600; // ms after the last key
  const FIELDS = 'form[method="post"] textarea, form[method="post"] input[type="text"]';
  // Every paper can show these characters, so there is no need to ask; as in `clinic/core/papers/glyphs.py`.
  const COMMON = /^[\s -~\u00a0-\u017f\u0391-\u03a1\u03a3-\u03c9\u0410-\u044f\u0621-\u063a\u0641-\u064a]*$/;
  const asked = new WeakMap();

  function show(field, html) {
    const place = field.closest(".field") ?? field.parentElement;
    place.querySelector("[data-glyph-notice]")?.remove();
    if (html) place.insertAdjacentHTML("beforeend", html);
  }

  async function check(field) {
    const text = field.value;
    if (COMMON.test(text)) return show(field, "");
    const body = new FormData();
    body.set("text", text);
    body.set("csrfmiddlewaretoken", document.querySelector('meta[name="csrf-token"]').content);
    // If it fails, also because the page is left, show nothing: the paper can still be printed.
    const told = await fetch(document.body.dataset.glyphUrl, { method: "POST", body, redirect: "manual" })
      .then((response) => (response.ok ? response.text() : null))
      .catch(() => null);
    if (told !== null && field.value === text) show(field, told.trim());
  }

  document.addEventListener("input", (event) => {
    const field = event.target;
    if (!field.matches(FIELDS)) return;
    clearTimeout(asked.get(field));
    asked.set(field, setTimeout(() => check(field), PAUSE));
  });
})();
