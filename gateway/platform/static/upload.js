/* A file of orders that is being read: the page shows how far it is, and what came of it. */
"use strict";
(() => {
  const EVERY_MS = 700;
  const part = document.getElementById("upload");
  const goesOn = () => ["reading", "storing"].includes(part.dataset.stage);

  async function look() {
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (!answer.ok) { location.reload(); return; }
      const next = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("upload");
      part.dataset.stage = next.dataset.stage;
      part.replaceChildren(...next.childNodes);
    } catch { /* asked again */ }
    if (goesOn()) setTimeout(look, EVERY_MS);
  }

  if (goesOn()) setTimeout(look, EVERY_MS);
})();
