// One's own answer: three points or chips in bins, a reason, and the resulting distribution, drawn while typing.

import { h, setText, segments } from "./dom.js";
import { typed } from "./format.js";
import { ownDensity, units } from "./judgements.js";

const POINTS = [
  ["q05", "Low", "1 chance in 20 that it is below"],
  ["median", "Middle", "as likely above as below"],
  ["q95", "High", "1 chance in 20 that it is above"],
];
const CHANCES = [0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.999];

export class Estimate {
  constructor(store, actions, question) {
    Object.assign(this, { store, actions, question, units: units(question), method: "points", round: 0 });
    this.inputs = POINTS.map(([name, label, text]) =>
      h("input", {
        name,
        id: `${question.id}-${name}`,
        inputmode: "decimal",
        autocomplete: "off",
        "aria-label": `${label}: ${text}`,
        oninput: () => this.onInput(),
      }),
    );
    const { suffix } = this.units;
    this.threePoints = h(
      "div",
      { class: "three-points" },
      POINTS.map(([name, label, text], n) =>
        h(
          "label",
          { for: `${question.id}-${name}` },
          h("b", {}, label),
          h("span", { class: "with-unit" }, this.inputs[n], suffix && h("i", {}, suffix)),
          h("small", {}, text),
        ),
      ),
    );
    this.edges = edges(question);
    this.chips = this.edges.slice(1).map(() => 0);
    this.roulette = h("div", { class: "roulette", hidden: true });
    this.why = h("textarea", {
      "aria-label": "Why",
      placeholder: "Why? One or two sentences; everybody will see them without your name.",
      maxlength: 2000,
    });
    this.density = h("div", { class: "own-density", "aria-live": "off" });
    this.error = h("p", { class: "error", role: "status" });
    this.button = h("button", { class: "primary", type: "submit" }, "Submit");
    this.status = h("p", { class: "muted entry-status" });
    this.form = h(
      "form",
      {
        class: "entry",
        onsubmit: (event) => {
          event.preventDefault();
          this.send();
        },
      },
      segments(
        `method-${question.id}`,
        "How to answer",
        [
          ["points", "three numbers"],
          ["chips", "chips"],
        ],
        "points",
        (method) => this.choose(method),
      ),
      this.threePoints,
      this.roulette,
      this.density,
      this.error,
      this.why,
      h("div", { class: "actions" }, this.button, this.status),
    );
    this.node = h("div", { class: "entry-frame" }, this.form);
    this.drawChips();
  }

  update(question, round) {
    this.question = question;
    const open = round?.state === "open";
    this.node.hidden = !open || this.store.you.role === "wall";
    if (!open) return;
    if (this.store.isFacilitator && !this.folded) this.fold();
    if (round.number !== this.round) {
      this.round = round.number;
      this.fill(round.mine ?? question.rounds.at(-2)?.mine);
    } else if (round.mine && !this.edited) this.fill(round.mine);
    setText(this.button, round.mine ? "Submit again" : "Submit");
    const before = !round.mine && question.rounds.at(-2)?.mine;
    setText(
      this.status,
      round.mine
        ? "Submitted. You can change it while the round is open."
        : before
          ? "Your answer from the previous round counts unless you submit a new one."
          : "",
    );
  }

  /** The facilitator's own answer stays folded on the shared screen. */
  fold() {
    this.folded = true;
    this.node.replaceChildren(h("details", {}, h("summary", {}, "Give an answer here"), this.form));
  }

  fill(mine) {
    if (!mine) return;
    POINTS.forEach(([name], n) => {
      this.inputs[n].value = String(Number((mine[name] * this.units.factor).toPrecision(4)));
    });
    this.why.value = mine.why ?? "";
    if (mine.bins && mine.bins.chips.length === this.chips.length) {
      this.chips = [...mine.bins.chips];
      this.drawChips();
    }
    this.onInput();
    this.edited = false;
  }

  choose(method) {
    this.method = method;
    this.threePoints.hidden = method !== "points";
    this.roulette.hidden = method !== "chips";
    this.onInput();
  }

  /** The answer to send, or a sentence on what is missing. */
  answer() {
    if (this.method === "chips") {
      const total = this.chips.reduce((sum, n) => sum + n, 0);
      return total < 5
        ? `Place at least 5 chips; ${total} so far.`
        : { bins: { edges: this.edges, chips: this.chips } };
    }
    const values = this.inputs.map((input) => typed(input.value) / this.units.factor);
    if (!values.every(Number.isFinite))
      return this.inputs.every((input) => !input.value.trim()) ? " " : "Please give three numbers.";
    const { low, high } = this.question;
    if (!(values[0] < values[1] && values[1] < values[2])) return "The numbers must increase: low, middle, high.";
    if ((low !== null && values[0] <= low) || (high !== null && values[2] >= high))
      return `The numbers must be between ${this.units.text(low)} and ${this.units.text(high)}.`;
    return { q05: values[0], median: values[1], q95: values[2] };
  }

  onInput() {
    this.edited = true;
    const answer = this.answer();
    if (typeof answer === "string") {
      setText(this.error, answer.trim());
      this.density.replaceChildren();
      return;
    }
    setText(this.error, "");
    this.actions.fit({ question: this.question.id, ...answer });
  }

  fitted(message) {
    if (typeof this.answer() === "string") return;
    setText(this.error, message.message ?? "");
    if (message.density) this.density.replaceChildren(ownDensity(this.question, message));
  }

  async send() {
    const answer = this.answer();
    if (typeof answer === "string") {
      setText(this.error, answer.trim() || "Please give three numbers.");
      this.inputs[0].focus();
      return;
    }
    this.button.disabled = true;
    const reply = await this.actions.command({
      do: "enter",
      question: this.question.id,
      round: this.round,
      ...answer,
      why: this.why.value.trim(),
    });
    this.button.disabled = false;
    if (reply.type === "done") this.edited = false;
  }

  drawChips() {
    const { text } = this.units;
    this.roulette.replaceChildren(
      ...this.chips.map((n, at) => {
        const name = `${text(this.edges[at])} to ${text(this.edges[at + 1])}`;
        const change = (by) => {
          this.chips[at] = Math.max(0, Math.min(20, this.chips[at] + by));
          this.drawChips();
          this.roulette.querySelectorAll(".add")[at].focus();
          this.onInput();
        };
        return h(
          "div",
          { class: "bin" },
          h(
            "button",
            {
              class: "add",
              type: "button",
              "aria-label": `Add a chip to ${name}; ${n} now`,
              onclick: () => change(1),
            },
            Array.from({ length: n }, () => h("span", { class: "chip" })),
          ),
          h(
            "button",
            {
              class: "remove",
              type: "button",
              "aria-label": `Remove a chip from ${name}`,
              disabled: !n,
              onclick: () => change(-1),
            },
            "−",
          ),
          h("small", {}, text(this.edges[at]).replace("\u00a0%", "")),
        );
      }),
    );
  }
}

/** Ten bins: over the range of a question, or in steps that suit chances. */
function edges({ unit, scale, low, high }) {
  if (unit === "chance" || scale === "logit") return CHANCES;
  return Array.from({ length: 11 }, (_, n) => low + ((high - low) * n) / 10);
}
