// Questions to the room: the facilitator's rounds, everybody's answers, and what came of them.

import { Asking } from "./ask_question.js";
import { $, h, say, soon } from "./dom.js";
import { Entry } from "./estimate.js";
import { judgements, units } from "./judgements.js";

const METHODS = [
  ["linear", "equal weights"],
  ["geometric", "geometric odds"],
  ["extremised", "extremised"],
  ["cooke", "Cooke’s weights"],
];

export class Questions {
  constructor(room, act) {
    Object.assign(this, { room, act, cards: new Map() });
    this.list = h("div", { id: "questions" });
    this.empty = h("p", { class: "muted empty" });
    this.asking = new Asking(room, act);
    $("panel-questions").append(this.asking.node, this.empty, this.list);
    this.draw = soon(() => room.state && this.update());
    room.on("begin", () => {
      this.cards.clear();
      this.list.replaceChildren();
    });
    room.on("state people pooled", this.draw);
    room.on("fitted", (message) => this.cards.get(message.question)?.entry.fitted(message));
  }

  update() {
    const { questions } = this.room.state;
    for (const [id, card] of this.cards) {
      if (!questions.some((question) => question.id === id)) {
        card.node.remove();
        this.cards.delete(id);
      }
    }
    for (const question of questions) {
      if (!this.cards.has(question.id)) {
        const card = new QuestionCard(this, question);
        this.cards.set(question.id, card);
        this.list.append(card.node);
      }
      this.cards.get(question.id).update(question);
    }
    this.empty.hidden = questions.length > 0;
    say(
      this.empty,
      this.room.may
        ? "Ask the room about a slider, or about anything else that has a number."
        : "No question yet. The facilitator opens them one by one; this page follows by itself.",
    );
    const open = questions.filter(
      (question) => question.rounds.at(-1)?.state === "open" && !question.rounds.at(-1).mine,
    ).length;
    say($("tab-questions"), open && !this.room.may ? `Questions (${open})` : "Questions");
  }
}

class QuestionCard {
  constructor(panel, question) {
    const { room, act } = panel;
    Object.assign(this, { room, act, question, id: question.id });
    this.state = h("p", { class: "round" });
    this.entry = new Entry(room, act, question);
    this.actions = h("div", { class: "actions only-facilitator" });
    this.shown = h("div", { class: "shown" });
    this.why = h("ul", { class: "rationales" });
    this.pooling = h("div", { class: "pooling" });
    this.node = h(
      "article",
      { class: "question", "aria-label": question.text },
      h("header", {}, h("h3", {}, question.text), this.state),
      this.entry.node,
      this.shown,
      this.pooling,
      this.why,
      this.actions,
    );
    this.node.dataset.question = question.id;
  }

  update(question) {
    this.question = question;
    const round = question.rounds.at(-1);
    this.node.dataset.state = round?.state ?? "new";
    say(this.state, this.sentence(round));
    this.entry.update(question, round);
    this.buttons(round);
    const revealed = question.rounds.filter((item) => item.state === "revealed");
    const last = revealed.at(-1);
    const pooled = this.room.pooled[question.id];
    const fresh = `${last?.number} ${last?.entries.length} ${JSON.stringify(pooled?.median)} ${pooled?.method} ${question.answer}`;
    this.poolChoice(last, pooled);
    if (fresh === this.drawn) return;
    this.drawn = fresh;
    this.shown.replaceChildren(...(last ? [judgements(question, revealed, pooled)] : []));
    this.why.replaceChildren(
      ...(last?.entries ?? [])
        .filter((entry) => entry.why)
        .map((entry) => h("li", {}, h("b", {}, entry.label), h("span", {}, entry.why))),
    );
  }

  sentence(round) {
    const { question, room } = this;
    const seed = question.seed ? " · seed question" : "";
    if (!round) return (room.may ? "Not opened yet" : "Opens soon") + seed;
    const seats = Object.values(room.state.members).filter((member) => member.role === "participant").length;
    const word = { open: "open", closed: "closed", revealed: "revealed" }[round.state];
    const late =
      round.state === "open" && round.who
        ? Object.entries(room.state.members)
            .filter(([id, member]) => member.role === "participant" && !round.who.includes(id))
            .map(([, member]) => member.name)
        : [];
    const missing = round.entered && late.length ? ` · still out: ${late.join(", ")}` : "";
    const count =
      round.state === "revealed"
        ? `${round.entries.length} ${round.entries.length === 1 ? "answer" : "answers"}`
        : `${round.entered} of ${Math.max(seats, round.entered)} in`;
    return `Round ${round.number} ${word} · ${count}${missing}${seed}`;
  }

  buttons(round) {
    const { question, act } = this;
    const go = (name) => act.set({ do: name, question: question.id });
    const button = (text, name, kind = "") =>
      h("button", { type: "button", class: kind, onclick: () => go(name) }, text);
    const next = (round?.number ?? 0) + 1;
    const open = button(next === 1 ? "Open the question" : `Open round ${next}`, "open", next === 1 ? "primary" : "");
    const choices = {
      open: [button("Reveal", "reveal", "primary"), button("Close", "close")],
      closed: [button("Reveal", "reveal", "primary"), open],
      revealed: [open],
    };
    this.actions.replaceChildren(...(round ? choices[round.state] : [open, button("Drop", "drop", "quiet")]));
  }

  /** How the answers are pooled, and onto the slider with them. */
  poolChoice(last, pooled) {
    this.pooling.hidden = !last || !last.entries.length;
    if (this.pooling.hidden || this.pooling.contains(document.activeElement)) return;
    const { question, act, room } = this;
    const { text } = units(question);
    const three =
      pooled && Number.isFinite(pooled.median)
        ? h(
            "p",
            { class: "pooled" },
            "The room: ",
            h("b", {}, text(pooled.median)),
            ` (${text(pooled.q05)} – ${text(pooled.q95)})`,
          )
        : null;
    const select = h(
      "select",
      {
        "aria-label": "How the answers are pooled",
        onchange: () => act.command({ do: "pool", question: question.id, method: select.value }),
      },
      METHODS.map(([value, label]) => h("option", { value, selected: value === question.method }, label)),
    );
    const exponent = h("input", {
      class: "exponent",
      "aria-label": "Exponent",
      inputmode: "decimal",
      value: String(question.exponent),
      onchange: () =>
        act.command({ do: "pool", question: question.id, method: "extremised", exponent: Number(exponent.value) }),
    });
    const adopt = (which, label) =>
      h(
        "button",
        {
          type: "button",
          onclick: () => act.set({ do: "adopt", question: question.id, which }),
        },
        label,
      );
    const tools = room.may
      ? h(
          "div",
          { class: "actions" },
          h("label", {}, "pooled with ", select),
          question.method === "extremised" && exponent,
          question.key && adopt("pool", "Put onto the slider"),
        )
      : null;
    const weights =
      question.method === "cooke" && pooled?.scores?.length
        ? h(
            "p",
            { class: "muted" },
            "Weights: ",
            pooled.scores.map(({ label, weight }) => `${label} ${Math.round(100 * weight)} %`).join(", "),
          )
        : null;
    this.pooling.replaceChildren(
      ...[three, weights, pooled?.message && h("p", { class: "muted" }, pooled.message), tools].filter(Boolean),
    );
  }
}
