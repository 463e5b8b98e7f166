// Three studies of the odds in focus: which numbers move them, which triggers cause them, whose judgement matters.

import { legible } from "./colour.js";
import { h, s } from "./dom.js";
import { odds, percent, points } from "./format.js";
import { about, Study } from "./study.js";

/** The end of a bar: the change, and the number's value that causes it. */
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
  constructor(store, actions) {
    super(store, actions, { what: "tornado", start: "Run the study" });
    this.auto = true;
  }

  prompt() {
    return `Which numbers move the odds of ${about(this.store)} most?`;
  }

  title({ focus, bars }) {
    const top = bars.find((item) => item.clear);
    const subject = about(this.store, focus);
    return top
      ? `${top.label} moves the odds of ${subject} most. Bars: change in points when one number moves to its 10 % ` +
          "point (pale) or its 90 % point and all others stay."
      : `No number alone moves the odds of ${subject} beyond Monte Carlo error.`;
  }

  render({ bars, focus }) {
    const colour = this.store.scenario(focus.scenario).colour;
    const reach = Math.max(...bars.flatMap(({ low, high }) => [Math.abs(low), Math.abs(high)]), 0.005);
    const rows = bars.slice(0, 14).flatMap((item) => {
      const { key, label, slider, low, high, low_value: from, high_value: to, clear } = item;
      const text = `${label}: ${points(low)} points at ${from}, ${points(high)} at ${to}`;
      const name = slider
        ? h(
            "button",
            { class: "name", type: "button", title: "Show the slider", onclick: () => this.actions.reveal(key) },
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
          { class: "bar-row" },
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
  constructor(store, actions) {
    super(store, actions, { what: "causes", start: "Run the study" });
    this.auto = true;
  }

  prompt() {
    return `Which triggers cause ${about(this.store)}? Each trigger is made impossible, and forced once.`;
  }

  title({ focus, few }) {
    return (
      `${about(this.store, focus)}: change in the odds if each trigger is impossible, and if it is forced once, ` +
      `on the same noise.${few ? " Few futures are in the scenario: read these numbers with care." : ""}`
    );
  }

  render({ rows, focus }) {
    const colour = this.store.scenario(focus.scenario).colour;
    const significant = (value, se) => Number.isFinite(value) && value !== null && Math.abs(value) > 2 * (se ?? 0);
    const reach = Math.max(
      ...rows.flatMap(({ removal, lift }) => [Math.abs(removal ?? 0), Math.abs(lift ?? 0)]),
      0.005,
    );
    const cell = (value, se) =>
      h("td", { class: significant(value, se) ? "" : "noise" }, value === null ? "–" : points(value));
    const body = rows.map((row) =>
      h(
        "tr",
        {},
        h("th", { scope: "row" }, row.label),
        h(
          "td",
          { class: significant(row.necessity, row.necessity_se) ? "" : "noise" },
          row.necessity === null ? "–" : percent(row.necessity),
        ),
        cell(row.removal, row.removal_se),
        cell(row.lift, row.lift_se),
        h(
          "td",
          { class: "drawn" },
          bar({
            sides: [
              { change: row.removal ?? 0, clear: significant(row.removal, row.removal_se), pale: true },
              { change: row.lift ?? 0, clear: significant(row.lift, row.lift_se) },
            ],
            reach,
            colour,
            label: `${row.label}: if impossible ${points(row.removal ?? 0)}, if forced once ${points(row.lift ?? 0)} points`,
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
          h("th", { title: "Share of the futures in the scenario that would not be in it without this trigger" }, "Necessary in"),
          h("th", {}, "If impossible, points"),
          h("th", {}, "If forced once, points"),
          h("th", { class: "drawn" }, "pale: if impossible"),
        ),
      ),
      h("tbody", {}, body),
    );
  }
}

export class Experts extends Study {
  constructor(store, actions) {
    super(store, actions, { what: "experts", start: "Compute the odds" });
    this.select = h("select", { "aria-label": "Question" });
    this.head.insertBefore(this.select, this.work);
    this.select.classList.add("only-facilitator");
  }

  fields() {
    return { question: this.select.value };
  }

  get questions() {
    return this.store.state.questions.filter(
      (question) => question.key && question.rounds.some((round) => round.state === "revealed"),
    );
  }

  prompt() {
    return this.questions.length
      ? "Whose judgement moves the odds? Each expert’s answer is put into the model in turn."
      : "Once the answers to a question about a slider are revealed, this shows the odds under each of them.";
  }

  title({ question, focus }) {
    const text = this.store.state.questions.find((item) => item.id === question)?.text ?? "";
    return `Odds of ${about(this.store, focus)} with each expert’s median in the model; bars span the odds at their 5 % and 95 % points. ${text}`;
  }

  update() {
    const { value } = this.select;
    this.select.replaceChildren(...this.questions.map(({ id, text }) => h("option", { value: id }, text)));
    if (this.questions.some(({ id }) => id === value)) this.select.value = value;
    this.select.hidden = !this.questions.length;
    super.update();
    this.button.hidden = !this.questions.length || this.running;
  }

  render({ rows, focus }) {
    const scenario = this.store.scenario(focus.scenario);
    const drawn = rows.flatMap((row) => {
      const { now, ...ends } = row.odds[focus.scenario];
      const [low, high] = [Math.min(now, ends.low, ends.high), Math.max(now, ends.low, ends.high)];
      const name = { base: "The file", pool: "All experts, pooled" }[row.label] ?? `Expert ${row.label}`;
      return [
        h("span", { class: "name" }, name),
        h(
          "div",
          { class: "bar-row" },
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
      { class: "bar-row scale", "aria-hidden": "true" },
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

/** A dot on 0–100 % with its range. */
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
