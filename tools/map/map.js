"use strict";
const map = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const rows = map.queries.length, columns = map.tokens.length;
const quantum = map.greatest / (2 ** map.bits - 1);
const digits = map.bits === 16 ? 2 : 0;
const stored = unpack(map.probabilities);
const rowHeight = Math.max(14, Math.min(26, Math.floor(640 / columns)));
const linesWidth = 160;
let plane = new Float64Array(rows * columns), greatest = 0;  // of the layer and head that are shown
let chosen = null, kept = null;                              // {side: "query" or "key", index}

/// Little-endian whole numbers, as wide as they are stored.
function unpack(text) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  return map.bits === 16 ? new Uint16Array(bytes.buffer) : bytes;
}

function choosePlane() {
  const layer = byId("layer").selectedIndex, head = byId("head").selectedIndex;
  const all = map.heads.map((_, h) => h), heads = head < map.heads.length ? [head] : all;
  plane.fill(0);
  for (const h of heads) {
    const begin = (layer * map.heads.length + h) * rows * columns;
    for (let i = 0; i < plane.length; ++i) plane[i] += stored[begin + i] * quantum / heads.length;
  }
  greatest = plane.reduce((a, b) => Math.max(a, b), 0);
  show();
}

const value = (query, key) => plane[query * columns + key];
const percent = (p) => (100 * p).toFixed(digits) + " %";
const nameOf = (query) => map.tokens[map.queries[query]];

function fillSelect(select, names, what) {
  for (const name of names) select.add(new Option(name || what));
  select.addEventListener("change", choosePlane);
}

/// A list of tokens, each with room for a share beside it.
function fillList(side, names) {
  const list = byId(side === "query" ? "queries" : "keys");
  names.forEach((name, index) => {
    const item = document.createElement("li"), button = document.createElement("button");
    const token = document.createElement("bdi"), share = document.createElement("span");
    token.textContent = name;
    share.className = "share";
    button.tabIndex = index === 0 ? 0 : -1;  // Tab goes to each column, Up and Down go through it
    button.append(token);
    item.append(...(side === "query" ? [share, button] : [button, share]));
    const here = { side, index };
    item.addEventListener("pointerenter", () => choose(here));
    item.addEventListener("pointerleave", () => choose(kept));
    button.addEventListener("focus", () => choose(here));
    button.addEventListener("click", () => keep(here));
    button.addEventListener("keydown", (event) => key(event, here));
    list.append(item);
  });
}

const items = (side) => byId(side === "query" ? "queries" : "keys").children;
const same = (a, b) => a !== null && b !== null && a.side === b.side && a.index === b.index;

function keep(here) {
  kept = same(kept, here) ? null : here;
  choose(here);
}

function choose(here) {
  chosen = here;
  show();
}

function step(select, by) {
  const count = select.options.length;
  select.selectedIndex = (select.selectedIndex + by + count) % count;
  choosePlane();
}

function key(event, here) {
  const list = items(here.side), count = list.length;
  const move = (by) => list[(here.index + by + count) % count].querySelector("button").focus();
  const actions = {
    ArrowDown: () => move(1), ArrowUp: () => move(-1),
    ArrowRight: () => step(byId("head"), 1), ArrowLeft: () => step(byId("head"), -1),
    PageDown: () => step(byId("layer"), 1), PageUp: () => step(byId("layer"), -1),
    Escape: () => { kept = null; choose(null); },
  };
  if (!(event.key in actions) || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  actions[event.key]();
}

/// The shares that belong beside the tokens of one side; null: none.
function sharesOf(side) {
  if (chosen === null || chosen.side === side) return null;
  if (side === "key") return map.tokens.map((_, k) => value(chosen.index, k));
  return map.queries.map((_, q) => value(q, chosen.index));
}

function describe() {
  if (chosen === null) return "";
  const other = chosen.side === "query" ? "key" : "query", shares = sharesOf(other);
  const order = shares.map((_, i) => i).sort((a, b) => shares[b] - shares[a]).slice(0, 5);
  const nameOther = other === "key" ? (i) => map.tokens[i] : nameOf;
  const list = order.map((i) => `${nameOther(i)} ${percent(shares[i])}`).join(", ");
  return chosen.side === "query" ? `${nameOf(chosen.index)} attends to: ${list}`
                                 : `${map.tokens[chosen.index]} is attended to by: ${list}`;
}

function showShares(side) {
  const shares = sharesOf(side);
  Array.from(items(side)).forEach((item, i) => {
    item.querySelector(".share").textContent = shares === null ? "" : percent(shares[i]);
    item.querySelector("button").classList.toggle("chosen", same(chosen, { side, index: i }));
  });
}

let waiting = false;
function show() {
  showShares("query");
  showShares("key");
  byId("status").textContent = describe();
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => { waiting = false; drawLines(); drawHeat(); });
}

const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const isDark = matchMedia("(prefers-color-scheme: dark)");

/// Ready to draw on, `width` x `height` CSS pixels.
function context(canvas, width, height) {
  const ratio = devicePixelRatio || 1;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  canvas.style.width = width + "px";
  canvas.style.height = height + "px";
  const draw = canvas.getContext("2d");
  draw.scale(ratio, ratio);
  return draw;
}

function drawLines() {
  const draw = context(byId("lines"), linesWidth, rowHeight * columns);
  draw.strokeStyle = style("--accent");
  for (let q = 0; q < rows; ++q) {
    for (let k = 0; k < columns; ++k) {
      const strength = greatest > 0 ? value(q, k) / greatest : 0;
      const shown = chosen === null || (chosen.side === "query" ? chosen.index === q : chosen.index === k);
      if (!shown || strength < 0.02) continue;
      draw.globalAlpha = strength;
      draw.lineWidth = 0.5 + 2.5 * strength;
      draw.beginPath();
      draw.moveTo(0, (q + 0.5) * rowHeight);
      draw.lineTo(linesWidth, (k + 0.5) * rowHeight);
      draw.stroke();
    }
  }
}

/// The colour of a share of the greatest: from the paper's side of the ramp to the other.
function colour(share) {
  const at = (isDark.matches ? 1 - share : share) * (map.ramp.length - 1);
  const step = Math.min(Math.floor(at), map.ramp.length - 2), part = at - step;
  const channel = (i, shift) => map.ramp[i] >> shift & 255;
  return "rgb(" + [16, 8, 0].map((s) => Math.round(channel(step, s) * (1 - part) + channel(step + 1, s) * part)) + ")";
}

const cell = Math.max(10, Math.min(26, Math.floor(560 / columns))), font = Math.min(13, cell - 1);
const family = ' "DejaVu Sans", Verdana, sans-serif', barWidth = 84;
const heat = { left: 0, top: 0 };

/// Room for the longest label.
function measureLabels() {
  const draw = byId("heat").getContext("2d");
  draw.font = "bold " + font + "px" + family;
  const widest = map.tokens.reduce((most, token) => Math.max(most, draw.measureText(token).width), 0);
  heat.left = heat.top = Math.ceil(Math.min(widest, 160)) + 8;
}

function drawHeat() {
  const right = heat.left + cell * columns, bottom = heat.top + cell * rows;
  const draw = context(byId("heat"), right + barWidth, Math.max(bottom, heat.top + 120) + 8);
  for (let q = 0; q < rows; ++q) {
    for (let k = 0; k < columns; ++k) {
      draw.fillStyle = colour(greatest > 0 ? value(q, k) / greatest : 0);
      draw.fillRect(heat.left + k * cell, heat.top + q * cell, cell, cell);
    }
  }
  drawLabels(draw);
  drawBar(draw, right + 14);
  if (chosen === null) return;
  draw.strokeStyle = style("--mark");
  draw.lineWidth = 2;
  if (chosen.side === "query") draw.strokeRect(heat.left, heat.top + chosen.index * cell, cell * columns, cell);
  else draw.strokeRect(heat.left + chosen.index * cell, heat.top, cell, cell * rows);
}

function drawLabels(draw) {
  const label = (text, bold) => {
    draw.fillStyle = style(bold ? "--mark" : "--ink");
    draw.font = (bold ? "bold " : "") + font + "px" + family;
    draw.fillText(text, 0, 0, 160);
  };
  draw.textBaseline = "middle";
  draw.textAlign = "right";
  for (let q = 0; q < rows; ++q) {
    draw.save();
    draw.translate(heat.left - 5, heat.top + (q + 0.5) * cell);
    label(nameOf(q), same(chosen, { side: "query", index: q }));
    draw.restore();
  }
  draw.textAlign = "left";
  for (let k = 0; k < columns; ++k) {
    draw.save();
    draw.translate(heat.left + (k + 0.5) * cell, heat.top - 5);
    draw.rotate(-Math.PI / 2);
    label(map.tokens[k], same(chosen, { side: "key", index: k }));
    draw.restore();
  }
}

function drawBar(draw, left) {
  const height = 120;
  for (let y = 0; y < height; ++y) {
    draw.fillStyle = colour(1 - y / (height - 1));
    draw.fillRect(left, heat.top + y, 12, 1);
  }
  draw.fillStyle = style("--ink");
  draw.font = "11px" + family;
  draw.textBaseline = "middle";
  draw.textAlign = "left";
  for (let tick = 0; tick <= 4; ++tick)
    draw.fillText(percent(greatest * tick / 4), left + 16, heat.top + height * (1 - tick / 4));
}

byId("heat").addEventListener("pointermove", (event) => {
  const query = Math.floor((event.offsetY - heat.top) / cell), key = Math.floor((event.offsetX - heat.left) / cell);
  if (query < 0 || query >= rows || key < 0 || key >= columns) return;
  choose({ side: "query", index: query });
  byId("status").textContent = `${nameOf(query)} attends to ${map.tokens[key]}: ${percent(value(query, key))}`;
});
byId("heat").addEventListener("pointerleave", () => choose(kept));
isDark.addEventListener("change", show);

byId("text").textContent = map.text || "Attention";
fillSelect(byId("layer"), map.layers, "the only one");
fillSelect(byId("head"), map.heads.length > 1 ? [...map.heads, "mean of the heads"] : map.heads, "the only one");
document.documentElement.style.setProperty("--row", rowHeight + "px");
fillList("query", map.queries.map((_, q) => nameOf(q)));
fillList("key", map.tokens);
measureLabels();
const begin = map.queries.indexOf(map.chosen);
if (begin >= 0) kept = chosen = { side: "query", index: begin };
choosePlane();
