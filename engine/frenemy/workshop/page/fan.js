// A fan over time: bands, median and the base case behind as a ghost. Drawn once; a move only sets the `d` of its paths.

import { s, say } from "./dom.js";
import { clamp, day, longDate, yearOf } from "./format.js";

const BANDS = [
  [0, 6],
  [1, 5],
  [2, 4],
]; // rows of the quantiles that bound 90, 60 and 30 %
let made = 0;

export class Fan {
  /**
   * `top` is the upper end of the axis (1 for odds, 100 for an index), `marks` the axis labels as [value, text].
   * `asked(day)` is called when a date is pointed at, `chosen(day)` when it is clicked.
   */
  constructor(host, { colour, ink, top, marks, name, asked, chosen }) {
    Object.assign(this, { host, top, marks, asked, chosen });
    made += 1;
    const clip = `fan-clip-${made}`;
    const path = (kind, more = {}) => s("path", { class: kind, ...more });
    this.clip = s("rect");
    this.grid = s("g", { class: "grid" });
    this.axis = s("g", { class: "axis" });
    this.calendar = s("g", { class: "calendar" });
    this.ghost = path("ghost");
    this.bands = BANDS.map((_, at) => path(`band band-${at}`, { fill: colour }));
    this.mean = path("mean", { stroke: ink });
    this.halo = path("halo");
    this.line = path("line", { stroke: ink });
    this.horizon = s(
      "g",
      { class: "horizon" },
      s("line"),
      s("line", { class: "bracket" }),
      s("circle", { r: 4.5, fill: ink }),
    );
    this.pointed = s("g", { class: "pointed", hidden: true }, s("line"), s("rect", { rx: 3 }), s("text"));
    this.title = s("title", {}, name);
    this.svg = s(
      "svg",
      { class: "fan", role: "img", "aria-label": name },
      this.title,
      s("defs", {}, s("clipPath", { id: clip }, this.clip)),
      this.grid,
      s("g", { "clip-path": `url(#${clip})` }, this.bands, this.ghost, this.mean, this.halo, this.line),
      this.axis,
      this.calendar,
      this.horizon,
      this.pointed,
    );
    host.append(this.svg);
    this.svg.addEventListener("pointermove", (event) => this.asked?.(this.dayAt(event)));
    this.svg.addEventListener("pointerleave", () => this.asked?.(null));
    this.svg.addEventListener("click", (event) => this.chosen?.(this.dayAt(event)));
    this.watcher = new ResizeObserver(() => this.resize());
    this.watcher.observe(host);
  }

  /** Days of the ticks, and what the calendar says: [{ date, label }]. */
  setTime(days, start, calendar) {
    Object.assign(this, { days, start, dates: calendar });
    this.width = 0;
    this.resize();
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.host;
    if (!this.days || !width || !height || (width === this.width && height === this.height)) return;
    Object.assign(this, { width, height });
    const letter = parseFloat(getComputedStyle(this.svg).fontSize) || 12;
    this.left = letter * 2.2;
    this.right = width - letter * 0.9;
    this.upper = letter * 0.7;
    this.lower = height - letter * 1.75;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    for (const [name, value] of Object.entries({
      x: this.left,
      y: this.upper - 2,
      width: Math.max(this.right - this.left, 0),
      height: Math.max(this.lower - this.upper + 3, 0),
    }))
      this.clip.setAttribute(name, value);
    this.xs = Array.from(this.days, (t) => this.x(t).toFixed(1));
    this.drawAxes(letter);
    if (this.data) this.draw(this.data);
    if (this.at) this.setHorizon(this.at);
  }

  x(t) {
    const end = this.days[this.days.length - 1];
    return this.left + ((t - this.start) / (end - this.start)) * (this.right - this.left);
  }

  y(value) {
    return this.lower - (clamp(value, 0, this.top) / this.top) * (this.lower - this.upper);
  }

  dayAt(event) {
    const box = this.svg.getBoundingClientRect();
    const end = this.days[this.days.length - 1];
    const share = (((event.clientX - box.left) / box.width) * this.width - this.left) / (this.right - this.left);
    return this.start + clamp(share, 0, 1) * (end - this.start);
  }

  drawAxes(letter) {
    this.grid.replaceChildren(
      ...this.marks.map(([value]) =>
        s("line", { x1: this.left, x2: this.right, y1: this.y(value).toFixed(1), y2: this.y(value).toFixed(1) }),
      ),
    );
    const labels = this.marks
      .filter(([, text]) => text)
      .map(([value, text]) =>
        s("text", { x: this.left - letter * 0.5, y: this.y(value) + letter * 0.34, "text-anchor": "end" }, text),
      );
    const end = this.days[this.days.length - 1];
    const years = [];
    for (let year = yearOf(this.start) + 1; day(`${year}-01-01`) <= end; year += 1) years.push(year);
    const wide = (this.right - this.left) / Math.max(years.length, 1);
    const every = Math.max(1, Math.ceil((letter * 3.1) / wide));
    const ticks = years.map((year, at) => {
      const x = this.x(day(`${year}-01-01`)).toFixed(1);
      return [
        s("line", { x1: x, x2: x, y1: this.lower, y2: this.lower + 4 }),
        at % every === 0 && s("text", { x, y: this.lower + letter * 1.45, "text-anchor": "middle" }, String(year)),
      ];
    });
    this.axis.replaceChildren(...labels, ...ticks.flat().filter(Boolean));
    this.calendar.replaceChildren(
      ...this.dates
        .filter((mark) => day(mark.date) > this.start && day(mark.date) <= end)
        .map((mark) => {
          const x = this.x(day(mark.date));
          return s(
            "path",
            { d: `M${(x - 3.5).toFixed(1)},${this.lower + 0.5}h7l-3.5,-6z` },
            s("title", {}, `${mark.label}, ${longDate(day(mark.date))}`),
          );
        }),
    );
  }

  /** `{ mid, mean, quantiles, ghost }`: arrays over ticks; quantiles are seven rows, or null before they are known. */
  draw(data) {
    this.data = data;
    if (!this.xs) return;
    this.line.setAttribute("d", this.path(data.mid));
    this.halo.setAttribute("d", this.line.getAttribute("d"));
    this.ghost.setAttribute("d", data.ghost ? this.path(data.ghost) : "");
    this.mean.setAttribute("d", data.mean ? this.path(data.mean) : "");
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

  /** The date that the odds are read at, with value and Monte Carlo error: { t, value, error }. */
  setHorizon(at) {
    this.at = at;
    if (!this.xs) return;
    const [line, bracket, dot] = this.horizon.children;
    const x = this.x(at.t).toFixed(1);
    place(line, { x1: x, x2: x, y1: this.upper, y2: this.lower });
    const bar = Math.abs(this.y(at.value + at.error) - this.y(at.value - at.error)) > 12;
    place(
      bracket,
      bar
        ? { x1: x, x2: x, y1: this.y(at.value + at.error), y2: this.y(at.value - at.error) }
        : { x1: x, x2: x, y1: -9, y2: -9 },
    );
    place(dot, { cx: x, cy: this.y(at.value).toFixed(1) });
  }

  /** A hairline and a label at a date pointed at, or nothing for null. */
  point(t, text) {
    this.pointed.toggleAttribute("hidden", t === null);
    if (t === null || !this.xs) return;
    const [line, box, label] = this.pointed.children;
    const x = this.x(t);
    place(line, { x1: x, x2: x, y1: this.upper, y2: this.lower });
    say(label, text);
    const width = label.getComputedTextLength();
    const letter = parseFloat(getComputedStyle(label).fontSize);
    const left = clamp(x - width / 2 - letter / 2, this.left, Math.max(this.right - width - letter, this.left));
    place(box, { x: left, y: this.upper, width: width + letter, height: letter * 1.7 });
    place(label, { x: left + letter / 2, y: this.upper + letter * 1.2 });
  }
}

function place(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
}
