/* The exception desk: a form whose vehicle is gone is not left standing. */
"use strict";
(() => {
  const form = document.querySelector(".ruling-form");
  const here = () => location.replace(location.pathname + location.search); /* never sends a form again */

  /* The light beside the form: another vehicle, or another state, ends this form. */
  const room = document.querySelector(".light-room");
  new MutationObserver(() => {
    const light = room.querySelector("[data-passage]");
    if (!light) return;
    const waits = light.hasAttribute("data-waits");
    const same = form && waits && light.dataset.passage === form.dataset.passage && light.dataset.mark === form.dataset.mark;
    if (form ? !same : waits) here();
  }).observe(room, { childList: true, subtree: true });
})();
