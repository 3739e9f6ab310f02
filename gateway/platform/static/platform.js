/* Pages that show what arrives: when the platform tells of something new, a page reads itself anew and swaps the parts that follow. */
"use strict";
(() => {
  const parts = [...document.querySelectorAll("[data-live]")];
  if (!parts.length || !window.EventSource) return;
  const kinds = new Set(parts.flatMap((part) => part.dataset.live.split(" ")));
  const SETTLE_MS = 300; /* one vehicle brings a confirmation and several pictures: one reading for all of them */
  let waiting = null;
  let lost = false;

  function swap(part, next) {
    if (!next || next.innerHTML === part.innerHTML) return;
    const focused = part.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    part.replaceChildren(...next.childNodes);
    if (focused) [...part.querySelectorAll("a[href]")].find((link) => link.getAttribute("href") === focused)?.focus();
  }

  async function readAnew() {
    waiting = null;
    if (document.hidden) { lost = true; return; }
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      parts.forEach((part) => swap(part, page.getElementById(part.id)));
      lost = false;
    } catch { lost = true; }
  }

  function soon() { waiting ??= setTimeout(readAnew, SETTLE_MS); }

  const source = new EventSource("/api/live");
  kinds.forEach((kind) => source.addEventListener(kind, soon));
  source.addEventListener("error", () => { lost = true; });
  source.addEventListener("open", () => { if (lost) soon(); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden && lost) soon(); });
})();
