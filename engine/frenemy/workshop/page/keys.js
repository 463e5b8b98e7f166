// Single keys for everything, unless somebody types; they can be switched off.

import { $, h } from "./dom.js";

const HELP = [
  ["Z, Y", "undo, redo (also Ctrl+Z, Ctrl+Y)"],
  ["← →", "move the slider in focus; with Shift in small steps"],
  ["Esc", "give a move up, leave a field"],
  ["W", "say why the slider moved last stands where it does"],
  ["/", "find a slider"],
  ["M", "what moves it most, on the sliders"],
  ["R", "on a date, or ever by it"],
  ["[ ]", "an earlier, a later date"],
  ["1 – 8", "what is shown behind the odds"],
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
  constructor(work) {
    this.work = work;
    $("help-list").replaceChildren(...HELP.flatMap(([keys, text]) => [h("dt", {}, keys), h("dd", {}, text)]));
    $("keys-on").checked = localStorage.getItem("frenemy.keys") !== "off";
    $("keys-on").addEventListener("change", () =>
      localStorage.setItem("frenemy.keys", $("keys-on").checked ? "on" : "off"),
    );
    document.addEventListener("keydown", (event) => this.pressed(event));
  }

  pressed(event) {
    if ($("app").hidden || document.querySelector("dialog[open]")) return;
    const { target } = event;
    const typing =
      target.isContentEditable ||
      target.tagName === "TEXTAREA" ||
      target.tagName === "SELECT" ||
      (target.tagName === "INPUT" && !["range", "checkbox", "radio"].includes(target.type));
    if (typing) {
      if (event.key === "Escape") target.blur(); // and the single keys work again
      return;
    }
    const key = event.key.toLowerCase();
    const control = event.ctrlKey || event.metaKey;
    if (control && (key === "z" || key === "y")) {
      event.preventDefault();
      (key === "y" || event.shiftKey ? this.work.y : this.work.z)();
      return;
    }
    if (control || event.altKey || !$("keys-on").checked) return;
    if (/^[1-9]$/.test(key)) this.work.n(Number(key) - 1);
    else if (this.work[key] && key !== "n") this.work[key]();
    else return;
    event.preventDefault();
  }
}
