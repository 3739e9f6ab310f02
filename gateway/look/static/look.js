/* Pictures that open whole, and pages that follow their server. Small and vanilla; everything also reads without it. */
"use strict";
(() => {
  let viewer = null;
  let opener = null;
  let frame = null;

  /* --- the viewer of whole frames --- */

  function drawFrame(link, size) {
    const svg = viewer.querySelector(".viewer-frame");
    const image = svg.querySelector("image");
    frame = { size, box: boxOf(link, size) };
    see([0, 0, ...size]);
    image.setAttribute("width", size[0]);
    image.setAttribute("height", size[1]);
    image.setAttribute("href", link.href);
    const quads = (link.dataset.box || "").split(";").filter(Boolean);
    svg.querySelector("path").setAttribute("d", quads.map((quad) => `M${quad.trim().split(" ").join("L")}Z`).join(""));
  }

  /* --- zoom: the part of the frame that is seen, as x, y, width and height in its pixels --- */

  function boxOf(link, size) {
    const numbers = (link.dataset.box || "").split(/[ ,;]+/).filter(Boolean).map(Number);
    if (!numbers.length) return null;
    const xs = numbers.filter((_, i) => i % 2 === 0);
    const ys = numbers.filter((_, i) => i % 2 === 1);
    const width = Math.max(Math.max(...xs) - Math.min(...xs), 1) * 1.6;
    const height = Math.max(Math.max(...ys) - Math.min(...ys), 1) * 1.6;
    const middle = [(Math.max(...xs) + Math.min(...xs)) / 2, (Math.max(...ys) + Math.min(...ys)) / 2];
    return [middle[0] - width / 2, middle[1] - height / 2, Math.min(width, size[0]), Math.min(height, size[1])];
  }

  function see([x, y, width, height]) {
    const [most, tallest] = frame.size;
    const clear = (start, length, whole) => Math.min(Math.max(start, 0), Math.max(whole - length, 0));
    frame.seen = [clear(x, width, most), clear(y, height, tallest), width, height];
    viewer.querySelector(".viewer-frame").setAttribute("viewBox", frame.seen.map((n) => Number(n.toFixed(1))).join(" "));
  }

  /* The middle of the number, while it is in sight: by key and button one zooms in on it. */
  function numberInSight() {
    if (!frame.box) return null;
    const [x, y, width, height] = frame.seen;
    const middle = [frame.box[0] + frame.box[2] / 2, frame.box[1] + frame.box[3] / 2];
    return middle[0] >= x && middle[0] <= x + width && middle[1] >= y && middle[1] <= y + height ? middle : null;
  }

  function zoom(how, at) {
    if (!viewer || !frame) return;
    const [x, y, width, height] = frame.seen;
    if (how === "whole") see([0, 0, ...frame.size]);
    else if (how === "box") see(frame.box || [0, 0, ...frame.size]);
    else {
      const next = Math.min(Math.max(width * (how === "in" ? 0.7 : 1 / 0.7), 40), frame.size[0]);
      const tall = height * next / width;
      if (tall >= frame.size[1] && next >= frame.size[0]) { see([0, 0, ...frame.size]); return; }
      const number = how === "in" && !at ? numberInSight() : null;
      const [across, down] = at || [0.5, 0.5];
      see(number ? [number[0] - next / 2, number[1] - tall / 2, next, tall]
        : [x + (width - next) * across, y + (height - tall) * down, next, tall]);
    }
  }

  function pan(right, down) {
    if (!viewer || !frame) return;
    const [x, y, width, height] = frame.seen;
    see([x + right * width, y + down * height, width, height]);
  }

  const ZOOM_KEYS = { "+": "in", "=": "in", "-": "out", "0": "whole" };
  const PAN_KEYS = { ArrowLeft: [-0.2, 0], ArrowRight: [0.2, 0], ArrowUp: [0, -0.2], ArrowDown: [0, 0.2] };

  document.addEventListener("keydown", (event) => {
    if (!viewer?.contains(document.activeElement) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (ZOOM_KEYS[event.key]) zoom(ZOOM_KEYS[event.key]);
    else if (PAN_KEYS[event.key]) pan(...PAN_KEYS[event.key]);
    else return;
    event.preventDefault();
  });
  document.addEventListener("wheel", (event) => {
    const svg = event.target.closest(".viewer-frame");
    if (!svg) return;
    const room = svg.getBoundingClientRect();
    zoom(event.deltaY < 0 ? "in" : "out", [(event.clientX - room.x) / room.width, (event.clientY - room.y) / room.height]);
    event.preventDefault();
  }, { passive: false });
  document.addEventListener("pointermove", (event) => {
    const svg = event.target.closest(".viewer-frame");
    if (svg && event.buttons === 1) pan(-event.movementX / svg.clientWidth, -event.movementY / svg.clientHeight);
  });

  function openPicture(link) {
    closePicture();
    const template = link.closest("[lang]").querySelector("template[data-viewer]");
    if (!template) return false;
    viewer = template.content.firstElementChild.cloneNode(true);
    opener = link;
    viewer.dataset.passage = link.closest("[data-passage]")?.dataset.passage || "";
    viewer.querySelector(".viewer-caption").textContent = link.dataset.caption || "";
    (document.querySelector("[data-viewer-room]") || document.body).append(viewer);
    if (link.dataset.frame) {
      drawFrame(link, link.dataset.frame.split(",").map(Number));
    } else {
      const probe = new Image();
      const mine = viewer;
      probe.onload = () => { if (viewer === mine) drawFrame(link, [probe.naturalWidth, probe.naturalHeight]); };
      probe.src = link.href;
    }
    viewer.querySelector(".viewer-close").focus();
    return true;
  }

  function closePicture() {
    if (!viewer) return;
    viewer.remove();
    viewer = frame = null;
    /* The picture may have been swapped meanwhile: then its successor takes the focus back. */
    const back = opener.isConnected ? opener : document.querySelector(`[data-picture][href="${opener.getAttribute("href")}"]`);
    opener = null;
    if (back) back.focus();
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest(".viewer-close")) { closePicture(); return; }
    const button = event.target.closest("[data-zoom]");
    if (button) { zoom(button.dataset.zoom); return; }
    const link = event.target.closest("a[data-picture]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey && openPicture(link)) event.preventDefault();
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") closePicture(); });

  /* --- parts that must never scroll: what does not fit is drawn smaller, down to half --- */

  function fit(part) {
    for (let scale = 1; scale >= 0.5; scale -= 0.05) {
      part.style.setProperty("--fit", scale.toFixed(2));
      if (part.scrollHeight <= part.clientHeight + 1 && part.scrollWidth <= part.clientWidth + 1) return;
    }
  }

  function fitAll() { document.querySelectorAll("[data-fit]").forEach(fit); }

  fitAll();
  addEventListener("resize", fitAll);
  document.fonts?.ready.then(fitAll);

  /* --- pages that follow their server --- */

  const root = document.documentElement;
  let heard = -Infinity;

  function swap(fragment, html) {
    const old = document.getElementById(fragment);
    if (!old) return;
    const template = document.createElement("template");
    template.innerHTML = html;
    const next = template.content.firstElementChild;
    const focused = old.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    old.replaceWith(next);
    fitAll();
    if (focused) [...next.querySelectorAll("a[href]")].find((link) => link.getAttribute("href") === focused)?.focus();
    /* A picture of the vehicle before must not stand beside the light of this one. */
    if (viewer && next.dataset.passage !== undefined && next.dataset.passage !== viewer.dataset.passage) closePicture();
  }

  function beat(state) {
    if (root.dataset.version && state.version && root.dataset.version !== state.version) { location.reload(); return; }
    root.dataset.version = state.version || "";
    if (state.scheme) {
      root.classList.toggle("night", state.scheme === "night");
      root.classList.toggle("day", state.scheme === "day");
    }
  }

  function follow(address, staleAfter) {
    let source = null;
    let opened = 0;

    function live() { heard = performance.now(); root.classList.add("live"); }

    function connect() {
      if (source) source.close();
      opened = performance.now();
      source = new EventSource(address);
      source.addEventListener("swap", (event) => { const part = JSON.parse(event.data); swap(part.id, part.html); live(); });
      source.addEventListener("beat", (event) => { beat(JSON.parse(event.data)); live(); });
    }

    function watch() {
      const now = performance.now();
      if (now - heard > staleAfter) root.classList.remove("live");
      /* A stream that was refused stays closed, and one through a dead network never fails: both are opened anew. */
      if (now - heard > 2 * staleAfter && now - opened > 2 * staleAfter) connect();
      else if (source.readyState === EventSource.CLOSED && now - opened > 2000) connect();
    }

    connect();
    setInterval(watch, 500);
    document.addEventListener("visibilitychange", watch);
  }

  const { events, staleMs } = document.body.dataset;
  if (events) follow(events, Number(staleMs || 5000));
})();
