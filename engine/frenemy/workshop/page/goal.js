// The goal: target odds, and the least change of settings that reaches them.

import { $, h } from "./dom.js";
import { day, longDate, odds, typed } from "./format.js";
import { scaleOf } from "./slider_scale.js";
import { Study } from "./study.js";

export class Goal extends Study {
  constructor(store, actions) {
    super(store, actions, { what: "goal", start: "Find the least change" });
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
      h("button", { type: "button", class: "quiet", onclick: () => this.add() }, "Add a target"),
      h(
        "details",
        {},
        h("summary", {}, "Numbers that may change (none ticked: those that move the odds most)"),
        this.keys,
      ),
    );
    this.form.id = "goal-form";
    this.form.classList.add("only-facilitator");
    this.button.setAttribute("form", "goal-form");
    this.panel.insertBefore(this.form, this.head);
    store.on("begin", () => this.begin());
    store.on("study", (name) => name === "tune" && this.draw());
    store.on("job", (job) => job.what === "tune" && this.progress(job));
  }

  get result() {
    return this.store.studies.tune;
  }

  begin() {
    this.lines.replaceChildren();
    this.add();
    this.keys.replaceChildren(
      ...this.store.catalogue.sliders
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
    const { store } = this;
    const first = !this.lines.children.length;
    const { scenarios, dates, end } = store.catalogue;
    const focus = store.focus ?? {};
    const chosen = scenarios.find((item) => !item.default)?.name;
    const option = (value, text, selected) => h("option", { value, selected }, text);
    const line = h(
      "div",
      { class: "goal-line" },
      h("span", {}, first ? "What would bring" : "and"),
      h(
        "select",
        { name: "scenario", "aria-label": "Scenario" },
        scenarios.map(({ name, label }) => option(name, label, name === (first ? (focus.scenario ?? chosen) : chosen))),
      ),
      h(
        "select",
        { name: "reading", "aria-label": "Reading" },
        option("at", "on", focus.reading === "at"),
        option("ever", "at any time by", focus.reading === "ever"),
      ),
      h(
        "select",
        { name: "date", "aria-label": "Date" },
        [...new Set([...dates, end])].sort().map((date) => option(date, longDate(day(date)), date === focus.date)),
      ),
      h("span", {}, "to"),
      h("input", {
        name: "probability",
        id: first ? "goal-probability" : null,
        inputmode: "decimal",
        autocomplete: "off",
        placeholder: "40 %",
        "aria-label": "Target odds, percent",
      }),
      h("span", {}, "%"),
      !first &&
        h(
          "button",
          { type: "button", class: "quiet", "aria-label": "Remove this target", onclick: () => line.remove() },
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
      this.actions.notify("The target odds must be between 0 and 100 %.");
      $("goal-probability").focus();
      return;
    }
    const keys = [...this.keys.querySelectorAll("input:checked")].map((input) => input.value);
    this.failed = "";
    this.setRunning(true);
    const answer = await this.actions.command({ do: "tune", targets, keys });
    if (answer.type === "refused") this.setRunning(false);
    else this.job = answer.job;
  }

  prompt() {
    return "Numbers move as little as possible within their ranges.";
  }

  title({ targets }) {
    return targets
      .map((target) => {
        const { label } = this.store.scenario(target.scenario);
        return `${label} ${target.reading === "at" ? "on" : "at any time by"} ${longDate(day(target.date))}: ${odds(target.before)} now, ${odds(target.reached)} with these changes.`;
      })
      .join(" ");
  }

  render({ proposal, values }) {
    const rows = values.map(({ key, label, slider, from, to, share }) => {
      const item = this.store.catalogue.sliders.find((one) => one.key === key);
      const text = (value) => (item ? scaleOf(item).text(value) : String(Number(value.toPrecision(3))));
      return h(
        "tr",
        {},
        h(
          "th",
          { scope: "row" },
          slider
            ? h("button", { type: "button", class: "quiet link", onclick: () => this.actions.reveal(key) }, label)
            : label,
        ),
        h("td", {}, text(from)),
        h("td", {}, h("b", {}, text(to))),
        h("td", {}, Number.isFinite(share) ? `${Math.round(100 * share)} %` : ""),
      );
    });
    return [
      h(
        "table",
        {},
        h(
          "thead",
          {},
          h("tr", {}, h("th", {}, "Number"), h("th", {}, "current"), h("th", {}, "needed"), h("th", {}, "percentile")),
        ),
        h("tbody", {}, rows),
      ),
      h(
        "p",
        { class: "apply" },
        h(
          "button",
          {
            id: "apply",
            type: "button",
            class: "primary only-facilitator",
            onclick: () => this.actions.set({ do: "apply", proposal }),
          },
          "Apply to the sliders",
        ),
      ),
    ];
  }
}
