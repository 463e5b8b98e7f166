// The drivers over time: mean and bands of the index, and the base case.

import { $, h, onNextFrame } from "./dom.js";
import { Fan } from "./fan.js";
import { day, index, longDate } from "./format.js";
import { column, quantiles } from "./frames.js";

const AXIS = [
  [0, "0"],
  [25, ""],
  [50, "50"],
  [75, ""],
  [100, "100"],
];

export class Drivers {
  constructor(store) {
    Object.assign(this, { store, fans: [] });
    this.draw = onNextFrame(() => this.update());
    store.on("begin", () => this.build());
    store.on("odds state", this.draw);
  }

  build() {
    const { drivers, ticks, tick, start, calendar } = this.store.catalogue;
    this.days = Array.from({ length: ticks + 1 }, (_, n) => day(start) + n * tick);
    this.fans = [];
    $("drivers").replaceChildren(
      ...drivers.map((driver, i) => {
        const plot = h("div", { class: "plot" });
        const fan = new Fan(plot, {
          colour: "#4a5866",
          ink: "#2b3640",
          max: 100,
          axis: AXIS,
          name: `${driver.label} over time, index 0 to 100`,
          onPoint: (t) => this.pointAt(t),
        });
        fan.setTime(this.days, day(start), calendar);
        this.fans.push({ fan, i });
        return h(
          "figure",
          { class: "driver" },
          h("figcaption", {}, h("strong", {}, driver.label), " index, 0 to 100"),
          plot,
        );
      }),
    );
  }

  update() {
    const { now, base } = this.store;
    if (!now.level) return;
    for (const { fan, i } of this.fans) {
      const bands = now.level_q;
      fan.draw({
        central: column(now.level, i),
        quantiles: bands ? quantiles(bands, i) : null,
        base: base.level ? column(base.level, i) : null,
      });
      const t = this.store.tick + 1;
      fan.setHorizon({ t: this.days[t], value: column(now.level, i)[t], error: 0 });
    }
  }

  pointAt(t) {
    const { start, tick, ticks } = this.store.catalogue;
    for (const { fan, i } of this.fans) {
      if (t === null || !this.store.now.level) {
        fan.point(null);
        continue;
      }
      const n = Math.min(Math.max(Math.round((t - day(start)) / tick), 0), ticks);
      fan.point(this.days[n], `${longDate(this.days[n])}: ${index(column(this.store.now.level, i)[n])}`);
    }
  }
}
