/* A button beside a secret that takes it into the clipboard, where the browser lets a page do so. */
"use strict";
(() => {
  if (!navigator.clipboard) return;
  for (const button of document.querySelectorAll("button[data-copies]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const source = document.getElementById(button.dataset.copies);
      try {
        await navigator.clipboard.writeText(source.textContent);
        button.nextElementSibling.textContent = button.dataset.done;
      } catch {
        getSelection().selectAllChildren(source); /* not allowed: it is marked, to be copied by hand */
      }
    });
  }
})();
