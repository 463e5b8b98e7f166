// Single-key shortcuts, inactive while typing; they can be switched off.

import { $, h } from "./dom.js";

const HELP = [
  ["Z, Y", "undo, redo (also Ctrl+Z, Ctrl+Y)"],
  ["← →", "move the slider in focus; with Shift in small steps"],
  ["Esc", "cancel a slider move, leave a field"],
  ["W", "give the reason for the last slider change"],
  ["/", "find a slider"],
  ["M", "mark the sliders that move the odds most"],
  ["R", "odds on the date, or at any time up to it"],
  ["[ ]", "an earlier or a later date"],
  ["1 – 8", "the tabs below the odds"],
  ["S, Q", "sliders, questions"],
  ["G", "goal"],
  ["I", "invite"],
  ["E", "export"],
  ["H", "hide or show the left side"],
  ["B", "big type"],
  ["F", "full screen"],
  ["?", "this list"],
];

export class Keys {
  constructor(actions) {
    this.actions = actions;
    $("help-list").replaceChildren(...HELP.flatMap(([keys, text]) => [h("dt", {}, keys), h("dd", {}, text)]));
    $("keys-on").checked = localStorage.getItem("frenemy.keys") !== "off";
    $("keys-on").addEventListener("change", () =>
      localStorage.setItem("frenemy.keys", $("keys-on").checked ? "on" : "off"),
    );
    document.addEventListener("keydown", (event) => this.onKey(event));
  }

  onKey(event) {
    if ($("app").hidden || document.querySelector("dialog[open]")) return;
    const { target } = event;
    const typing =
      target.isContentEditable ||
      target.tagName === "TEXTAREA" ||
      target.tagName === "SELECT" ||
      (target.tagName === "INPUT" && !["range", "checkbox", "radio"].includes(target.type));
    if (typing) {
      if (event.key === "Escape") target.blur(); // so that the shortcuts work again
      return;
    }
    const key = event.key.toLowerCase();
    const control = event.ctrlKey || event.metaKey;
    if (control && (key === "z" || key === "y")) {
      event.preventDefault();
      (key === "y" || event.shiftKey ? this.actions.y : this.actions.z)();
      return;
    }
    if (control || event.altKey || !$("keys-on").checked) return;
    if (/^[1-9]$/.test(key)) this.actions.n(Number(key) - 1);
    else if (this.actions[key] && key !== "n") this.actions[key]();
    else return;
    event.preventDefault();
  }
}
