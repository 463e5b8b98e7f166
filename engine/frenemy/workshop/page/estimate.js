// One's own answer: three points or chips in bins, a rationale, and the distribution they make, drawn while typing.

import { h, say, segments } from "./dom.js";
import { typed } from "./format.js";
import { own, units } from "./judgements.js";

const POINTS = [
  ["q05", "Low", "1 chance in 20 that it is below"],
  ["median", "Middle", "as likely above as below"],
  ["q95", "High", "1 chance in 20 that it is above"],
];
const CHANCES = [0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.999];

export class Entry {
  constructor(room, act, question) {
    Object.assign(this, { room, act, question, units: units(question), way: "points", round: 0 });
    this.inputs = POINTS.map(([name, label, text]) =>
      h("input", {
        name,
        id: `${question.id}-${name}`,
        inputmode: "decimal",
        autocomplete: "off",
        "aria-label": `${label}: ${text}`,
        oninput: () => this.typing(),
      }),
    );
    const { suffix } = this.units;
    this.three = h(
      "div",
      { class: "three" },
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
      placeholder: "Why? One or two sentences; the room will see them without your name.",
      maxlength: 2000,
    });
    this.picture = h("div", { class: "own-picture", "aria-live": "off" });
    this.trouble = h("p", { class: "trouble", role: "status" });
    this.button = h("button", { class: "primary", type: "submit" }, "Hand in");
    this.done = h("p", { class: "muted handed" });
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
        `way-${question.id}`,
        "How to answer",
        [
          ["points", "three numbers"],
          ["chips", "chips"],
        ],
        "points",
        (way) => this.choose(way),
      ),
      this.three,
      this.roulette,
      this.picture,
      this.trouble,
      this.why,
      h("div", { class: "actions" }, this.button, this.done),
    );
    this.node = h("div", { class: "entry-frame" }, this.form);
    this.drawChips();
  }

  update(question, round) {
    this.question = question;
    const open = round?.state === "open";
    this.node.hidden = !open || this.room.you.role === "wall";
    if (!open) return;
    if (this.room.may && !this.wrapped) this.wrap();
    if (round.number !== this.round) {
      this.round = round.number;
      this.fill(round.mine ?? question.rounds.at(-2)?.mine);
    } else if (round.mine && !this.touched) this.fill(round.mine);
    say(this.button, round.mine ? "Hand in again" : "Hand in");
    const before = !round.mine && question.rounds.at(-2)?.mine;
    say(
      this.done,
      round.mine
        ? "Handed in. You can change it while the round is open."
        : before
          ? "Your answer of the round before stands unless you hand in another."
          : "",
    );
  }

  /** The facilitator's own answer stays folded, out of the room's way. */
  wrap() {
    this.wrapped = true;
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
    this.typing();
    this.touched = false;
  }

  choose(way) {
    this.way = way;
    this.three.hidden = way !== "points";
    this.roulette.hidden = way !== "chips";
    this.typing();
  }

  /** What is to be sent, or a sentence on what is missing. */
  answer() {
    if (this.way === "chips") {
      const total = this.chips.reduce((sum, n) => sum + n, 0);
      return total < 5
        ? `Place at least 5 chips; ${total} so far.`
        : { bins: { edges: this.edges, chips: this.chips } };
    }
    const values = this.inputs.map((input) => typed(input.value) / this.units.factor);
    if (!values.every(Number.isFinite))
      return this.inputs.every((input) => !input.value.trim()) ? " " : "Three numbers are wanted.";
    const { low, high } = this.question;
    if (!(values[0] < values[1] && values[1] < values[2])) return "They must rise: low, middle, high.";
    if ((low !== null && values[0] <= low) || (high !== null && values[2] >= high))
      return `They must lie between ${this.units.text(low)} and ${this.units.text(high)}.`;
    return { q05: values[0], median: values[1], q95: values[2] };
  }

  typing() {
    this.touched = true;
    const answer = this.answer();
    if (typeof answer === "string") {
      say(this.trouble, answer.trim());
      this.picture.replaceChildren();
      return;
    }
    say(this.trouble, "");
    this.act.fit({ question: this.question.id, ...answer });
  }

  fitted(message) {
    if (typeof this.answer() === "string") return;
    say(this.trouble, message.message ?? "");
    if (message.density) this.picture.replaceChildren(own(this.question, message));
  }

  async send() {
    const answer = this.answer();
    if (typeof answer === "string") {
      say(this.trouble, answer.trim() || "Three numbers are wanted.");
      this.inputs[0].focus();
      return;
    }
    this.button.disabled = true;
    const reply = await this.act.command({
      do: "enter",
      question: this.question.id,
      round: this.round,
      ...answer,
      why: this.why.value.trim(),
    });
    this.button.disabled = false;
    if (reply.type === "done") this.touched = false;
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
          this.typing();
        };
        return h(
          "div",
          { class: "bin" },
          h(
            "button",
            {
              class: "add",
              type: "button",
              "aria-label": `One chip more in ${name}; ${n} now`,
              onclick: () => change(1),
            },
            Array.from({ length: n }, () => h("span", { class: "chip" })),
          ),
          h(
            "button",
            {
              class: "take",
              type: "button",
              "aria-label": `One chip less in ${name}`,
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

/** Ten bins: over the range of a question, or steps that suit chances. */
function edges({ unit, scale, low, high }) {
  if (unit === "chance" || scale === "logit") return CHANCES;
  return Array.from({ length: 11 }, (_, n) => low + ((high - low) * n) / 10);
}
