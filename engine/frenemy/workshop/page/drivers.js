// The drivers over time: median and bands of the index, the base case behind.

import { $, h, soon } from "./dom.js";
import { Fan } from "./fan.js";
import { day, index, longDate } from "./format.js";
import { column, quantiles } from "./frames.js";

const MARKS = [
  [0, "0"],
  [25, ""],
  [50, "50"],
  [75, ""],
  [100, "100"],
];

export class Drivers {
  constructor(room) {
    Object.assign(this, { room, fans: [] });
    this.draw = soon(() => this.update());
    room.on("begin", () => this.build());
    room.on("odds state", this.draw);
  }

  build() {
    const { drivers, ticks, tick, start, calendar } = this.room.catalogue;
    this.days = Array.from({ length: ticks + 1 }, (_, n) => day(start) + n * tick);
    this.fans = [];
    $("drivers").replaceChildren(
      ...drivers.map((driver, i) => {
        const plot = h("div", { class: "plot" });
        const fan = new Fan(plot, {
          colour: "#4a5866",
          ink: "#2b3640",
          top: 100,
          marks: MARKS,
          name: `${driver.label} over time, index 0 to 100`,
          asked: (t) => this.pointAt(t),
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
    const { now, base } = this.room;
    if (!now.level) return;
    for (const { fan, i } of this.fans) {
      const bands = now.level_q;
      fan.draw({
        mid: column(now.level, i),
        quantiles: bands ? quantiles(bands, i) : null,
        ghost: base.level ? column(base.level, i) : null,
      });
      const t = this.room.tick + 1;
      fan.setHorizon({ t: this.days[t], value: column(now.level, i)[t], error: 0 });
    }
  }

  pointAt(t) {
    const { start, tick, ticks } = this.room.catalogue;
    for (const { fan, i } of this.fans) {
      if (t === null || !this.room.now.level) {
        fan.point(null);
        continue;
      }
      const n = Math.min(Math.max(Math.round((t - day(start)) / tick), 0), ticks);
      fan.point(this.days[n], `${longDate(this.days[n])}: ${index(column(this.room.now.level, i)[n])}`);
    }
  }
}
