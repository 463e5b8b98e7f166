// A study of the odds in focus: started on demand, with progress; its result may be outdated.

import { $, h, setText, onNextFrame } from "./dom.js";
import { day, longDate } from "./format.js";

/** "Total rift on 22 Jan 2030", as the studies are headed. */
export function about(store, focus = store.focus) {
  const label = store.scenario(focus.scenario)?.label ?? focus.scenario;
  return `${label} ${focus.reading === "at" ? "on" : "at any time by"} ${longDate(day(focus.date))}`;
}

const same = (one, other) =>
  one.scenario === other.scenario && one.reading === other.reading && one.date === other.date;

/** Whether a result is about other settings or other odds than the current ones. */
export const isOutdated = (store, { version, focus }) => version < store.settingsVersion || Boolean(focus && !same(focus, store.focus));

/** A panel that starts a study, shows its progress, and says when its result is outdated. */
export class Study {
  constructor(store, actions, { what, start, facilitator = true }) {
    Object.assign(this, { store, actions, what, startLabel: start });
    this.panel = $(`panel-${what}`);
    this.text = h("p", {});
    this.button = h(
      "button",
      { type: "button", class: facilitator ? "only-facilitator" : "", onclick: () => this.start() },
      start,
    );
    this.meter = h("progress", { "aria-label": "Progress", max: 1, value: 0 });
    this.label = h("span", {});
    this.cancel = h("button", { type: "button", class: "quiet", onclick: () => this.stop() }, "Cancel");
    this.work = h("span", { class: "work", hidden: true }, this.meter, this.label, this.cancel);
    this.body = h("div", {});
    this.head = h("div", { class: "study" }, this.text, this.work, this.button);
    this.panel.append(this.head, this.body);
    this.draw = onNextFrame(() => this.store.state && this.update());
    store.on("begin state", this.draw);
    store.on("study", (name) => name === what && this.draw());
    store.on("job", (job) => job.what === what && this.progress(job));
    store.on("tab", (name) => name === what && this.onOpen());
  }

  get result() {
    return this.store.studies[this.what];
  }

  /** A panel that is opened without a result starts its study. */
  onOpen() {
    this.draw(); // pictures are as wide as the panel, which has no width while hidden
    if (this.store.isFacilitator && this.store.state && !this.result && !this.running && this.auto) this.start();
  }

  async start() {
    this.failed = "";
    this.setRunning(true);
    const answer = await this.actions.study(this.what, this.fields?.() ?? {});
    if (answer.type === "refused") this.setRunning(false);
    else this.job = answer.job;
  }

  stop() {
    this.actions.command({ do: "cancel", job: this.job });
  }

  setRunning(on) {
    this.running = on;
    this.work.hidden = !on;
    this.cancel.hidden = !this.store.isFacilitator;
    this.button.hidden = on;
    if (on) this.meter.removeAttribute("value");
  }

  progress({ job, state, done, total, label, message }) {
    this.job = job;
    if (state === "running") {
      this.setRunning(true);
      if (total) Object.assign(this.meter, { max: total, value: done });
      setText(this.label, label ?? "");
      return;
    }
    this.setRunning(false);
    this.failed = state === "failed" ? message || "The study failed." : "";
    this.draw();
  }

  update() {
    const { result } = this;
    const outdated = result && isOutdated(this.store, result);
    this.body.classList.toggle("outdated", Boolean(outdated));
    this.button.textContent = result ? "Run again" : this.startLabel;
    this.button.classList.toggle("primary", Boolean(outdated) || !result);
    setText(this.text, result ? this.title(result) : this.prompt());
    if (outdated) this.text.append(h("span", { class: "warning" }, " Settings or focus has changed since."));
    if (this.failed) this.text.replaceChildren(h("span", { class: "warning", role: "alert" }, this.failed));
    if (result) this.body.replaceChildren(...[this.render(result)].flat());
  }
}
