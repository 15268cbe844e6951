// Adds and removes lines of a prescription without loading the page.
(() => {
  const USUAL = ["form", "strength", "route", "dose"];
  const NEEDED = ["drug", "dose", "frequency", "duration"];

  // An empty line is ignored; all others need these fields.
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
    drugsChanged();
  }

  // The previous drug of a line, whose usual values are removed with it.
  const before = new WeakMap();

  const plain = (text) => text.trim().toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "");

  // The suggestion that a text is, in any of the languages; that of the page comes first.
  function suggestion(list, text) {
    const options = [...(document.getElementById(list)?.options ?? [])];
    const typed = plain(text);
    return options.find((each) => plain(each.value) === typed)
      ?? options.find((each) => each.dataset.also.split("|").some((other) => other && plain(other) === typed));
  }

  // Whether two texts of a field say the same, in whatever language.
  function isSame(name, one, other) {
    if (!one || !other) return one === other;
    if (name === "strength" && one.replace(",", ".") === other.replace(",", ".")) return true;
    const found = suggestion(`usual-${name}`, one);
    return one === other || (found !== undefined && found === suggestion(`usual-${name}`, other));
  }

  // Fills the fields that nobody has edited with the usual values from the table of drugs.
  function fillUsual(input) {
    const usualOf = (name) => suggestion(input.getAttribute("list"), name)?.dataset;
    const old = usualOf(before.get(input) ?? input.defaultValue);
    const usual = usualOf(input.value);
    before.set(input, input.value);
    for (const name of USUAL) {
      const field = input.form.elements[input.name.replace(/drug$/, name)];
      if (!field || (field.value.trim() && !isSame(name, field.value, old?.[name]))) continue;
      field.value = usual?.[name] ?? "";
      field.toggleAttribute("data-filled", field.value !== "");
    }
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // Makes the warnings next to the prescription reload.
  const drugsChanged = () => document.body.dispatchEvent(new CustomEvent("drugsChanged"));

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-line-add], [data-line-remove]");
    if (!button) return;
    event.preventDefault();
    if (button.matches("[data-line-add]")) addLine(button.form);
    else removeLine(button.form, button.closest("[data-line]"));
  });

  // What is typed takes the place of a usual value, also after the click that made it appear.
  document.addEventListener("click", (event) => {
    if (!event.target.matches("[data-filled]")) return;
    event.target.removeAttribute("data-filled");
    event.target.select();
  });

  document.addEventListener("input", (event) => {
    event.target.removeAttribute("data-filled");
    const line = event.target.closest("[data-line]");
    if (line) requireWords(line);
  });

  document.addEventListener("change", (event) => {
    if (!event.target.closest("[data-lines]")) return;
    if (event.target.name?.endsWith("-drug")) fillUsual(event.target);
    drugsChanged();
  });

  document.addEventListener("autosave:stored", (event) => {
    if (event.target.querySelector("[data-lines]")) drugsChanged();
  });

  // Warnings that could not be reloaded are marked as out of date.
  document.addEventListener("htmx:afterRequest", (event) => {
    const warnings = document.getElementById("visit-warnings");
    if (!event.detail.failed || event.detail.xhr?.status === 422 || event.target !== warnings) return;
    warnings.hidden = false;
    warnings.querySelector("[data-check-failed]").hidden = false;
  });

  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-line]").forEach(requireWords));
})();
