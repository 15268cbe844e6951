// The screen in the waiting room: says so when what it shows may be old, and goes dark when its address ends.
(() => {
  const lost = document.getElementById("lost");
  const state = document.getElementById("state");

  document.addEventListener("htmx:afterRequest", (event) => {
    const { successful, xhr } = event.detail;
    lost.hidden = successful;
    if (xhr.status === 404) state.replaceChildren();
  });
})();
