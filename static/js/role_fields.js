// data-for-role="doctor": shown only while that role is selected. Without this script, all are shown.
(() => {
  function show(form) {
    const role = form.querySelector('[name="role"]:checked')?.value;
    for (const group of form.querySelectorAll("[data-for-role]")) {
      group.hidden = group.dataset.forRole !== role;
    }
  }

  for (const group of document.querySelectorAll("[data-for-role]")) show(group.closest("form"));
  document.addEventListener("change", (event) => {
    if (event.target.name === "role" && event.target.form) show(event.target.form);
  });
})();
