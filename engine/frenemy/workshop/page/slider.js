// One slider with its shipped range, its base value and a reset.

import { h, setText } from "./dom.js";
import { points } from "./format.js";
import { next, scaleOf, share, spoken, yearly } from "./slider_scale.js";

const KEY_PAUSE = 300; // ms without a further key after which a change by keyboard is saved

export class SliderRow {
  constructor(panel, slider) {
    Object.assign(this, { panel, slider, store: panel.store, scale: scaleOf(slider), held: null, requests: 0 });
    const { into, step } = this.scale;
    const id = `s-${slider.key.replace(/[^\w-]/g, "-")}`;
    this.range = h("input", {
      id,
      type: "range",
      min: into(slider.min),
      max: into(slider.max),
      step,
      "aria-label": `${slider.label}: ${slider.says}`,
    });
    this.figure = h("input", {
      class: "figure",
      type: "text",
      inputmode: "decimal",
      autocomplete: "off",
      spellcheck: "false",
      "aria-label": `${slider.label}, typed`,
    });
    this.shift = h("span", { class: "shift" });
    this.reset = h(
      "button",
      {
        class: "reset",
        type: "button",
        "aria-label": `Reset ${slider.label}`,
        title: "Back to the file’s value",
        onclick: () => panel.actions.set({ do: "reset", key: slider.key }),
      },
      "↺",
    );
    this.yearly = h("span", { class: "yearly" });
    this.rank = h("span", { class: "rank", hidden: true });
    this.facts = h("div", {});
    this.why = h("input", {
      class: "why only-facilitator",
      maxlength: 500,
      autocomplete: "off",
      placeholder: "Why? For the minutes",
      "aria-label": `Reason for the value of ${slider.label}, for the minutes`,
      onkeydown: (event) => event.key === "Enter" && this.addReason(),
    });
    this.more = h("div", { class: "more", hidden: true }, this.facts, this.why);
    this.name = h(
      "button",
      {
        class: "name",
        type: "button",
        "aria-expanded": "false",
        "aria-controls": `${id}-more`,
        onclick: () => this.toggle(),
      },
      slider.label,
    );
    this.more.id = `${id}-more`;
    const track = h("div", { class: "track" }, this.rangeMark(), this.shift, h("span", { class: "base" }), this.range);
    place(track.querySelector(".base"), share(slider, slider.base));
    this.node = h(
      "div",
      { class: "slider" },
      h("div", { class: "head" }, this.rank, this.name, this.yearly, this.figure, this.reset),
      track,
      this.more,
    );
    this.node.dataset.key = slider.key;
    this.listen();
  }

  rangeMark() {
    const { low, high, ranged } = this.slider;
    if (!ranged) return null;
    const node = h("span", { class: "range" });
    place(node, share(this.slider, low), share(this.slider, high));
    return node;
  }

  listen() {
    let pointer = false;
    const { range, figure } = this;
    range.addEventListener("pointerdown", () => {
      pointer = true;
      this.cancelled = false;
    });
    range.addEventListener("pointercancel", () => {
      pointer = false;
    });
    range.addEventListener("input", () => {
      if (this.cancelled) return;
      this.hold(this.scale.round(this.scale.out(Number(range.value))));
      this.panel.actions.drag(this.slider.key, this.held);
      clearTimeout(this.timer);
    });
    range.addEventListener("change", () => {
      clearTimeout(this.timer);
      if (this.cancelled) this.update();
      else if (pointer) this.save();
      else this.timer = setTimeout(() => this.save(), KEY_PAUSE);
      pointer = false;
      this.cancelled = false;
    });
    range.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.held !== null) this.cancel(event);
      if (["ArrowLeft", "ArrowDown", "ArrowRight", "ArrowUp"].includes(event.key)) this.step(event);
    });
    figure.addEventListener("focus", () => figure.select());
    figure.addEventListener("keydown", (event) => {
      if (event.key === "Enter") figure.blur();
      if (event.key === "Escape") {
        figure.value = "";
        figure.blur();
      }
    });
    figure.addEventListener("change", () => this.readTyped());
    figure.addEventListener("blur", () => this.panel.draw());
  }

  /** Arrow keys take visible steps; with Shift, small ones. */
  step(event) {
    event.preventDefault();
    const up = event.key === "ArrowRight" || event.key === "ArrowUp";
    if (!this.store.isFacilitator) return;
    this.hold(next(this.slider, this.value(), up ? 1 : -1, event.shiftKey));
    this.panel.actions.drag(this.slider.key, this.held);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), KEY_PAUSE);
  }

  /** Escape: back to the value before; the mouse has no effect until its button is released. */
  cancel(event) {
    event.stopPropagation();
    clearTimeout(this.timer);
    this.held = null;
    this.cancelled = this.range.matches(":active");
    delete this.store.moving[this.slider.key];
    this.panel.actions.drag(this.slider.key, null);
    this.update();
  }

  readTyped() {
    const value = this.scale.typed(this.figure.value);
    const { min, max } = this.slider;
    if (!Number.isFinite(value)) {
      if (this.figure.value.trim()) this.panel.actions.notify(`“${this.figure.value}” is not a number.`);
      return;
    }
    if (value < min || value > max) {
      const { text } = this.scale;
      this.panel.actions.notify(`${this.slider.label} must be between ${text(min)} and ${text(max)}.`);
      return;
    }
    this.hold(value);
    this.save();
  }

  hold(value) {
    this.held = value;
    this.show(value);
  }

  /** Save the held value; it stays on screen until the answer, so that the slider does not jump back and forth. */
  async save() {
    const value = this.held;
    if (value === null) return;
    this.panel.last = this.slider.key;
    this.requests += 1;
    const request = this.requests;
    await this.panel.actions.set({ do: "set", key: this.slider.key, value });
    if (request === this.requests && this.held === value) this.held = null;
    this.panel.draw();
  }

  value() {
    const { key, base } = this.slider;
    return this.held ?? this.store.moving[key] ?? this.store.state.settings[key]?.value ?? base;
  }

  update() {
    this.show(this.value());
    const setting = this.store.state.settings[this.slider.key];
    this.node.classList.toggle("changed", Boolean(setting));
    this.reset.classList.toggle("visually-hidden", !setting);
    this.reset.disabled = !setting || !this.store.isFacilitator;
    this.range.disabled = !this.store.isFacilitator;
    this.figure.readOnly = !this.store.isFacilitator;
    if (!this.more.hidden) this.updateMore();
  }

  show(value) {
    const { slider, range, figure, scale } = this;
    const position = String(scale.into(value));
    if (!range.matches(":active") && range.value !== position) range.value = position;
    range.setAttribute("aria-valuetext", spoken(slider, value));
    if (document.activeElement !== figure) figure.value = scale.text(value);
    setText(this.yearly, yearly(slider, value));
    const [here, base] = [share(slider, value), share(slider, slider.base)];
    place(this.shift, Math.min(here, base), Math.max(here, base));
  }

  markMover(mover) {
    this.node.classList.toggle("mover", Boolean(mover));
    this.rank.hidden = !mover;
    if (!mover) return;
    setText(this.rank, String(mover.rank));
    this.rank.title = `Moves the odds by ${points(mover.bar.low)} to ${points(mover.bar.high)} points`;
    this.node.style.setProperty("--share", mover.share.toFixed(3));
    this.node.style.setProperty("--colour-of", mover.colour);
  }

  /** Put a reason into the minutes, with the value that it is for. */
  async addReason() {
    const text = this.why.value.trim();
    if (!text) return;
    const { slider, scale } = this;
    const answer = await this.panel.actions.command({
      do: "note",
      text: `${slider.label}, ${scale.text(this.value())}: ${text}`,
    });
    if (answer.type !== "done") return;
    this.why.value = "";
    this.why.placeholder = "Added to the minutes";
  }

  toggle() {
    this.more.hidden = !this.more.hidden;
    this.name.setAttribute("aria-expanded", String(!this.more.hidden));
    this.updateMore();
  }

  updateMore() {
    const { slider, scale } = this;
    const { description, source, base, low, high, ranged } = slider;
    const setting = this.store.state.settings[slider.key];
    const facts = [
      ["File", ranged ? `${scale.text(base)}, range ${scale.text(low)} to ${scale.text(high)}` : scale.text(base)],
      setting && [
        "Now",
        `${scale.text(setting.value)}${
          setting.low < setting.high ? `, range ${scale.text(setting.low)} to ${scale.text(setting.high)}` : ""
        }, set by ${this.panel.actions.who(setting.by)}`,
      ],
      source && ["Source", source],
    ].filter(Boolean);
    this.why.hidden = !setting;
    this.facts.replaceChildren(
      h("p", {}, [slider.says, description].filter(Boolean).map(sentence).join(" ")),
      h(
        "dl",
        {},
        facts.map(([name, text]) => [h("dt", {}, name), h("dd", {}, text)]),
      ),
    );
  }
}

const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;

/** Place a mark on its track, by shares of its length. */
function place(node, from, to) {
  node.style.setProperty("--from", from.toFixed(4));
  if (to !== undefined) node.style.setProperty("--to", to.toFixed(4));
}
