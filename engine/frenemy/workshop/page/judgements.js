// All answers in one picture: each median and range, the pool above, on the scale of the question.

import { h, s } from "./dom.js";
import { chance, clamp, count, logistic, logit } from "./format.js";

const TICKS = [
  0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999,
];

/** How numbers of a question are written, typed and placed. Chances are typed in percent. */
export function units(question) {
  const share = question.unit === "chance";
  const factor = share ? 100 : 1;
  const suffix = share ? "%" : "";
  return {
    share,
    factor,
    suffix,
    text: (value) => (share ? chance(value) : plain(value)),
    into: question.scale === "logit" ? (v) => logit(clamp(v, 1e-5, 1 - 1e-5)) : (v) => v,
    out: question.scale === "logit" ? logistic : (u) => u,
  };
}

/** Four digits, with commas: `33,742`, `12.5`. */
function plain(value) {
  const rounded = Number(value.toPrecision(4));
  return Math.abs(rounded) >= 1000 ? count(rounded) : String(rounded);
}

/** An axis between two values of a question: { place(value) → x, ticks }. */
function axisOf(question, low, high, left, right) {
  const { into } = units(question);
  const [from, to] = [into(low), into(high)];
  const place = (value) => left + ((into(value) - from) / (to - from || 1)) * (right - left);
  if (question.scale !== "logit") {
    const step = nice((high - low) / 4);
    const ticks = [];
    for (let value = Math.ceil(low / step) * step; value <= high + 1e-9; value += step)
      ticks.push(Number(value.toPrecision(12)));
    return { place, ticks };
  }
  const ticks = [];
  for (const value of TICKS) {
    if (value < low || value > high) continue;
    if (!ticks.length || place(value) - place(ticks.at(-1)) > 52) ticks.push(value);
  }
  return { place, ticks };
}

function nice(rough) {
  const power = 10 ** Math.floor(Math.log10(rough || 1));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough) ?? power;
}

const curve = (xs, ys, place, top, bottom, most) =>
  xs
    .map((x, n) => `${n ? "L" : "M"}${place(x).toFixed(1)},${(bottom - (ys[n] / most) * (bottom - top)).toFixed(1)}`)
    .join("");

/** Revealed rounds of a question (the last one counts), with the pool where it is known. */
export function judgements(question, rounds, pooled) {
  const last = rounds.at(-1);
  const previous = new Map((rounds.at(-2)?.entries ?? []).map((entry) => [entry.label, entry]));
  const [width, row, left, right] = [440, 22, 26, 432];
  const all = [...last.entries, ...previous.values()];
  const { text, into, out } = units(question);
  let [low, high] = [Math.min(...all.map((entry) => entry.q05)), Math.max(...all.map((entry) => entry.q95))];
  const known = Number.isFinite(question.answer);
  if (known) [low, high] = [Math.min(low, question.answer), Math.max(high, question.answer)];
  const margin = 0.06 * (into(high) - into(low) || 1);
  const { place, ticks } = axisOf(question, out(into(low) - margin), out(into(high) + margin), left, right);
  const top = pooled?.density ? 92 : 8;
  const height = top + last.entries.length * row + 26;
  const svg = s("svg", {
    class: "judgements",
    viewBox: `0 0 ${width} ${height}`,
    role: "img",
    "aria-label": `${last.entries.length} answers: ${last.entries.map((entry) => `${entry.label} ${text(entry.median)}`).join(", ")}`,
  });
  drawTicks(svg, ticks, place, height, text);
  if (pooled?.density) drawPool(svg, pooled, place, [left, right]);
  if (known) {
    const x = place(question.answer);
    svg.append(
      s("line", { class: "answer", x1: x, x2: x, y1: 4, y2: height - 20 }),
      s("text", { class: "answer", x: x + 5, y: 14 }, `true value: ${text(question.answer)}`),
    );
  }
  const sorted = [...last.entries].sort((a, b) => a.label.localeCompare(b.label));
  sorted.forEach((entry, n) => {
    const y = top + row * (n + 0.5);
    const old = previous.get(entry.label);
    if (old)
      svg.append(
        s("line", { class: "previous", x1: place(old.q05), x2: place(old.q95), y1: y + 5, y2: y + 5 }),
        s("circle", { class: "previous", cx: place(old.median), cy: y + 5, r: 2.5 }),
      );
    svg.append(
      s("text", { class: "who", x: 2, y: y + 4 }, entry.label),
      s(
        "line",
        { class: "range", x1: place(entry.q05), x2: place(entry.q95), y1: y, y2: y },
        s("title", {}, `${entry.label}: ${text(entry.q05)}, ${text(entry.median)}, ${text(entry.q95)}`),
      ),
      s("circle", { class: "median", cx: place(entry.median), cy: y, r: 5 }),
    );
  });
  return h(
    "figure",
    {},
    svg,
    h(
      "figcaption",
      { class: "muted" },
      previous.size
        ? "Dot: median; line: 90 % range; grey line below: the previous round. Curve above: the pool."
        : "Dot: median; line: 90 % range. Curve above: the pool.",
    ),
  );
}

function drawPool(svg, { x, density, experts = [] }, place, [left, right]) {
  const keep = x.map((value, n) => n).filter((n) => place(x[n]) >= left && place(x[n]) <= right);
  const xs = keep.map((n) => x[n]);
  const pool = keep.map((n) => density[n]);
  if (!xs.length) return;
  const most = Math.max(...pool, ...experts.flatMap((expert) => keep.map((n) => expert.density[n])));
  for (const expert of experts) {
    const ys = keep.map((n) => expert.density[n]);
    svg.append(s("path", { class: "expert", d: curve(xs, ys, place, 6, 84, most) }));
  }
  drawDensity(svg, xs, pool, place, 6, 84, most);
}

function drawTicks(svg, ticks, place, height, text) {
  for (const tick of ticks) {
    svg.append(
      s("line", { class: "grid", x1: place(tick), x2: place(tick), y1: 4, y2: height - 20 }),
      s("text", { x: place(tick), y: height - 5, "text-anchor": "middle" }, text(tick)),
    );
  }
}

/** A density as a curve with its area. */
function drawDensity(svg, xs, ys, place, top, bottom, most) {
  const d = curve(xs, ys, place, top, bottom, most);
  svg.append(
    s("path", {
      class: "pool-fill",
      d: `${d}L${place(xs.at(-1)).toFixed(1)},${bottom}L${place(xs[0]).toFixed(1)},${bottom}Z`,
    }),
    s("path", { class: "pool", d }),
  );
}

/** One's own distribution while typing: { x, density, q05, median, q95 }. */
export function ownDensity(question, { x, density, q05, median, q95 }) {
  const [width, height, left, right] = [440, 128, 8, 432];
  const { text } = units(question);
  const most = Math.max(...density);
  const visible = x.map((_, n) => n).filter((n) => density[n] > most * 0.004);
  const xs = visible.map((n) => x[n]);
  const { place, ticks } = axisOf(question, xs[0], xs.at(-1), left, right);
  const svg = s("svg", {
    class: "judgements own",
    viewBox: `0 0 ${width} ${height}`,
    role: "img",
    "aria-label": `Your distribution: ${text(q05)}, ${text(median)}, ${text(q95)}`,
  });
  drawTicks(svg, ticks, place, height, text);
  const ys = visible.map((n) => density[n]);
  drawDensity(svg, xs, ys, place, 8, height - 22, most);
  for (const value of [q05, median, q95])
    svg.append(
      s("line", {
        class: value === median ? "median" : "limit",
        x1: place(value),
        x2: place(value),
        y1: 8,
        y2: height - 22,
      }),
    );
  return svg;
}
