// One typical path of a scenario: the drivers, the scenarios over time, and the dated events.

import { legible } from "./colour.js";
import { h, s } from "./dom.js";
import { day, longDate, yearOf } from "./format.js";
import { Study } from "./study.js";

const STROKES = ["", "7 3", "2 3", "9 3 2 3"];

export class Story extends Study {
  constructor(store, actions) {
    super(store, actions, { what: "story", start: "Find a future" });
    this.auto = true;
  }

  fields() {
    return { scenario: this.store.focus.scenario };
  }

  prompt() {
    const { label } = this.store.scenario(this.store.focus.scenario);
    return `How could it happen? A typical future that ends in ${label}.`;
  }

  title({ title, chosen, path }) {
    return [title, chosen, path === undefined ? "" : `Future ${path}.`]
      .filter(Boolean)
      .map((text) => (/[.!?]$/.test(text) ? text : `${text}.`))
      .join(" ");
  }

  render({ log, spells, levels }) {
    const entries = log.map((entry) => {
      const scenario = this.store.scenario(entry.name);
      const node = h(
        "li",
        { class: scenario || entry.kind === "scenario" ? "scenario-change" : "" },
        h("time", { datetime: entry.date }, longDate(day(entry.date))),
        h("span", {}, entry.text, entry.effects && h("span", { class: "effects" }, ` (${entry.effects})`)),
      );
      if (scenario) node.style.color = legible(scenario.colour);
      return node;
    });
    return [this.chart(levels, spells, log), h("ol", { class: "log" }, entries)];
  }

  chart(levels, spells, log) {
    const { catalogue } = this.store;
    const [start, end] = [day(catalogue.start), day(catalogue.end)];
    const [width, top, bottom] = [Math.max(this.panel.clientWidth, 320), 6, 104];
    const x = (t) => 4 + ((t - start) / (end - start)) * (width - 130);
    const y = (value) => bottom - (value / 100) * (bottom - top);
    const node = s("svg", {
      class: "strip",
      viewBox: `0 0 ${width} 144`,
      role: "img",
      "aria-label": "The drivers and scenarios of this future",
    });
    for (const mark of [0, 50, 100])
      node.append(s("line", { class: "grid-line", x1: x(start), x2: x(end), y1: y(mark), y2: y(mark) }));
    const ends = Object.entries(levels).map(([name, values], at) => {
      const points = values.map(
        (value, n) => `${n ? "L" : "M"}${x(start + n * catalogue.tick).toFixed(1)},${y(value).toFixed(1)}`,
      );
      const d = points.join("");
      node.append(
        s("path", {
          d,
          fill: "none",
          stroke: at ? "#59636e" : "#1c2127",
          "stroke-width": 2,
          "stroke-dasharray": STROKES[at % 4],
        }),
      );
      const { label } = catalogue.drivers.find((driver) => driver.name === name) ?? { label: name };
      return { label, y: y(values[values.length - 1]) };
    });
    spread(ends).forEach(({ label, y: height }) => node.append(s("text", { x: x(end) + 8, y: height + 4 }, label)));
    spells.forEach((spell, at) => {
      const scenario = this.store.scenario(spell.scenario);
      const [from, to] = [
        at ? x(day(spell.from)) : x(start),
        x(at + 1 < spells.length ? day(spells[at + 1].from) : end),
      ];
      node.append(
        s(
          "rect",
          { x: from, width: Math.max(to - from, 0.5), y: 110, height: 12, fill: scenario.colour },
          s("title", {}, `${scenario.label}: ${longDate(day(spell.from))} to ${longDate(day(spell.to))}`),
        ),
      );
    });
    for (const entry of log) {
      const at = x(day(entry.date));
      node.append(s("line", { x1: at, x2: at, y1: 104, y2: 109, stroke: "#59636e" }, s("title", {}, entry.text)));
    }
    for (let year = yearOf(start) + 1; day(`${year}-01-01`) <= end; year += 1) {
      node.append(s("text", { x: x(day(`${year}-01-01`)), y: 140, "text-anchor": "middle" }, String(year)));
    }
    return node;
  }
}

/** Labels at the right end, moved apart where they would touch. */
function spread(ends) {
  const sorted = [...ends].sort((a, b) => a.y - b.y);
  for (let n = 1; n < sorted.length; n += 1) sorted[n].y = Math.max(sorted[n].y, sorted[n - 1].y + 15);
  return sorted;
}
