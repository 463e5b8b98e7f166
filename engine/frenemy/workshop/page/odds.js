// The odds: a card for each scenario with its number, its word and its fan; the light that says if they are settled.

import { legible } from "./colour.js";
import { $, h, say, soon } from "./dom.js";
import { Fan } from "./fan.js";
import { between, count, day, longDate, odds, points } from "./format.js";
import { column, quantiles } from "./frames.js";

const MARKS = [
  [0, "0"],
  [0.25, ""],
  [0.5, "50"],
  [0.75, ""],
  [1, "100"],
];

export class Odds {
  constructor(room, act) {
    Object.assign(this, { room, act, cards: [] });
    const numbers = soon(() => this.numbers());
    this.fans = soon(() => this.drawFans());
    room.on("begin", () => this.build());
    room.on("odds", (head) => {
      this.fans();
      numbers();
      this.announce(head);
    });
    room.on("state table", () => {
      this.fans();
      numbers();
    });
  }

  build() {
    const { catalogue } = this.room;
    const order = [...this.room.scenarios.keys()].sort(
      (a, b) => Number(this.room.scenarios[b].default) - Number(this.room.scenarios[a].default),
    );
    $("cards").replaceChildren();
    $("cards").dataset.count = order.length;
    this.cards = order.map((j) => new Card(this, j));
    this.days = Array.from({ length: catalogue.ticks }, (_, n) => day(catalogue.start) + (n + 1) * catalogue.tick);
    for (const card of this.cards) card.fan.setTime(this.days, day(catalogue.start), catalogue.calendar);
  }

  drawFans() {
    const { room } = this;
    if (!room.state) return;
    const { reading } = room.focus;
    for (const card of this.cards) card.drawFan(reading);
    document.body.dataset.drawn = `${room.stamp}`;
  }

  numbers() {
    const { room } = this;
    if (!room.tables.now) return;
    for (const card of this.cards) card.numbers();
    $("mini").replaceChildren(
      ...this.cards.map(({ scenario, figure, change }) => {
        const node = h("span", {}, h("b", {}, figure.textContent), ` ${change.textContent}`);
        node.style.setProperty("--colour-of", scenario.colour);
        return node;
      }),
    );
  }

  pointAt(t) {
    const { reading } = this.room.focus;
    const arrays = this.room.now;
    for (const card of this.cards) {
      if (t === null || !arrays[reading]) {
        card.fan.point(null);
        continue;
      }
      const n = this.nearest(t);
      card.fan.point(this.days[n], `${longDate(this.days[n])}: ${odds(column(arrays[reading], card.j)[n])}`);
    }
  }

  nearest(t) {
    const { start, tick, ticks } = this.room.catalogue;
    return Math.min(Math.max(Math.round((t - day(start)) / tick) - 1, 0), ticks - 1);
  }

  /** What a screen reader is told: once for a settled answer, not for each preview. */
  announce(head) {
    if (head.which !== "now" || head.kind !== "settled" || !head.table || head.stamp === this.told) return;
    this.told = head.stamp;
    const { date, reading } = this.room.focus;
    const parts = head.table.map(({ scenario, now, change }) => {
      const label = this.room.scenario(scenario).label;
      const by = Math.abs(change) < 0.0005 ? "" : `, ${points(change)} points from the base`;
      return `${label} ${odds(now)}${by}`;
    });
    say($("spoken"), `${reading === "at" ? "On" : "Ever by"} ${longDate(day(date))}: ${parts.join("; ")}.`);
  }
}

class Card {
  constructor(panel, j) {
    const { room, act } = panel;
    const scenario = room.scenarios[j];
    Object.assign(this, { panel, room, j, scenario });
    const ink = legible(scenario.colour);
    this.figure = h("span", { class: "figure" });
    this.change = h("span", { class: "change" });
    this.word = h("p", { class: "word" });
    this.facts = h("p", { class: "facts" });
    this.judged = h("p", { class: "judged" });
    this.plot = h("div", { class: "plot" });
    this.name = h(
      "button",
      {
        class: "scenario",
        type: "button",
        title: "Ask about this scenario",
        onclick: () => act.focus({ scenario: scenario.name }),
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
      this.judged,
      this.plot,
    );
    this.node.dataset.scenario = scenario.name;
    this.node.style.setProperty("--ink-of", ink);
    this.node.style.setProperty("--colour-of", scenario.colour);
    $("cards").append(this.node);
    this.fan = new Fan(this.plot, {
      colour: scenario.colour,
      ink,
      top: 1,
      marks: MARKS,
      name: `Odds of ${scenario.label} over time`,
      asked: (t) => panel.pointAt(t),
      chosen: (t) => act.horizon(panel.days[panel.nearest(t)]),
    });
  }

  drawFan(reading) {
    const { now, base } = this.room;
    if (!now[reading]) return;
    const bands = now[`${reading}_q`];
    const mid = column(now[reading], this.j);
    const mean = now[`${reading}_mean`];
    this.fan.draw({
      mid,
      quantiles: bands ? quantiles(bands, this.j) : null,
      mean: mean ? column(mean, this.j) : null,
      ghost: base[reading] ? column(base[reading], this.j) : null,
    });
    this.mean = mean ? column(mean, this.j)[this.room.tick] : Number.NaN;
    const se = now[`${reading}_se`];
    const tick = this.room.tick;
    this.fan.setHorizon({
      t: this.panel.days[tick],
      value: mid[tick],
      error: se ? 1.96 * column(se, this.j)[tick] : 0,
    });
  }

  numbers() {
    const { room, scenario } = this;
    const row = room.tables.now.find((item) => item.scenario === scenario.name);
    const judged = room.tables.bands?.find((item) => item.scenario === scenario.name);
    this.node.classList.toggle("focused", room.focus.scenario === scenario.name);
    this.name.setAttribute("aria-pressed", String(room.focus.scenario === scenario.name));
    say(this.figure, odds(row.now));
    const moved = Math.abs(row.change) >= 0.0005;
    say(this.change, moved ? `${points(row.change)}` : "");
    this.change.title = moved ? "percentage points from the base" : "";
    this.change.classList.toggle("noise", moved && Math.abs(row.change) < 1.96 * (row.change_se ?? 0));
    say(this.word, row.word);
    if (room.now.shown !== "preview") this.base = row.base; // a preview has its own, on as few futures
    say(this.facts, `base ${odds(this.base ?? row.base)} · Monte Carlo ±${(196 * row.se).toFixed(1)}`);
    const known = room.now.bands && judged && judged.low !== null;
    const mean = Number.isFinite(this.mean) ? `mean ${odds(this.mean)}, ` : "";
    say(this.judged, known ? `judgement: ${mean}${between(judged.low, judged.high)}` : "\u00a0");
  }
}

/** The light in the header. */
export class Light {
  constructor(room) {
    Object.assign(this, { room, offline: false });
    this.show = soon(() => this.update());
    room.on("odds state", this.show);
  }

  set line(up) {
    this.offline = !up;
    this.show();
  }

  update() {
    const { now } = this.room;
    const [kind, text, note, share] = this.reading(now);
    $("light").dataset.kind = kind;
    say($("light-text"), text);
    say($("light-note"), note);
    $("light-bar").style.setProperty("--done", share.toFixed(3));
  }

  reading(now) {
    if (this.offline) return ["offline", "No connection", "trying again", 0];
    if (!now.head) return ["working", "Working", "", 0];
    const { settled, preview, bands } = now;
    if (!settled) return ["preview", "Preview", `${count(preview?.paths ?? 0)} futures`, 0];
    if (settled.version < this.room.wanted) return ["working", "Working", `${count(settled.paths)} futures`, 0];
    const futures = `${count(settled.paths)} futures`;
    const total = settled.draws_of ?? bands?.draws_of ?? 0;
    const draws = bands?.draws ?? 0;
    if (!total) return ["settled", "Settled", futures, 1];
    return [
      "settled",
      "Settled",
      draws < total ? `${futures} · bands ${draws} of ${total}` : `${futures} · ${total} draws`,
      draws / total,
    ];
  }
}
