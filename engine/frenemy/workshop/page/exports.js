// Files to take home: what the server packs is saved by the browser.

import { $, h, say } from "./dom.js";

const FILES = [
  ["toml", "Experiment", "TOML: runs from the command line and gives the same odds"],
  ["report", "Report", "HTML with the pictures and the minutes, one file"],
  ["pictures", "Pictures", "PNG and SVG"],
  ["judgements", "Judgements", "CSV: every revealed estimate, under pseudonyms"],
  ["minutes", "Minutes", "CSV: what was changed, by whom, with what effect"],
  ["all", "Everything", "all of these in one ZIP"],
];

export class Exports {
  constructor(room, act) {
    this.waiting = new Map();
    $("export-list").append(
      ...FILES.map(([what, name, text]) => {
        const button = h("button", { type: "button", onclick: () => this.ask(act, what, name, button) }, name);
        return h("li", {}, button, h("span", { class: "muted" }, text));
      }),
    );
    room.on("export", ({ head, bytes }) => this.save(head, bytes));
    room.on("job", (job) => this.progress(job));
  }

  async ask(act, what, name, button) {
    button.disabled = true;
    say($("export-state"), `${name}: working …`);
    const answer = await act.command({ do: "export", what });
    button.disabled = false;
    if (answer.type === "refused") say($("export-state"), answer.message);
  }

  progress({ what, state, message }) {
    if (what === "export" && state === "failed") say($("export-state"), message ?? "That did not work.");
  }

  save({ name, mime }, bytes) {
    const url = URL.createObjectURL(new Blob([bytes], { type: mime }));
    const anchor = h("a", { href: url, download: name });
    document.body.append(anchor);
    anchor.click();
    anchor.remove();
    setTimeout(() => URL.revokeObjectURL(url), 60000);
    say($("export-state"), `${name} is saved.`);
  }
}
