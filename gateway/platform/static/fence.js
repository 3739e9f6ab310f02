/* A fence drawn on a plane around its place: no map from elsewhere, so it works where there is no internet. By mouse, touch and keyboard.
   The text of the form stays what is sent: everything here reads it and writes it. */
"use strict";
(() => {
  const text = document.querySelector("textarea[data-fence]");
  const room = document.getElementById("fence-map");
  if (!text || !room) return;
  const SVG = "http://www.w3.org/2000/svg";
  room.hidden = false;
  const plane = room.querySelector("[data-plane]");
  const WIDTH = Math.max(280, plane.clientWidth), HEIGHT = Math.round(WIDTH * 0.66); /* a unit of the drawing is a pixel at first */
  const LATITUDE_M = 110574, LONGITUDE_M = 111320; /* metres in a degree, the latter at the equator: within 0.6 % on Taiwan */
  const START = [120.3, 22.57]; /* the port of Kaohsiung */
  const say = room.dataset;
  let corners = [], others = [], centre = START, metres = 4; /* metres of one unit of the drawing */

  const make = (name, attributes = {}, parent = null) => {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    parent?.append(made);
    return made;
  };
  const svg = make("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "group", "aria-label": say.title }, plane);
  const rounded = (value) => Math.round(value * 1e6) / 1e6; /* a tenth of a metre */
  const perLongitude = () => LONGITUDE_M * Math.cos(centre[1] * Math.PI / 180);
  const toPlane = ([lon, lat]) => [WIDTH / 2 + (lon - centre[0]) * perLongitude() / metres, HEIGHT / 2 - (lat - centre[1]) * LATITUDE_M / metres];
  const toPlace = ([x, y]) => [rounded(centre[0] + (x - WIDTH / 2) * metres / perLongitude()), rounded(centre[1] - (y - HEIGHT / 2) * metres / LATITUDE_M)];
  const points = (ring) => ring.map((one) => toPlane(one).map((n) => n.toFixed(1)).join(",")).join(" ");
  const nice = (value) => { const ten = 10 ** Math.floor(Math.log10(value)); return [5, 2, 1].map((n) => n * ten).find((n) => n <= value) ?? ten; };

  function ringOf(geometry) {
    if (geometry?.type !== "Polygon" || !Array.isArray(geometry.coordinates?.[0])) return [];
    const ring = geometry.coordinates[0].map((one) => [Number(one[0]), Number(one[1])]);
    return ring.every((one) => one.every(Number.isFinite)) ? ring.slice(0, -1) : [];
  }
  function read() {
    try { corners = text.value.trim() ? ringOf(JSON.parse(text.value)) : []; } catch { corners = []; }
  }
  function write() {
    text.value = corners.length ? JSON.stringify({ type: "Polygon", coordinates: [[...corners, corners[0]]] }) : "";
  }
  function fit() {
    const all = corners.length ? corners : others.flatMap((one) => one.ring);
    if (!all.length) return;
    const [west, east] = [Math.min(...all.map((p) => p[0])), Math.max(...all.map((p) => p[0]))];
    const [south, north] = [Math.min(...all.map((p) => p[1])), Math.max(...all.map((p) => p[1]))];
    centre = [(west + east) / 2, (south + north) / 2];
    metres = Math.max((east - west) * perLongitude() / WIDTH, (north - south) * LATITUDE_M / HEIGHT, 0.05) * 1.4;
  }

  function graticule() {
    const step = nice(metres * WIDTH / 3 / LATITUDE_M);
    const digits = Math.max(0, -Math.floor(Math.log10(step)));
    const [west, north] = toPlace([0, 0]), [east, south] = toPlace([WIDTH, HEIGHT]);
    for (let lon = Math.ceil(west / step) * step; lon < east; lon += step) {
      const [x] = toPlane([lon, 0]);
      make("line", { class: "fence-grid", x1: x, x2: x, y1: 0, y2: HEIGHT }, svg);
      make("text", { class: "fence-word", x: x + 3, y: HEIGHT - 4 }, svg).textContent = `${lon.toFixed(digits)}°`;
    }
    for (let lat = Math.ceil(south / step) * step; lat < north; lat += step) {
      const [, y] = toPlane([0, lat]);
      make("line", { class: "fence-grid", x1: 0, x2: WIDTH, y1: y, y2: y }, svg);
      make("text", { class: "fence-word", x: 3, y: y - 3 }, svg).textContent = `${lat.toFixed(digits)}°`;
    }
    const bar = nice(metres * WIDTH / 4);
    make("path", { class: "fence-scale", d: `M${WIDTH - 12 - bar / metres} 14v6h${bar / metres}v-6` }, svg);
    make("text", { class: "fence-word", x: WIDTH - 12, y: 34, "text-anchor": "end" }, svg).textContent = bar >= 1000 ? `${bar / 1000} km` : `${bar} m`;
  }

  function corner(place, index) {
    const [x, y] = toPlane(place);
    const handle = make("circle", { class: "fence-corner", cx: x, cy: y, r: 12, tabindex: 0, role: "button", "data-corner": index,
      "aria-label": `${say.corner} ${index + 1}: ${place[0]}, ${place[1]}` }, svg);
    handle.addEventListener("pointerdown", (event) => drag(event, (at) => { corners[index] = toPlace(at); }));
    handle.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (by) corners[index] = toPlace(toPlane(corners[index]).map((n, axis) => n + by[axis] * (event.shiftKey ? 10 : 1)));
      else if (event.key === "Delete" && corners.length > 3) corners.splice(index, 1);
      else if (event.key === "Enter") insert(index);
      else return;
      event.preventDefault();
      changed(Math.min(event.key === "Enter" ? index + 1 : index, corners.length - 1));
    });
  }
  function insert(index) {
    const next = corners[(index + 1) % corners.length];
    corners.splice(index + 1, 0, [0, 1].map((axis) => rounded((corners[index][axis] + next[axis]) / 2)));
  }
  function at(event) {
    const box = svg.getBoundingClientRect();
    return [(event.clientX - box.left) * WIDTH / box.width, (event.clientY - box.top) * HEIGHT / box.height];
  }
  function drag(event, moved) {
    event.preventDefault();
    event.stopPropagation();
    svg.setPointerCapture(event.pointerId);
    const move = (next) => { moved(at(next)); write(); draw(); };
    const end = () => { svg.removeEventListener("pointermove", move); changed(Number(event.target.dataset?.corner ?? -1)); };
    svg.addEventListener("pointermove", move);
    svg.addEventListener("pointerup", end, { once: true });
  }
  svg.addEventListener("pointerdown", (event) => {
    const from = at(event), before = centre;
    drag(event, (now) => { centre = [before[0] - (now[0] - from[0]) * metres / perLongitude(), before[1] + (now[1] - from[1]) * metres / LATITUDE_M]; });
  });

  function draw() {
    svg.replaceChildren();
    graticule();
    for (const one of others) {
      make("polygon", { class: "fence-other", points: points(one.ring) }, svg);
      const [x, y] = toPlane(one.ring[0]);
      make("text", { class: "fence-word", x: x + 4, y: y - 4 }, svg).textContent = one.name;
    }
    if (corners.length) make("polygon", { class: "fence-own", points: points(corners) }, svg);
    corners.forEach(corner);
  }
  function table() {
    const body = room.querySelector("tbody");
    body.replaceChildren(...corners.map((place, index) => {
      const row = document.createElement("tr");
      const head = row.appendChild(document.createElement("th"));
      head.scope = "row";
      head.textContent = index + 1;
      for (const axis of [0, 1]) {
        const input = document.createElement("input");
        Object.assign(input, { value: place[axis], inputMode: "decimal", autocomplete: "off" });
        input.setAttribute("aria-label", `${say.corner} ${index + 1} ${axis ? say.latitude : say.longitude}`);
        input.addEventListener("change", () => {
          const number = Number(input.value);
          if (input.value.trim() && Number.isFinite(number)) corners[index][axis] = rounded(number);
          write(); draw(); input.value = corners[index][axis];
        });
        row.appendChild(document.createElement("td")).append(input);
      }
      return row;
    }));
  }
  function changed(focus = -1) {
    write(); draw(); table();
    if (focus >= 0) svg.querySelector(`[data-corner="${focus}"]`)?.focus();
  }
  const actions = {
    draw: () => { corners = [[-0.2, 0.2], [0.2, 0.2], [0.2, -0.2], [-0.2, -0.2]].map(([x, y]) => toPlace([WIDTH * (0.5 + x), HEIGHT * (0.5 + y)])); changed(0); },
    clear: () => { corners = []; changed(); },
    in: () => { metres /= 1.5; draw(); },
    out: () => { metres *= 1.5; draw(); },
    fit: () => { fit(); draw(); },
  };
  room.querySelectorAll("[data-do]").forEach((button) => button.addEventListener("click", actions[button.dataset.do]));
  room.querySelector("input[type=file]").addEventListener("change", async (event) => {
    const file = event.target.files[0];
    try {
      const told = JSON.parse(await file.text());
      const ring = [told, told.geometry, ...(told.features ?? []).map((one) => one.geometry)].map(ringOf).find((one) => one.length);
      if (ring) { corners = ring; fit(); changed(); }
    } catch { /* no GeoJSON: the drawing stays as it is */ }
  });
  text.addEventListener("change", () => { read(); fit(); draw(); table(); });

  read(); fit(); draw(); table();
  fetch(say.places).then((answer) => answer.ok ? answer.json() : { features: [] }).then((all) => {
    others = all.features.filter((one) => one.id !== say.own).map((one) => ({ name: one.properties.name, ring: ringOf(one.geometry) })).filter((one) => one.ring.length);
    if (!corners.length) fit();
    draw();
  }).catch(() => {});
})();
