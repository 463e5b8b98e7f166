// Questions to the participants: the facilitator's rounds, everybody's answers, and the pooled result.

import { AskQuestion } from "./ask_question.js";
import { $, h, setText, onNextFrame } from "./dom.js";
import { Estimate } from "./estimate.js";
import { judgements, units } from "./judgements.js";

const METHODS = [
  ["linear", "equal weights"],
  ["geometric", "geometric odds"],
  ["extremised", "extremised"],
  ["cooke", "Cooke’s weights"],
];

export class Questions {
  constructor(store, actions) {
    Object.assign(this, { store, actions, cards: new Map() });
    this.list = h("div", { id: "questions" });
    this.empty = h("p", { class: "muted empty" });
    this.askQuestion = new AskQuestion(store, actions);
    $("panel-questions").append(this.askQuestion.node, this.empty, this.list);
    this.draw = onNextFrame(() => store.state && this.update());
    store.on("begin", () => {
      this.cards.clear();
      this.list.replaceChildren();
    });
    store.on("state people pooled", this.draw);
    store.on("fitted", (message) => this.cards.get(message.question)?.entry.fitted(message));
  }

  update() {
    const { questions } = this.store.state;
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
    setText(
      this.empty,
      this.store.isFacilitator
        ? "Ask the participants about a slider, or about any other number."
        : "No questions yet. The facilitator opens them one by one; they appear here by themselves.",
    );
    const open = questions.filter(
      (question) => question.rounds.at(-1)?.state === "open" && !question.rounds.at(-1).mine,
    ).length;
    setText($("tab-questions"), open && !this.store.isFacilitator ? `Questions (${open})` : "Questions");
  }
}

class QuestionCard {
  constructor(panel, question) {
    const { store, actions } = panel;
    Object.assign(this, { store, actions, question, id: question.id });
    this.state = h("p", { class: "round" });
    this.entry = new Estimate(store, actions, question);
    this.buttons = h("div", { class: "actions only-facilitator" });
    this.revealed = h("div", { class: "revealed" });
    this.why = h("ul", { class: "rationales" });
    this.pooled = h("div");
    this.pooledWith = h("div");
    this.pooling = h("div", { class: "pooling" }, this.pooled, this.pooledWith);
    this.node = h(
      "article",
      { class: "question", "aria-label": question.text },
      h("header", {}, h("h3", {}, question.text), this.state),
      this.entry.node,
      this.revealed,
      this.pooling,
      this.why,
      this.buttons,
    );
    this.node.dataset.question = question.id;
  }

  update(question) {
    this.question = question;
    const round = question.rounds.at(-1);
    this.node.dataset.state = round?.state ?? "new";
    setText(this.state, this.roundText(round));
    this.entry.update(question, round);
    this.drawButtons(round);
    const revealed = question.rounds.filter((item) => item.state === "revealed");
    const last = revealed.at(-1);
    const received = this.store.pooled[question.id];
    const pooled = received?.round === revealed.length ? received : undefined; // never that of an earlier round
    const content = `${last?.number} ${last?.entries.length} ${JSON.stringify(pooled?.median)} ${pooled?.method} ${question.answer}`;
    this.drawPooling(last, pooled);
    if (content === this.drawn) return;
    this.drawn = content;
    this.revealed.replaceChildren(...(last ? [judgements(question, revealed, pooled)] : []));
    this.why.replaceChildren(
      ...(last?.entries ?? [])
        .filter((entry) => entry.why)
        .map((entry) => h("li", {}, h("b", {}, entry.label), h("span", {}, entry.why))),
    );
  }

  roundText(round) {
    const { question, store } = this;
    const seed = question.seed ? " · seed question" : "";
    if (!round) return (store.isFacilitator ? "Not opened yet" : "Opens soon") + seed;
    const participants = Object.values(store.state.members).filter((member) => member.role === "participant").length;
    const word = { open: "open", closed: "closed", revealed: "revealed" }[round.state];
    const missing =
      round.state === "open" && round.who
        ? Object.entries(store.state.members)
            .filter(([id, member]) => member.role === "participant" && !round.who.includes(id))
            .map(([, member]) => member.name)
        : [];
    const missingText = round.entered && missing.length ? ` · missing: ${missing.join(", ")}` : "";
    const count =
      round.state === "revealed"
        ? `${round.entries.length} ${round.entries.length === 1 ? "answer" : "answers"}`
        : `${round.entered} of ${Math.max(participants, round.entered)} answered`;
    return `Round ${round.number} ${word} · ${count}${missingText}${seed}`;
  }

  drawButtons(round) {
    const { question, actions } = this;
    const go = (name) => actions.set({ do: name, question: question.id });
    const button = (text, name, kind = "") =>
      h("button", { type: "button", class: kind, onclick: () => go(name) }, text);
    const next = (round?.number ?? 0) + 1;
    const open = button(next === 1 ? "Open the question" : `Open round ${next}`, "open", next === 1 ? "primary" : "");
    const choices = {
      open: [button("Reveal", "reveal", "primary"), button("Close", "close")],
      closed: [button("Reveal", "reveal", "primary"), open],
      revealed: [open],
    };
    this.buttons.replaceChildren(...(round ? choices[round.state] : [open, button("Remove", "drop", "quiet")]));
  }

  /** The pool, how it is made, and the button that applies it to the slider. */
  drawPooling(last, pooled) {
    this.pooling.hidden = !last || !last.entries.length;
    if (this.pooling.hidden) return;
    this.drawPool(pooled);
    this.drawPooledWith();
  }

  /** The numbers follow every message: all pages show the same pool. */
  drawPool(pooled) {
    const { question } = this;
    const { text } = units(question);
    const pool =
      pooled && Number.isFinite(pooled.median)
        ? h(
            "p",
            { class: "pooled" },
            "Pool: ",
            h("b", {}, text(pooled.median)),
            ` (90 % range ${text(pooled.q05)} to ${text(pooled.q95)})`,
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
    this.pooled.replaceChildren(
      ...[pool, weights, pooled?.message && h("p", { class: "muted" }, pooled.message)].filter(Boolean),
    );
  }

  /** The controls keep still while one of them has the focus, unless the method changes. */
  drawPooledWith() {
    const { question, actions, store } = this;
    const focused = this.pooledWith.contains(document.activeElement);
    if (focused && this.methodShown === question.method) return;
    this.methodShown = question.method;
    const select = h(
      "select",
      {
        "aria-label": "How the answers are pooled",
        onchange: () => actions.command({ do: "pool", question: question.id, method: select.value }),
      },
      METHODS.map(([value, label]) => h("option", { value, selected: value === question.method }, label)),
    );
    const exponent = h("input", {
      class: "exponent",
      "aria-label": "Exponent",
      inputmode: "decimal",
      value: String(question.exponent),
      onchange: () =>
        actions.command({ do: "pool", question: question.id, method: "extremised", exponent: Number(exponent.value) }),
    });
    const adopt = (which, label) =>
      h(
        "button",
        {
          type: "button",
          onclick: () => actions.set({ do: "adopt", question: question.id, which }),
        },
        label,
      );
    const tools = store.isFacilitator
      ? h(
          "div",
          { class: "actions" },
          h("label", {}, "pooled with ", select),
          question.method === "extremised" && exponent,
          question.key && adopt("pool", "Apply to the slider"),
        )
      : null;
    this.pooledWith.replaceChildren(...[tools].filter(Boolean));
    if (focused) select.focus();
  }
}
