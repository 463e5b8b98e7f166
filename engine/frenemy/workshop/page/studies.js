// Three studies of the focused odds: what moves them most, what they owe to what, whose judgement moves them.

import { legible } from "./colour.js";
import { h, s } from "./dom.js";
import { odds, percent, points } from "./format.js";
import { about, Study } from "./study.js";

/** What a bar reaches, and the number's value that does it. */
const end = ([change, value]) => h("span", {}, h("b", {}, points(change)), h("i", {}, ` at ${value}`));

/** A horizontal bar for each row, both ways from zero. `sides`: [{ change, clear, text, pale }]. */
function bar({ sides, reach, colour, label }) {
  const node = s("svg", {
    class: "bar-svg",
    viewBox: "0 0 200 20",
    preserveAspectRatio: "none",
    role: "img",
    "aria-label": label,
  });
  const both = sides.length > 1 && sides[0].change * sides[1].change > 0;
  sides.forEach(({ change, clear, pale }, at) => {
    const length = Math.min(Math.abs(change) / reach, 1) * 78;
    const height = both ? 8 : 15;
    node.append(
      s("rect", {
        x: change < 0 ? 100 - length : 100,
        width: Math.max(length, 0.2),
        y: both ? 2 + 8 * at : 2.5,
        height,
        fill: colour,
        class: clear ? null : "noise",
        opacity: pale ? 0.5 : 1,
      }),
    );
  });
  node.append(s("line", { class: "zero", x1: 100, x2: 100, y1: 0, y2: 20, "vector-effect": "non-scaling-stroke" }));
  return node;
}

export class Tornado extends Study {
  constructor(room, act) {
    super(room, act, { what: "tornado", ask: "Find out" });
    this.auto = true;
  }

  asks() {
    return `What moves the odds of ${about(this.room)} most?`;
  }

  title({ focus, bars }) {
    const top = bars.find((item) => item.clear);
    const subject = about(this.room, focus);
    return top
      ? `${top.label} moves the odds of ${subject} most. Each number goes from its 10 % point (pale) to its ` +
          "90 % point, all others stay."
      : `No number alone moves the odds of ${subject} beyond Monte Carlo error.`;
  }

  show({ bars, focus }) {
    const colour = this.room.scenario(focus.scenario).colour;
    const reach = Math.max(...bars.flatMap(({ low, high }) => [Math.abs(low), Math.abs(high)]), 0.005);
    const rows = bars.slice(0, 14).flatMap((item) => {
      const { key, label, slider, low, high, low_value: from, high_value: to, clear } = item;
      const text = `${label}: ${points(low)} points at ${from}, ${points(high)} at ${to}`;
      const name = slider
        ? h(
            "button",
            { class: "name", type: "button", title: "Show its slider", onclick: () => this.act.reveal(key) },
            label,
          )
        : h("span", { class: "name" }, label);
      const drawn = bar({
        sides: [
          { change: low, clear, pale: true },
          { change: high, clear },
        ],
        reach,
        colour,
        label: text,
      });
      return [
        name,
        h(
          "div",
          { class: "barrow" },
          end(low < high ? [low, from] : [high, to]),
          drawn,
          end(low < high ? [high, to] : [low, from]),
        ),
      ];
    });
    return h("div", { class: "bars" }, rows);
  }
}

export class Causes extends Study {
  constructor(room, act) {
    super(room, act, { what: "causes", ask: "Find out" });
    this.auto = true;
  }

  asks() {
    return `But for what would we not be there? ${about(this.room)}, each trigger made impossible, and forced once.`;
  }

  title({ focus, few }) {
    return (
      `${about(this.room, focus)}: each trigger made impossible, and forced once, in the same futures.` +
      `${few ? " Few futures are in it: take these with care." : ""}`
    );
  }

  show({ rows, focus }) {
    const colour = this.room.scenario(focus.scenario).colour;
    const known = (value, se) => Number.isFinite(value) && value !== null && Math.abs(value) > 2 * (se ?? 0);
    const reach = Math.max(
      ...rows.flatMap(({ removal, lift }) => [Math.abs(removal ?? 0), Math.abs(lift ?? 0)]),
      0.005,
    );
    const cell = (value, se) =>
      h("td", { class: known(value, se) ? "" : "noise" }, value === null ? "–" : points(value));
    const body = rows.map((row) =>
      h(
        "tr",
        {},
        h("th", { scope: "row" }, row.label),
        h(
          "td",
          { class: known(row.necessity, row.necessity_se) ? "" : "noise" },
          row.necessity === null ? "–" : percent(row.necessity),
        ),
        cell(row.removal, row.removal_se),
        cell(row.lift, row.lift_se),
        h(
          "td",
          { class: "drawn" },
          bar({
            sides: [
              { change: row.removal ?? 0, clear: known(row.removal, row.removal_se), pale: true },
              { change: row.lift ?? 0, clear: known(row.lift, row.lift_se) },
            ],
            reach,
            colour,
            label: `${row.label}: impossible ${points(row.removal ?? 0)}, forced ${points(row.lift ?? 0)} points`,
          }),
        ),
      ),
    );
    return h(
      "table",
      { class: "causes" },
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("th", {}, "Trigger"),
          h("th", { title: "Of the futures in it, how many would not be there but for this" }, "Necessary in"),
          h("th", {}, "Impossible"),
          h("th", {}, "Forced once"),
          h("th", { class: "drawn" }, "points, pale: impossible"),
        ),
      ),
      h("tbody", {}, body),
    );
  }
}

export class Experts extends Study {
  constructor(room, act) {
    super(room, act, { what: "experts", ask: "Carry them through" });
    this.select = h("select", { "aria-label": "Question" });
    this.head.insertBefore(this.select, this.work);
    this.select.classList.add("only-facilitator");
  }

  fields() {
    return { question: this.select.value };
  }

  get ready() {
    return this.room.state.questions.filter(
      (question) => question.key && question.rounds.some((round) => round.state === "revealed"),
    );
  }

  asks() {
    return this.ready.length
      ? "Whose judgement moves the odds? Each answer is put into the model in turn."
      : "Once the answers to a question about a slider are revealed, each of them can be carried through to the odds.";
  }

  title({ question, focus }) {
    const text = this.room.state.questions.find((item) => item.id === question)?.text ?? "";
    return `${about(this.room, focus)}, were each one’s middle put into the model; the bar reaches from their low to their high. ${text}`;
  }

  update() {
    const { value } = this.select;
    this.select.replaceChildren(...this.ready.map(({ id, text }) => h("option", { value: id }, text)));
    if (this.ready.some(({ id }) => id === value)) this.select.value = value;
    this.select.hidden = !this.ready.length;
    super.update();
    this.button.hidden = !this.ready.length || this.running;
  }

  show({ rows, focus }) {
    const scenario = this.room.scenario(focus.scenario);
    const drawn = rows.flatMap((row) => {
      const { now, ...ends } = row.odds[focus.scenario];
      const [low, high] = [Math.min(now, ends.low, ends.high), Math.max(now, ends.low, ends.high)];
      const name = { base: "The file as it is", pool: "The room, pooled" }[row.label] ?? `Expert ${row.label}`;
      return [
        h("span", { class: "name" }, name),
        h(
          "div",
          { class: "barrow" },
          dot({
            now,
            low,
            high,
            colour: scenario.colour,
            ink: legible(scenario.colour),
            strong: row.label === "pool",
            label: `${name}: ${odds(now)}`,
          }),
          h("span", {}, odds(now)),
        ),
      ];
    });
    const scale = h(
      "div",
      { class: "barrow scale", "aria-hidden": "true" },
      h(
        "span",
        {},
        ["0", "25", "50", "75", "100"].map((text) => h("i", {}, text)),
      ),
      h("span"),
    );
    return h("div", { class: "bars dots" }, drawn, h("span"), scale);
  }
}

/** A dot on 0–100 % with its band. */
function dot({ now, low, high, colour, ink, strong, label }) {
  const node = s("svg", { class: "bar-svg", role: "img", "aria-label": label });
  for (const share of [0, 25, 50, 75, 100])
    node.append(s("line", { class: "grid", x1: `${share}%`, x2: `${share}%`, y1: "0", y2: "100%" }));
  node.append(
    s("rect", {
      x: `${100 * low}%`,
      width: `${Math.max(100 * (high - low), 0.2)}%`,
      y: "30%",
      height: "40%",
      fill: colour,
      opacity: 0.3,
    }),
    s("circle", { cx: `${100 * now}%`, cy: "50%", r: strong ? 7 : 5, fill: strong ? "#1c2127" : ink }),
  );
  return node;
}
