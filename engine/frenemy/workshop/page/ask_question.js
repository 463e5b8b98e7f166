// The facilitator's form for questions: about a slider, any other number, or a seed question with a known answer.

import { h } from "./dom.js";
import { typed } from "./format.js";

export class AskQuestion {
  constructor(store, actions) {
    Object.assign(this, { store, actions });
    this.key = h("select", { id: "ask-key", onchange: () => this.suggest() });
    this.text = h("input", { id: "ask-text", maxlength: 300, required: true });
    const number = (id, label) =>
      h("label", { for: id }, label, h("input", { id, inputmode: "decimal", autocomplete: "off" }));
    this.unit = h(
      "select",
      { id: "ask-unit", onchange: () => this.suggest() },
      [
        ["number", "a number"],
        ["chance", "a chance, in %"],
        ["points", "points from 0 to 100"],
      ].map(([value, label]) => h("option", { value }, label)),
    );
    this.ends = [number("ask-low", "Lowest possible"), number("ask-high", "Highest possible")];
    this.details = h(
      "div",
      { class: "free", hidden: true },
      h("label", { for: "ask-unit" }, "The answer is", this.unit),
      number("ask-answer", "True answer, if known"),
      this.ends,
    );
    this.form = h(
      "form",
      {
        onsubmit: (event) => {
          event.preventDefault();
          this.send();
        },
      },
      h("label", { for: "ask-key" }, "About"),
      this.key,
      h("label", { for: "ask-text" }, "Wording"),
      this.text,
      this.details,
      h("div", { class: "actions" }, h("button", { class: "primary", type: "submit" }, "Add the question")),
    );
    this.node = h("details", { class: "ask-question only-facilitator" }, h("summary", {}, "Ask a question"), this.form);
    store.on("begin", () => this.build());
  }

  build() {
    const { sliders, groups } = this.store.catalogue;
    this.key.replaceChildren(
      ...groups.map((name) =>
        h(
          "optgroup",
          { label: name },
          sliders
            .filter((slider) => slider.group === name)
            .map((slider) => h("option", { value: slider.key }, slider.label)),
        ),
      ),
      h("option", { value: "" }, "Something else …"),
    );
    this.suggest();
  }

  suggest() {
    const slider = this.store.catalogue.sliders.find(({ key }) => key === this.key.value);
    this.details.hidden = Boolean(slider);
    for (const end of this.ends) end.hidden = this.unit.value !== "number";
    if (slider) this.text.value = `${slider.label}: ${slider.says}?`;
    else if (this.text.value.endsWith(`: ${this.last?.says}?`)) this.text.value = "";
    this.last = slider ?? this.last;
  }

  async send() {
    const text = this.text.value.trim();
    const value = (id) => this.form.querySelector(`#${id}`).value.trim();
    const question = { text };
    if (this.key.value) question.key = this.key.value;
    else {
      question.unit = this.unit.value;
      const factor = question.unit === "chance" ? 100 : 1;
      if (question.unit === "points") Object.assign(question, { low: 0, high: 100 });
      if (question.unit === "number")
        Object.assign(question, { low: typed(value("ask-low")), high: typed(value("ask-high")) });
      if (question.unit === "number" && !(question.low < question.high)) {
        this.actions.notify("Lowest and highest possible must be numbers, the lowest first.");
        return;
      }
      if (value("ask-answer")) question.answer = typed(value("ask-answer")) / factor;
    }
    const answer = await this.actions.command({ do: "ask", question });
    if (answer.type === "done") this.node.open = false;
  }
}
