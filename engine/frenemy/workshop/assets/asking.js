// The facilitator asks: about a slider, about anything with a number, or a seed question whose answer is known.

import { h } from "./dom.js";
import { typed } from "./format.js";

export class Asking {
  constructor(room, act) {
    Object.assign(this, { room, act });
    this.key = h("select", { id: "ask-key", onchange: () => this.suggest() });
    this.text = h("input", { id: "ask-text", maxlength: 300, required: true });
    const number = (id, label) => h("label", { for: id }, label, h("input", { id, inputmode: "decimal", autocomplete: "off" }));
    this.free = h("div", { class: "free", hidden: true }, h("label", { for: "ask-unit" }, "Unit", h("input", { id: "ask-unit", maxlength: 20, placeholder: "%, people, …" })),
      number("ask-low", "From"), number("ask-high", "To"), number("ask-answer", "True value, if known"));
    this.form = h("form", { onsubmit: (event) => { event.preventDefault(); this.send(); } },
      h("label", { for: "ask-key" }, "About"), this.key, h("label", { for: "ask-text" }, "In words"), this.text, this.free,
      h("div", { class: "actions" }, h("button", { class: "primary", type: "submit" }, "Add the question")));
    this.node = h("details", { class: "asking only-facilitator" }, h("summary", {}, "Ask a question"), this.form);
    room.on("begin", () => this.build());
  }

  build() {
    const { sliders, groups } = this.room.catalogue;
    this.key.replaceChildren(...groups.map((name) => h("optgroup", { label: name }, sliders.filter((slider) => slider.group === name)
      .map((slider) => h("option", { value: slider.key }, slider.label)))), h("option", { value: "" }, "Something else …"));
    this.suggest();
  }

  suggest() {
    const slider = this.room.catalogue.sliders.find(({ key }) => key === this.key.value);
    this.free.hidden = Boolean(slider);
    this.text.value = slider ? `${slider.label}: ${slider.says}?` : "";
  }

  async send() {
    const text = this.text.value.trim();
    const value = (id) => this.form.querySelector(`#${id}`).value.trim();
    const question = { text };
    if (this.key.value) question.key = this.key.value;
    else {
      Object.assign(question, { unit: value("ask-unit"), low: typed(value("ask-low")), high: typed(value("ask-high")) });
      if (!(question.low < question.high)) {
        this.act.tell("From and to must be numbers that rise.");
        return;
      }
      if (value("ask-answer")) question.answer = typed(value("ask-answer"));
    }
    const answer = await this.act.command({ do: "ask", question });
    if (answer.type === "done") this.node.open = false;
  }
}
