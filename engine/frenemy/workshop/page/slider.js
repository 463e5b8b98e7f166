// One slider in the words of the room, with its shipped range, its base value, and the way back.

import { h, say } from "./dom.js";
import { points } from "./format.js";
import { next, scaleOf, share, spoken, yearly } from "./slider_scale.js";

const QUIET = 300; // ms without a further key before a change by keyboard is stored

export class Row {
  constructor(panel, slider) {
    Object.assign(this, { panel, slider, room: panel.room, scale: scaleOf(slider), held: null, sending: 0 });
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
    this.span = h("span", { class: "moved" });
    this.reset = h(
      "button",
      {
        class: "reset",
        type: "button",
        "aria-label": `Reset ${slider.label}`,
        title: "Back to the file’s value",
        onclick: () => panel.act.set({ do: "reset", key: slider.key }),
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
      "aria-label": `Why ${slider.label} is set so, for the minutes`,
      onkeydown: (event) => event.key === "Enter" && this.note(),
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
    const track = h("div", { class: "track" }, this.shade(), this.span, h("span", { class: "base" }), this.range);
    at(track.querySelector(".base"), share(slider, slider.base));
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

  shade() {
    const { low, high, ranged } = this.slider;
    if (!ranged) return null;
    const node = h("span", { class: "range" });
    at(node, share(this.slider, low), share(this.slider, high));
    return node;
  }

  listen() {
    let pointer = false;
    const { range, figure } = this;
    range.addEventListener("pointerdown", () => {
      pointer = true;
      this.dropped = false;
    });
    range.addEventListener("pointercancel", () => {
      pointer = false;
    });
    range.addEventListener("input", () => {
      if (this.dropped) return;
      this.hold(this.scale.tidy(this.scale.out(Number(range.value))));
      this.panel.act.drag(this.slider.key, this.held);
      clearTimeout(this.timer);
    });
    range.addEventListener("change", () => {
      clearTimeout(this.timer);
      if (this.dropped) this.update();
      else if (pointer) this.store();
      else this.timer = setTimeout(() => this.store(), QUIET);
      pointer = false;
      this.dropped = false;
    });
    range.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.held !== null) this.giveUp(event);
      if (["ArrowLeft", "ArrowDown", "ArrowRight", "ArrowUp"].includes(event.key)) this.nudge(event);
    });
    figure.addEventListener("focus", () => figure.select());
    figure.addEventListener("keydown", (event) => {
      if (event.key === "Enter") figure.blur();
      if (event.key === "Escape") {
        figure.value = "";
        figure.blur();
      }
    });
    figure.addEventListener("change", () => this.type());
    figure.addEventListener("blur", () => this.panel.draw());
  }

  /** Arrow keys take steps that one can see; with Shift, small ones. */
  nudge(event) {
    event.preventDefault();
    const up = event.key === "ArrowRight" || event.key === "ArrowUp";
    if (!this.room.may) return;
    this.hold(next(this.slider, this.value(), up ? 1 : -1, event.shiftKey));
    this.panel.act.drag(this.slider.key, this.held);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.store(), QUIET);
  }

  /** Escape: back to where it was; what the mouse still does until it is let go counts for nothing. */
  giveUp(event) {
    event.stopPropagation();
    clearTimeout(this.timer);
    this.held = null;
    this.dropped = this.range.matches(":active");
    delete this.room.moving[this.slider.key];
    this.panel.act.drag(this.slider.key, null);
    this.update();
  }

  type() {
    const value = this.scale.typed(this.figure.value);
    const { min, max } = this.slider;
    if (!Number.isFinite(value)) {
      if (this.figure.value.trim()) this.panel.act.tell(`“${this.figure.value}” is no number.`);
      return;
    }
    if (value < min || value > max) {
      this.panel.act.tell(`${this.slider.label}: from ${this.scale.text(min)} to ${this.scale.text(max)}.`);
      return;
    }
    this.hold(value);
    this.store();
  }

  hold(value) {
    this.held = value;
    this.show(value);
  }

  /** Keep the held value on screen until the answer is there, so that the slider does not jump back and forth. */
  async store() {
    const value = this.held;
    if (value === null) return;
    this.panel.last = this.slider.key;
    this.sending += 1;
    const mine = this.sending;
    await this.panel.act.set({ do: "set", key: this.slider.key, value });
    if (mine === this.sending && this.held === value) this.held = null;
    this.panel.draw();
  }

  value() {
    const { key, base } = this.slider;
    return this.held ?? this.room.moving[key] ?? this.room.state.settings[key]?.value ?? base;
  }

  update() {
    this.show(this.value());
    const setting = this.room.state.settings[this.slider.key];
    this.node.classList.toggle("changed", Boolean(setting));
    this.reset.classList.toggle("unseen", !setting);
    this.reset.disabled = !setting || !this.room.may;
    this.range.disabled = !this.room.may;
    this.figure.readOnly = !this.room.may;
    if (!this.more.hidden) this.tellMore();
  }

  show(value) {
    const { slider, range, figure, scale } = this;
    const place = String(scale.into(value));
    if (!range.matches(":active") && range.value !== place) range.value = place;
    range.setAttribute("aria-valuetext", spoken(slider, value));
    if (document.activeElement !== figure) figure.value = scale.text(value);
    say(this.yearly, yearly(slider, value));
    const [here, base] = [share(slider, value), share(slider, slider.base)];
    at(this.span, Math.min(here, base), Math.max(here, base));
  }

  mover(found) {
    this.node.classList.toggle("mover", Boolean(found));
    this.rank.hidden = !found;
    if (!found) return;
    say(this.rank, String(found.rank));
    this.rank.title = `Moves the odds by ${points(found.bar.low)} to ${points(found.bar.high)} points`;
    this.node.style.setProperty("--share", found.share.toFixed(3));
    this.node.style.setProperty("--colour-of", found.colour);
  }

  /** A reason goes into the minutes beside the value that it is for. */
  async note() {
    const text = this.why.value.trim();
    if (!text) return;
    const { slider, scale } = this;
    const answer = await this.panel.act.command({
      do: "note",
      text: `${slider.label}, ${scale.text(this.value())}: ${text}`,
    });
    if (answer.type !== "done") return;
    this.why.value = "";
    this.why.placeholder = "Noted";
  }

  toggle() {
    this.more.hidden = !this.more.hidden;
    this.name.setAttribute("aria-expanded", String(!this.more.hidden));
    this.tellMore();
  }

  tellMore() {
    const { slider, scale } = this;
    const { description, source, base, low, high, ranged } = slider;
    const setting = this.room.state.settings[slider.key];
    const facts = [
      ["File", ranged ? `${scale.text(base)}, range ${scale.text(low)} to ${scale.text(high)}` : scale.text(base)],
      setting && [
        "Now",
        `${scale.text(setting.value)}${
          setting.low < setting.high ? `, range ${scale.text(setting.low)} to ${scale.text(setting.high)}` : ""
        }, set by ${this.panel.act.who(setting.by)}`,
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

/** Set where a mark lies on its track, as shares of its length. */
function at(node, from, to) {
  node.style.setProperty("--from", from.toFixed(4));
  if (to !== undefined) node.style.setProperty("--to", to.toFixed(4));
}
