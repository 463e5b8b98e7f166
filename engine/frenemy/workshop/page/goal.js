// The goal: odds that the room thinks right, and the least change of settings that brings them about.

import { $, h } from "./dom.js";
import { day, longDate, odds, typed } from "./format.js";
import { scaleOf } from "./slider_scale.js";
import { Study } from "./study.js";

export class Goal extends Study {
  constructor(room, act) {
    super(room, act, { what: "goal", ask: "Find the least change" });
    this.button.type = "submit";
    this.lines = h("div", {});
    this.keys = h("div", { id: "goal-keys" });
    this.form = h(
      "form",
      {
        onsubmit: (event) => {
          event.preventDefault();
          this.start();
        },
      },
      this.lines,
      h("button", { type: "button", class: "quiet", onclick: () => this.add() }, "And another target"),
      h(
        "details",
        {},
        h("summary", {}, "Which numbers may change: those that move it most, unless some are ticked"),
        this.keys,
      ),
    );
    this.form.id = "goal-form";
    this.form.classList.add("only-facilitator");
    this.button.setAttribute("form", "goal-form");
    this.panel.insertBefore(this.form, this.head);
    room.on("begin", () => this.begin());
    room.on("study", (name) => name === "tune" && this.draw());
    room.on("job", (job) => job.what === "tune" && this.progress(job));
  }

  get found() {
    return this.room.studies.tune;
  }

  begin() {
    this.lines.replaceChildren();
    this.add();
    this.keys.replaceChildren(
      ...this.room.catalogue.sliders
        .filter((slider) => slider.ranged)
        .map(({ key, label, group }) =>
          h(
            "label",
            { class: "check" },
            h("input", { type: "checkbox", value: key }),
            `${label}${group.startsWith("Calendar") || group.includes("evel") ? ` (${group})` : ""}`,
          ),
        ),
    );
  }

  add() {
    const { room } = this;
    const first = !this.lines.children.length;
    const { scenarios, dates, end } = room.catalogue;
    const focus = room.focus ?? {};
    const chosen = scenarios.find((item) => !item.default)?.name;
    const option = (value, text, selected) => h("option", { value, selected }, text);
    const line = h(
      "div",
      { class: "goal-line" },
      h("span", {}, first ? "What would have to be true for" : "and for"),
      h(
        "select",
        { name: "scenario", "aria-label": "Scenario" },
        scenarios.map(({ name, label }) => option(name, label, name === (first ? (focus.scenario ?? chosen) : chosen))),
      ),
      h(
        "select",
        { name: "reading", "aria-label": "Reading" },
        option("at", "on", focus.reading === "at"),
        option("ever", "ever by", focus.reading === "ever"),
      ),
      h(
        "select",
        { name: "date", "aria-label": "Date" },
        [...new Set([...dates, end])].sort().map((date) => option(date, longDate(day(date)), date === focus.date)),
      ),
      h("span", {}, "to be"),
      h("input", {
        name: "probability",
        id: first ? "goal-probability" : null,
        inputmode: "decimal",
        autocomplete: "off",
        placeholder: "40 %",
        "aria-label": "Odds wanted, percent",
      }),
      h("span", {}, "%"),
      !first &&
        h(
          "button",
          { type: "button", class: "quiet", "aria-label": "Take this target away", onclick: () => line.remove() },
          "×",
        ),
    );
    this.lines.append(line);
  }

  async start() {
    const targets = [...this.lines.children].map((line) => {
      const value = (name) => line.querySelector(`[name=${name}]`).value;
      return {
        scenario: value("scenario"),
        reading: value("reading"),
        date: value("date"),
        probability: typed(value("probability")) / 100,
      };
    });
    if (targets.some(({ probability }) => !(probability > 0 && probability < 1))) {
      this.act.tell("Odds between 0 and 100 % are wanted.");
      $("goal-probability").focus();
      return;
    }
    const keys = [...this.keys.querySelectorAll("input:checked")].map((input) => input.value);
    this.failed = "";
    this.waiting(true);
    const answer = await this.act.command({ do: "tune", targets, keys });
    if (answer.type === "refused") this.waiting(false);
    else this.job = answer.job;
  }

  asks() {
    return "Numbers move no further within their ranges than they must.";
  }

  title({ targets }) {
    return targets
      .map((target) => {
        const { label } = this.room.scenario(target.scenario);
        return `${label} ${target.reading === "at" ? "on" : "ever by"} ${longDate(day(target.date))}: ${odds(target.before)} now, ${odds(target.reached)} with these.`;
      })
      .join(" ");
  }

  show({ proposal, values }) {
    const rows = values.map(({ key, label, slider, from, to, share }) => {
      const found = this.room.catalogue.sliders.find((item) => item.key === key);
      const text = (value) => (found ? scaleOf(found).text(value) : String(Number(value.toPrecision(3))));
      return h(
        "tr",
        {},
        h(
          "th",
          { scope: "row" },
          slider
            ? h("button", { type: "button", class: "quiet link", onclick: () => this.act.reveal(key) }, label)
            : label,
        ),
        h("td", {}, text(from)),
        h("td", {}, h("b", {}, text(to))),
        h("td", {}, Number.isFinite(share) ? `${Math.round(100 * share)} % point` : ""),
      );
    });
    return [
      h(
        "table",
        {},
        h(
          "thead",
          {},
          h("tr", {}, h("th", {}, "Number"), h("th", {}, "now"), h("th", {}, "would be"), h("th", {}, "in its range")),
        ),
        h("tbody", {}, rows),
      ),
      h(
        "p",
        { class: "act" },
        h(
          "button",
          {
            id: "apply",
            type: "button",
            class: "primary only-facilitator",
            onclick: () => this.act.set({ do: "apply", proposal }),
          },
          "Put onto the sliders",
        ),
      ),
    ];
  }
}
