// The odds as a table: at each date of the report, for both readings, now and in the base case.

import { $, h, soon } from "./dom.js";
import { between, day, longDate, odds, points } from "./format.js";

export class Numbers {
  constructor(room) {
    this.room = room;
    this.open = false;
    const draw = soon(() => this.open && room.now.at && this.update());
    room.on("shown", (name) => {
      this.open = name === "numbers";
      draw();
    });
    room.on("odds table state", draw);
  }

  update() {
    const { room } = this;
    const { catalogue, now, base, focus, tables } = room;
    const { reading } = focus;
    const nearest = (date) =>
      Math.min(Math.max(Math.round((day(date) - day(catalogue.start)) / catalogue.tick) - 1, 0), catalogue.ticks - 1);
    const dates = [...new Set([...catalogue.dates, focus.date, catalogue.end])].sort();
    const value = (array, n, j) => (array ? array.data[n * catalogue.scenarios.length + j] : Number.NaN);
    const judged = (n, j) => {
      const array = now[`${reading}_q`];
      if (!array) return "";
      const [, ticks, scenarios] = array.shape;
      const [low, high] = [array.data[n * scenarios + j], array.data[(6 * ticks + n) * scenarios + j]];
      return Number.isFinite(low) ? between(low, high) : "";
    };
    const rows = catalogue.scenarios.flatMap((scenario, j) =>
      dates.map((date, at) => {
        const n = nearest(date);
        const [here, there] = [value(now[reading], n, j), value(base[reading], n, j)];
        const error = value(now[`${reading}_se`], n, j);
        const word = date === focus.date ? tables.now?.find((row) => row.scenario === scenario.name)?.word : "";
        return h(
          "tr",
          { class: date === focus.date ? "asked-row" : "" },
          h("th", { scope: "row" }, at ? "" : scenario.label),
          h("td", { class: "text" }, longDate(day(date))),
          h("td", {}, h("b", {}, odds(here))),
          h("td", {}, odds(there)),
          h("td", {}, points(here - there)),
          h("td", {}, Number.isFinite(error) ? `±${(196 * error).toFixed(1)}` : ""),
          h("td", {}, judged(n, j)),
          h("td", { class: "text" }, word),
        );
      }),
    );
    $("panel-numbers").replaceChildren(
      h(
        "table",
        {},
        h("caption", { class: "unseen" }, "Odds of each scenario at the dates of the report"),
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            h("th", {}, reading === "at" ? "In it on" : "In it ever by"),
            h("th", { class: "text" }, "date"),
            h("th", {}, "now"),
            h("th", {}, "base"),
            h("th", {}, "change"),
            h("th", {}, "Monte Carlo"),
            h("th", {}, "judgement, 90 %"),
            h("th", { class: "text" }, `in words (${catalogue.words})`),
          ),
        ),
        h("tbody", {}, rows),
      ),
    );
  }
}
