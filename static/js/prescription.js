// Adds and removes lines of a prescription without loading the page.
(() => {
  const NEEDED = ["drug", "dose", "frequency", "duration"];

  // A line without a word is no line; in every other one these fields are needed.
  function requireWords(line) {
    const texts = [...line.querySelectorAll('input[type="text"]')];
    const isWritten = texts.some((input) => input.value.trim());
    for (const input of texts) input.required = isWritten && NEEDED.includes(input.name.split("-").pop());
  }

  function addLine(form) {
    const total = form.elements["lines-TOTAL_FORMS"];
    const template = form.querySelector("[data-line-template]");
    const lines = form.querySelector("[data-lines]");
    lines.insertAdjacentHTML("beforeend", template.innerHTML.replaceAll("__prefix__", total.value));
    total.value = Number(total.value) + 1;
    lines.lastElementChild.querySelector('input[type="text"]').focus();
  }

  function removeLine(form, line) {
    line.remove();
    if (form.querySelector("[data-lines] [data-line]")) form.querySelector("[data-line-add]").focus();
    else addLine(form);
    form.dispatchEvent(new Event("change", { bubbles: true }));
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-line-add], [data-line-remove]");
    if (!button) return;
    event.preventDefault();
    if (button.matches("[data-line-add]")) addLine(button.form);
    else removeLine(button.form, button.closest("[data-line]"));
  });

  document.addEventListener("input", (event) => {
    const line = event.target.closest("[data-line]");
    if (line) requireWords(line);
  });

  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-line]").forEach(requireWords));
})();
