// Exports: the server builds the files, the browser saves them.

import { $, h, setText } from "./dom.js";

const FILES = [
  ["toml", "Experiment", "TOML: gives the same odds on the command line"],
  ["report", "Report", "HTML in one file, with pictures and minutes"],
  ["pictures", "Pictures", "PNG and SVG"],
  ["judgements", "Judgements", "CSV: every revealed estimate, under pseudonyms"],
  ["minutes", "Minutes", "CSV: what was changed, by whom, and the effect on the odds"],
  ["all", "Everything", "all of these in one ZIP file"],
];

export class Exports {
  constructor(store, actions) {
    this.waiting = new Map();
    $("export-list").append(
      ...FILES.map(([what, name, text]) => {
        const button = h("button", { type: "button", onclick: () => this.request(actions, what, name, button) }, name);
        return h("li", {}, button, h("span", { class: "muted" }, text));
      }),
    );
    store.on("export", ({ head, bytes }) => this.save(head, bytes));
    store.on("job", (job) => this.progress(job));
  }

  async request(actions, what, name, button) {
    button.disabled = true;
    setText($("export-state"), `${name}: working …`);
    const answer = await actions.command({ do: "export", what });
    button.disabled = false;
    if (answer.type === "refused") setText($("export-state"), answer.message);
  }

  progress({ what, state, message }) {
    if (what === "export" && state === "failed") setText($("export-state"), message ?? "The export failed.");
  }

  save({ name, mime }, bytes) {
    const url = URL.createObjectURL(new Blob([bytes], { type: mime }));
    const anchor = h("a", { href: url, download: name });
    document.body.append(anchor);
    anchor.click();
    anchor.remove();
    setTimeout(() => URL.revokeObjectURL(url), 60000);
    setText($("export-state"), `${name} is saved.`);
  }
}
