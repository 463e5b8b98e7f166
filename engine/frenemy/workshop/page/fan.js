// A fan over time: bands, the odds and the base case. Drawn once; updates only set the `d` of its paths.

import { s, setText } from "./dom.js";
import { clamp, day, longDate, yearOf } from "./format.js";

const BANDS = [
  [0, 6],
  [1, 5],
  [2, 4],
]; // rows of the quantiles that bound 90, 60 and 30 %
let fans = 0;

export class Fan {
  /**
   * `max` is the upper end of the axis (1 for odds, 100 for an index), `axis` its labels as [value, text].
   * `onPoint(day)` is called when the pointer is at a date, `onChoose(day)` when it is clicked.
   */
  constructor(host, { colour, ink, max, axis, name, onPoint, onChoose }) {
    Object.assign(this, { host, max, labels: axis, onPoint, onChoose });
    fans += 1;
    const clip = `fan-clip-${fans}`;
    const path = (kind, more = {}) => s("path", { class: kind, ...more });
    this.clip = s("rect");
    this.grid = s("g", { class: "grid" });
    this.axis = s("g", { class: "axis" });
    this.calendar = s("g", { class: "calendar" });
    this.base = path("base-case");
    this.bands = BANDS.map((_, at) => path(`band band-${at}`, { fill: colour }));
    this.halo = path("halo");
    this.line = path("line", { stroke: ink });
    this.horizon = s(
      "g",
      { class: "horizon" },
      s("line"),
      s("line", { class: "bracket" }),
      s("circle", { r: 4.5, fill: ink }),
    );
    this.pointer = s("g", { class: "pointer", hidden: true }, s("line"), s("rect", { rx: 3 }), s("text"));
    this.title = s("title", {}, name);
    this.svg = s(
      "svg",
      { class: "fan", role: "img", "aria-label": name },
      this.title,
      s("defs", {}, s("clipPath", { id: clip }, this.clip)),
      this.grid,
      s("g", { "clip-path": `url(#${clip})` }, this.bands, this.base, this.halo, this.line),
      this.axis,
      this.calendar,
      this.horizon,
      this.pointer,
    );
    host.append(this.svg);
    this.svg.addEventListener("pointermove", (event) => this.onPoint?.(this.dayAt(event)));
    this.svg.addEventListener("pointerleave", () => this.onPoint?.(null));
    this.svg.addEventListener("click", (event) => this.onChoose?.(this.dayAt(event)));
    this.watcher = new ResizeObserver(() => this.resize());
    this.watcher.observe(host);
  }

  /** Days of the ticks, and calendar events: [{ date, label }]. */
  setTime(days, start, calendar) {
    Object.assign(this, { days, start, events: calendar });
    this.width = 0;
    this.resize();
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.host;
    if (!this.days || !width || !height || (width === this.width && height === this.height)) return;
    Object.assign(this, { width, height });
    const fontSize = parseFloat(getComputedStyle(this.svg).fontSize) || 12;
    this.left = fontSize * 2.2;
    this.right = width - fontSize * 0.9;
    this.upper = fontSize * 0.7;
    this.lower = height - fontSize * 1.75;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    for (const [name, value] of Object.entries({
      x: this.left,
      y: this.upper - 2,
      width: Math.max(this.right - this.left, 0),
      height: Math.max(this.lower - this.upper + 3, 0),
    }))
      this.clip.setAttribute(name, value);
    this.xs = Array.from(this.days, (t) => this.x(t).toFixed(1));
    this.drawAxes(fontSize);
    if (this.data) this.draw(this.data);
    if (this.reading) this.setHorizon(this.reading);
  }

  x(t) {
    const end = this.days[this.days.length - 1];
    return this.left + ((t - this.start) / (end - this.start)) * (this.right - this.left);
  }

  y(value) {
    return this.lower - (clamp(value, 0, this.max) / this.max) * (this.lower - this.upper);
  }

  dayAt(event) {
    const box = this.svg.getBoundingClientRect();
    const end = this.days[this.days.length - 1];
    const share = (((event.clientX - box.left) / box.width) * this.width - this.left) / (this.right - this.left);
    return this.start + clamp(share, 0, 1) * (end - this.start);
  }

  drawAxes(fontSize) {
    this.grid.replaceChildren(
      ...this.labels.map(([value]) =>
        s("line", { x1: this.left, x2: this.right, y1: this.y(value).toFixed(1), y2: this.y(value).toFixed(1) }),
      ),
    );
    const labels = this.labels
      .filter(([, text]) => text)
      .map(([value, text]) =>
        s("text", { x: this.left - fontSize * 0.5, y: this.y(value) + fontSize * 0.34, "text-anchor": "end" }, text),
      );
    const end = this.days[this.days.length - 1];
    const years = [];
    for (let year = yearOf(this.start) + 1; day(`${year}-01-01`) <= end; year += 1) years.push(year);
    const wide = (this.right - this.left) / Math.max(years.length, 1);
    const every = Math.max(1, Math.ceil((fontSize * 3.1) / wide));
    const ticks = years.map((year, at) => {
      const x = this.x(day(`${year}-01-01`)).toFixed(1);
      return [
        s("line", { x1: x, x2: x, y1: this.lower, y2: this.lower + 4 }),
        at % every === 0 && s("text", { x, y: this.lower + fontSize * 1.45, "text-anchor": "middle" }, String(year)),
      ];
    });
    this.axis.replaceChildren(...labels, ...ticks.flat().filter(Boolean));
    this.calendar.replaceChildren(
      ...this.events
        .filter(({ date }) => day(date) > this.start && day(date) <= end)
        .map(({ date, label }) => {
          const x = this.x(day(date));
          return s(
            "path",
            { d: `M${(x - 3.5).toFixed(1)},${this.lower + 0.5}h7l-3.5,-6z` },
            s("title", {}, `${label}, ${longDate(day(date))}`),
          );
        }),
    );
  }

  /** `{ central, quantiles, base }`: arrays over ticks; quantiles are seven rows, or null until known. */
  draw(data) {
    this.data = data;
    if (!this.xs) return;
    this.line.setAttribute("d", this.path(data.central));
    this.halo.setAttribute("d", this.line.getAttribute("d"));
    this.base.setAttribute("d", data.base ? this.path(data.base) : "");
    BANDS.forEach(([low, high], at) => {
      const rows = data.quantiles;
      this.bands[at].setAttribute("d", rows ? this.area(rows[low], rows[high]) : "");
    });
  }

  path(values) {
    let d = "";
    for (let n = 0; n < values.length; n += 1) d += `${n ? "L" : "M"}${this.xs[n]},${this.y(values[n]).toFixed(1)}`;
    return d;
  }

  area(low, high) {
    let d = this.path(high);
    for (let n = low.length - 1; n >= 0; n -= 1) d += `L${this.xs[n]},${this.y(low[n]).toFixed(1)}`;
    return `${d}Z`;
  }

  /** The date of the reading, with value and Monte Carlo error: { t, value, error }. */
  setHorizon(reading) {
    this.reading = reading;
    if (!this.xs) return;
    const [line, bracket, dot] = this.horizon.children;
    const x = this.x(reading.t).toFixed(1);
    place(line, { x1: x, x2: x, y1: this.upper, y2: this.lower });
    const bar = Math.abs(this.y(reading.value + reading.error) - this.y(reading.value - reading.error)) > 12;
    place(
      bracket,
      bar
        ? { x1: x, x2: x, y1: this.y(reading.value + reading.error), y2: this.y(reading.value - reading.error) }
        : { x1: x, x2: x, y1: -9, y2: -9 },
    );
    place(dot, { cx: x, cy: this.y(reading.value).toFixed(1) });
  }

  /** A hairline and a label at the pointer's date; hidden for null. */
  point(t, text) {
    this.pointer.toggleAttribute("hidden", t === null);
    if (t === null || !this.xs) return;
    const [line, box, label] = this.pointer.children;
    const x = this.x(t);
    place(line, { x1: x, x2: x, y1: this.upper, y2: this.lower });
    setText(label, text);
    const width = label.getComputedTextLength();
    const fontSize = parseFloat(getComputedStyle(label).fontSize);
    const left = clamp(x - width / 2 - fontSize / 2, this.left, Math.max(this.right - width - fontSize, this.left));
    place(box, { x: left, y: this.upper, width: width + fontSize, height: fontSize * 1.7 });
    place(label, { x: left + fontSize / 2, y: this.upper + fontSize * 1.2 });
  }
}

function place(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
}
