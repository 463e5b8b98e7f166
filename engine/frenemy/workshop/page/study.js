// A study of the focused odds: it is asked for, goes on for a while, and its answer may grow old.

import { $, h, say, soon } from "./dom.js";
import { day, longDate } from "./format.js";

/** "Total rift on 22 Jan 2030", as the studies are headed. */
export function about(room, focus = room.focus) {
  const label = room.scenario(focus.scenario)?.label ?? focus.scenario;
  return `${label} ${focus.reading === "at" ? "on" : "ever by"} ${longDate(day(focus.date))}`;
}

const same = (one, other) =>
  one.scenario === other.scenario && one.reading === other.reading && one.date === other.date;

/** Whether a result is about other settings or other odds than those that stand. */
export const isOld = (room, { version, focus }) => version < room.wanted || Boolean(focus && !same(focus, room.focus));

/** A panel that asks for a study, shows how far it is, and says when its answer is about an older version. */
export class Study {
  constructor(room, act, { what, ask, facilitator = true }) {
    Object.assign(this, { room, act, what, ask });
    this.panel = $(`panel-${what}`);
    this.text = h("p", {});
    this.button = h(
      "button",
      { type: "button", class: facilitator ? "only-facilitator" : "", onclick: () => this.start() },
      ask,
    );
    this.meter = h("progress", { "aria-label": "Progress", max: 1, value: 0 });
    this.label = h("span", {});
    this.cancel = h("button", { type: "button", class: "quiet", onclick: () => this.stop() }, "Cancel");
    this.work = h("span", { class: "work", hidden: true }, this.meter, this.label, this.cancel);
    this.body = h("div", {});
    this.head = h("div", { class: "study" }, this.text, this.work, this.button);
    this.panel.append(this.head, this.body);
    this.draw = soon(() => this.room.state && this.update());
    room.on("begin state", this.draw);
    room.on("study", (name) => name === what && this.draw());
    room.on("job", (job) => job.what === what && this.progress(job));
    room.on("shown", (name) => name === what && this.shown());
  }

  get found() {
    return this.room.studies[this.what];
  }

  /** A panel that is opened and has nothing to show asks by itself. */
  shown() {
    this.draw(); // pictures are as wide as the panel, which has no width while it is hidden
    if (this.room.may && this.room.state && !this.found && !this.running && this.auto) this.start();
  }

  async start() {
    this.failed = "";
    this.waiting(true);
    const answer = await this.act.study(this.what, this.fields?.() ?? {});
    if (answer.type === "refused") this.waiting(false);
    else this.job = answer.job;
  }

  stop() {
    this.act.command({ do: "cancel", job: this.job });
  }

  waiting(on) {
    this.running = on;
    this.work.hidden = !on;
    this.cancel.hidden = !this.room.may;
    this.button.hidden = on;
    if (on) this.meter.removeAttribute("value");
  }

  progress({ job, state, done, total, label, message }) {
    this.job = job;
    if (state === "running") {
      this.waiting(true);
      if (total) Object.assign(this.meter, { max: total, value: done });
      say(this.label, label ?? "");
      return;
    }
    this.waiting(false);
    this.failed = state === "failed" ? message || "It could not be done." : "";
    this.draw();
  }

  update() {
    const { found } = this;
    const old = found && isOld(this.room, found);
    this.body.classList.toggle("stale", Boolean(old));
    this.button.textContent = found ? "Again" : this.ask;
    this.button.classList.toggle("primary", Boolean(old) || !found);
    say(this.text, found ? this.title(found) : this.asks());
    if (old) this.text.append(h("span", { class: "old" }, " Settings have changed since."));
    if (this.failed) this.text.replaceChildren(h("span", { class: "old", role: "alert" }, this.failed));
    if (found) this.body.replaceChildren(...[this.show(found)].flat());
  }
}
