// The search in the top bar: Enter opens the first match, the arrow keys move through the matches.
(() => {
  const form = document.querySelector("[data-top-search]");
  if (!form) return;
  const field = form.querySelector("input[type=search]");
  const rows = form.querySelector(".top-search-rows");

  const links = () => [...rows.querySelectorAll("a")];
  const close = () => rows.replaceChildren();

  form.addEventListener("keydown", (event) => {
    const all = links();
    const place = all.indexOf(document.activeElement);
    if (event.key === "Escape") {
      close();
      field.focus();
    } else if (event.key === "Enter" && document.activeElement === field && all.length) {
      event.preventDefault();
      all[0].click();
    } else if (event.key === "ArrowDown" && all.length) {
      event.preventDefault();
      all[Math.min(place + 1, all.length - 1)].focus();
    } else if (event.key === "ArrowUp" && place >= 0) {
      event.preventDefault();
      (all[place - 1] ?? field).focus();
    }
  });

  document.addEventListener("click", (event) => {
    if (!form.contains(event.target)) close();
  });
  form.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !form.contains(event.relatedTarget)) close();
  });
})();
