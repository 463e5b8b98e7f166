// The odds as a table: at each date of the report, for both readings, now and in the base case.

import { $, h, onNextFrame } from "./dom.js";
import { between, day, longDate, odds, points } from "./format.js";

export class Numbers {
  constructor(store) {
    this.store = store;
    this.open = false;
    const draw = onNextFrame(() => this.open && store.now.at && this.update());
    store.on("tab", (name) => {
      this.open = name === "numbers";
      draw();
    });
    store.on("odds table state", draw);
  }

  update() {
    const { store } = this;
    const { catalogue, now, base, focus, tables } = store;
    const { reading } = focus;
    const value = (array, n, j) => (array ? array.data[n * catalogue.scenarios.length + j] : Number.NaN);
    const range = (n, j) => {
      const array = now[`${reading}_q`];
      if (!array) return "";
      const [, ticks, scenarios] = array.shape;
      const [low, high] = [array.data[n * scenarios + j], array.data[(6 * ticks + n) * scenarios + j]];
      return Number.isFinite(low) ? between(low, high) : "";
    };
    const rows = catalogue.scenarios.flatMap((scenario, j) =>
      store.dates.map((date, at) => {
        const n = store.tickAt(day(date));
        const [current, basis] = [value(now[reading], n, j), value(base[reading], n, j)];
        const error = value(now[`${reading}_se`], n, j);
        const word = date === focus.date ? tables.now?.find((row) => row.scenario === scenario.name)?.word : "";
        return h(
          "tr",
          { class: date === focus.date ? "focus-row" : "" },
          h("th", { scope: "row" }, at ? "" : scenario.label),
          h("td", { class: "text" }, longDate(day(date))),
          h("td", {}, h("b", {}, odds(current))),
          h("td", {}, odds(basis)),
          h("td", {}, points(current - basis)),
          h("td", {}, Number.isFinite(error) ? `±${(196 * error).toFixed(1)}` : ""),
          h("td", {}, range(n, j)),
          h("td", { class: "text" }, word),
        );
      }),
    );
    $("panel-numbers").replaceChildren(
      h(
        "table",
        {},
        h("caption", { class: "visually-hidden" }, "Odds of each scenario at the dates of the report"),
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            h("th", {}, reading === "at" ? "Odds of being in" : "Odds of ever being in"),
            h("th", { class: "text" }, reading === "at" ? "on" : "by"),
            h("th", {}, "now"),
            h("th", {}, "base case"),
            h("th", {}, "change, points"),
            h("th", {}, "Monte Carlo error, points"),
            h("th", {}, "90 % range, uncertain numbers"),
            h("th", { class: "text" }, `in words (${catalogue.words})`),
          ),
        ),
        h("tbody", {}, rows),
      ),
    );
  }
}
