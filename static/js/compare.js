/* Two photographs side by side: one slider enlarges both, and both scroll together. */
(() => {
  "use strict";

  const slider = document.querySelector("[data-compare-zoom]");
  if (!slider) return;

  const stages = [...document.querySelectorAll("[data-compare-stage]")];

  const part = (position, whole, shown) => (whole > shown ? position / (whole - shown) : 0);

  function follow(from, to) {
    to.scrollLeft = part(from.scrollLeft, from.scrollWidth, from.clientWidth) * (to.scrollWidth - to.clientWidth);
    to.scrollTop = part(from.scrollTop, from.scrollHeight, from.clientHeight) * (to.scrollHeight - to.clientHeight);
  }

  /* Zooms around the centre, where the lesion is. */
  function zoom() {
    for (const stage of stages) {
      const picture = stage.querySelector("img");
      picture.style.inlineSize = `${slider.value}%`;
      picture.style.blockSize = `${slider.value}%`;
      stage.scrollLeft = (stage.scrollWidth - stage.clientWidth) / 2;
      stage.scrollTop = (stage.scrollHeight - stage.clientHeight) / 2;
    }
  }

  // Only the stage under the pointer or with the focus leads, so that the two do not scroll each other endlessly.
  for (const stage of stages) {
    stage.addEventListener("scroll", () => {
      if (!stage.matches(":hover, :focus")) return;
      for (const other of stages) if (other !== stage) follow(stage, other);
    });
  }
  slider.addEventListener("input", zoom);
})();
