// The waiting-room screen: says when its content may be out of date, and goes blank when its URL is revoked.
(() => {
  const lost = document.getElementById("lost");
  const state = document.getElementById("state");

  document.addEventListener("htmx:afterRequest", (event) => {
    const { successful, xhr } = event.detail;
    lost.hidden = successful;
    if (xhr.status === 404) state.replaceChildren();
  });
})();
