/* One case of the desk: it is held while its page is open, and the page follows what becomes of it. */
"use strict";
(() => {
  const RENEW_MS = 60000;
  const SETTLE_MS = 200;
  const stage = document.getElementById("stage");
  const form = document.querySelector(".ruling-form");
  let waiting = null;

  /* What the person has typed stays as long as the case is still his; any other change is shown. */
  async function look() {
    waiting = null;
    try {
      const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (page.getElementById("stage")?.dataset.case !== stage.dataset.case) location.replace(location.pathname);
    } catch { /* the next event asks again */ }
  }

  const source = new EventSource("/api/live");
  for (const kind of ["desk", "confirmation"]) {
    source.addEventListener(kind, () => { waiting ??= setTimeout(look, SETTLE_MS); });
  }
  source.addEventListener("open", () => { waiting ??= setTimeout(look, SETTLE_MS); });

  if (!form) return;
  setInterval(() => {
    if (document.hidden) return;
    const body = new URLSearchParams({ action: "claim", form_token: form.elements.form_token.value });
    fetch(location.pathname, { method: "POST", body, redirect: "manual" }).catch(() => {});
  }, RENEW_MS);
})();
