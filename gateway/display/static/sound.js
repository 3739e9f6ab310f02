/* A sound when a lane refers or stops. Browsers keep a page silent until somebody has touched it: then the page says so. */
"use strict";
(() => {
  const button = document.querySelector("[data-sound]");
  if (!button || !window.AudioContext) return;
  const TONES = { REFER: [[660, 0], [880, 0.22]], STOP: [[440, 0], [330, 0.3], [440, 0.6], [330, 0.9]] }; /* Hz, seconds from now */
  const context = new AudioContext();
  const told = new Map();

  const wanted = () => localStorage.getItem("sound") !== "off";
  const audible = () => context.state === "running" && wanted();

  function show() {
    button.hidden = false;
    button.setAttribute("aria-pressed", audible());
    button.textContent = audible() ? button.dataset.on : button.dataset.off;
    button.classList.toggle("sound-off", !audible());
  }

  function play(tones) {
    for (const [pitch, after] of tones) {
      const tone = context.createOscillator();
      const volume = context.createGain();
      const at = context.currentTime + after;
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0.25, at);
      volume.gain.exponentialRampToValueAtTime(0.001, at + 0.2);
      tone.connect(volume).connect(context.destination);
      tone.start(at);
      tone.stop(at + 0.2);
    }
  }

  /* What stood there when the page was opened was told before; what comes after is new. */
  function listen(quietly) {
    for (const part of document.querySelectorAll("[data-mark][id]")) {
      const now = `${part.dataset.passage} ${part.dataset.mark}`;
      if (told.get(part.id) === now) continue;
      told.set(part.id, now);
      if (!quietly && audible() && TONES[part.dataset.mark]) play(TONES[part.dataset.mark]);
    }
  }

  button.addEventListener("click", async () => {
    const turnOn = !audible();
    localStorage.setItem("sound", turnOn ? "on" : "off");
    if (turnOn) { await context.resume(); play(TONES.REFER); }
    show();
  });
  /* Any touch of the page is enough for a browser; a person who turned the sound off keeps it off. */
  for (const kind of ["pointerdown", "keydown"]) {
    addEventListener(kind, (event) => { if (wanted() && !button.contains(event.target)) context.resume(); }, { passive: true });
  }
  context.addEventListener("statechange", show);
  listen(true);
  show();
  new MutationObserver(() => listen(false)).observe(document.getElementById("content"), { childList: true, subtree: true });
})();
