// The odds: a card for each scenario with its number, its word and its fan; and their status in the header.

import { legible } from "./colour.js";
import { $, h, setText, onNextFrame } from "./dom.js";
import { Fan } from "./fan.js";
import { between, count, day, longDate, odds, points } from "./format.js";
import { column, quantiles } from "./frames.js";

const AXIS = [
  [0, "0"],
  [0.25, ""],
  [0.5, "50"],
  [0.75, ""],
  [1, "100"],
];

export class Odds {
  constructor(store, actions) {
    Object.assign(this, { store, actions, cards: [] });
    const drawNumbers = onNextFrame(() => this.drawNumbers());
    const drawFans = onNextFrame(() => this.drawFans());
    store.on("begin", () => this.build());
    store.on("odds", (head) => {
      drawFans();
      drawNumbers();
      this.announce(head);
    });
    store.on("state table", () => {
      drawFans();
      drawNumbers();
    });
  }

  build() {
    const { catalogue } = this.store;
    const order = [...this.store.scenarios.keys()].sort(
      (a, b) => Number(this.store.scenarios[b].default) - Number(this.store.scenarios[a].default),
    );
    $("cards").replaceChildren();
    $("cards").dataset.count = order.length;
    this.cards = order.map((j) => new Card(this, j));
    this.days = Array.from({ length: catalogue.ticks }, (_, n) => day(catalogue.start) + (n + 1) * catalogue.tick);
    for (const card of this.cards) card.fan.setTime(this.days, day(catalogue.start), catalogue.calendar);
  }

  drawFans() {
    const { store } = this;
    if (!store.state) return;
    const { reading } = store.focus;
    for (const card of this.cards) card.drawFan(reading);
    document.body.dataset.drawn = `${store.stamp}`;
  }

  drawNumbers() {
    const { store } = this;
    if (!store.tables.now) return;
    for (const card of this.cards) card.drawNumbers();
    $("compact-odds").replaceChildren(
      ...this.cards.map(({ scenario, figure, change }) => {
        const node = h("span", {}, h("b", {}, figure.textContent), ` ${change.textContent}`);
        node.style.setProperty("--colour-of", scenario.colour);
        return node;
      }),
    );
  }

  pointAt(t) {
    const { reading } = this.store.focus;
    const arrays = this.store.now;
    for (const card of this.cards) {
      if (t === null || !arrays[reading]) {
        card.fan.point(null);
        continue;
      }
      const n = this.store.tickAt(t);
      card.fan.point(this.days[n], `${longDate(this.days[n])}: ${odds(column(arrays[reading], card.j)[n])}`);
    }
  }

  /** For screen readers: once for each settled answer, not for previews. */
  announce(head) {
    if (head.which !== "now" || head.kind !== "settled" || !head.table || head.stamp === this.announced) return;
    this.announced = head.stamp;
    const { date, reading } = this.store.focus;
    const parts = head.table.map(({ scenario, now, change }) => {
      const label = this.store.scenario(scenario).label;
      const by = Math.abs(change) < 0.0005 ? "" : `, ${points(change)} points against the base case`;
      return `${label} ${odds(now)}${by}`;
    });
    const when = `${reading === "at" ? "On" : "At any time by"} ${longDate(day(date))}`;
    setText($("announcement"), `${when}: ${parts.join("; ")}.`);
  }
}

class Card {
  constructor(panel, j) {
    const { store, actions } = panel;
    const scenario = store.scenarios[j];
    Object.assign(this, { panel, store, j, scenario });
    const ink = legible(scenario.colour);
    this.figure = h("span", { class: "figure" });
    this.change = h("span", { class: "change" });
    this.word = h("p", { class: "word" });
    this.facts = h("p", { class: "facts", title: "Monte Carlo error: half a 95 % interval, in points" });
    this.judgement = h("p", { class: "judgement", title: "Mean and 90 % range over the uncertain numbers" });
    this.plot = h("div", { class: "plot" });
    this.name = h(
      "button",
      {
        class: "scenario",
        type: "button",
        title: "Focus on this scenario",
        onclick: () => actions.focus({ scenario: scenario.name }),
      },
      scenario.label,
    );
    this.node = h(
      "article",
      { class: "card", "aria-label": scenario.label },
      h("h2", {}, this.name),
      h("p", { class: "number" }, this.figure, this.change),
      this.word,
      this.facts,
      this.judgement,
      this.plot,
    );
    this.node.dataset.scenario = scenario.name;
    this.node.style.setProperty("--ink-of", ink);
    this.node.style.setProperty("--colour-of", scenario.colour);
    $("cards").append(this.node);
    this.fan = new Fan(this.plot, {
      colour: scenario.colour,
      ink,
      max: 1,
      axis: AXIS,
      name: `Odds of ${scenario.label} over time`,
      onPoint: (t) => panel.pointAt(t),
      onChoose: (t) => actions.horizon(panel.days[store.tickAt(t)]),
    });
  }

  drawFan(reading) {
    const { now, base } = this.store;
    if (!now[reading]) return;
    const bands = now[`${reading}_q`];
    const central = column(now[reading], this.j);
    this.fan.draw({
      central,
      quantiles: bands ? quantiles(bands, this.j) : null,
      base: base[reading] ? column(base[reading], this.j) : null,
    });
    const se = now[`${reading}_se`];
    const tick = this.store.tick;
    this.fan.setHorizon({
      t: this.panel.days[tick],
      value: central[tick],
      error: se ? 1.96 * column(se, this.j)[tick] : 0,
    });
  }

  drawNumbers() {
    const { store, scenario } = this;
    const row = store.tables.now.find((item) => item.scenario === scenario.name);
    this.node.classList.toggle("focused", store.focus.scenario === scenario.name);
    this.name.setAttribute("aria-pressed", String(store.focus.scenario === scenario.name));
    setText(this.figure, odds(row.now));
    const moved = Math.abs(row.change) >= 0.0005;
    setText(this.change, moved ? `${points(row.change)}` : "");
    this.change.title = moved ? "percentage points against the base case" : "";
    this.change.classList.toggle("noise", moved && Math.abs(row.change) < 1.96 * (row.change_se ?? 0));
    setText(this.word, row.word);
    if (store.now.shown !== "preview") this.base = row.base; // a preview has its own, on fewer paths
    setText(this.facts, `base case ${odds(this.base ?? row.base)} · Monte Carlo ±${(196 * row.se).toFixed(1)}`);
    const known = store.now.shown !== "preview" && row.low !== null;
    setText(this.judgement, known ? `plausible range: ${between(row.low, row.high)}` : "\u00a0");
  }
}

/** The status in the header: whether the odds are settled. */
export class Status {
  constructor(store) {
    Object.assign(this, { store, offline: false });
    this.draw = onNextFrame(() => this.update());
    store.on("odds state", this.draw);
  }

  set online(on) {
    this.offline = !on;
    this.draw();
  }

  update() {
    const { now } = this.store;
    const [kind, text, note, share] = this.describe(now);
    Object.assign($("status").dataset, { kind, version: now.settled?.version ?? "" });
    setText($("status-text"), text);
    setText($("status-note"), note);
    $("status-bar").style.setProperty("--done", share.toFixed(3));
  }

  describe(now) {
    if (this.offline) return ["offline", "No connection", "trying again", 0];
    if (!now.head) return ["working", "Working", "", 0];
    const { settled, preview } = now;
    if (!settled) return ["preview", "Preview", `${count(preview?.paths ?? 0)} futures`, 0];
    const futures = `${count(settled.paths)} futures`;
    if (settled.version < this.store.settingsVersion) return ["working", "Working", futures, 0];
    const total = settled.paths_of ?? settled.paths;
    if (settled.paths >= total) return ["settled", "Settled", futures, 1];
    return ["settled", "Settled", `${futures}, of ${count(total)} to come`, settled.paths / total];
  }
}
