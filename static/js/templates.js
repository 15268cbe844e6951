// Inserts a phrase from the menu into the form next to it, after the text that is already there.
(() => {
  function append(field, words) {
    const typed = field.value.trimEnd();
    const gap = field.matches("textarea:not([data-one-line])") ? "\n" : ", ";
    field.value = typed ? `${typed}${gap}${words}` : words;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function insertNotes(form, texts) {
    for (const [name, words] of Object.entries(texts)) {
      const field = form.elements[name];
      if (field) append(field, words);
    }
  }

  const isBlank = (line) => [...line.querySelectorAll('input[type="text"]')].every((input) => !input.value.trim());

  function blankLine(form) {
    const blank = [...form.querySelectorAll("[data-lines] [data-line]")].find(isBlank);
    if (blank) return blank;
    form.querySelector("[data-line-add]").click();
    return form.querySelector("[data-lines]").lastElementChild;
  }

  function insertLine(form, words) {
    const line = blankLine(form);
    for (const field of line.querySelectorAll("input")) {
      const name = field.name.split("-").pop();
      if (!(name in words)) continue;
      if (field.type === "checkbox") field.checked = words[name];
      else field.value = words[name];
    }
    if (words.form || words.route || words.quantity || words.note) line.querySelector("details").open = true;
    const drug = line.querySelector('[name$="-drug"]');
    drug.dispatchEvent(new Event("input", { bubbles: true }));
    drug.dispatchEvent(new Event("change", { bubbles: true }));
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-template-content]");
    if (!button) return;
    const panel = button.closest("[data-template-panel]");
    const form = document.querySelector(`${panel.dataset.templatePanel} form[data-autosave]`);
    const content = JSON.parse(button.dataset.templateContent);
    if (content.lines) for (const words of content.lines) insertLine(form, words);
    else insertNotes(form, content);
    button.closest("details").open = false;
  });
})();
