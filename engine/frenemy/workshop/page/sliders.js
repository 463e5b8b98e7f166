// The panel of sliders: in groups, found by words, marked by what they do to the odds.

import { $, h, say, soon } from "./dom.js";
import { Row } from "./slider.js";
import { isOld } from "./study.js";

const MOST = 8; // sliders that are marked as moving the odds most

export class Sliders {
  constructor(room, act) {
    Object.assign(this, { room, act, rows: new Map() });
    this.draw = soon(() => this.update());
    room.on("begin", () => this.build());
    room.on("state odds study", this.draw);
    $("find").addEventListener("input", () => this.filter());
    $("changed-only").addEventListener("change", () => this.filter());
    $("show-movers").addEventListener("change", () => this.toggleMovers());
    $("reset-all").addEventListener("click", () => act.set({ do: "reset_all" }));
  }

  build() {
    const { sliders, groups } = this.room.catalogue;
    this.rows.clear();
    this.groups = groups
      .map((name) => {
        const rows = sliders.filter((slider) => slider.group === name).map((slider) => new Row(this, slider));
        for (const row of rows) this.rows.set(row.slider.key, row);
        const changes = h("span", { class: "changes" });
        const node = h(
          "details",
          { class: "group", open: true },
          h("summary", {}, h("span", {}, name), changes),
          rows.map((row) => row.node),
        );
        return { node, rows, changes };
      })
      .filter(({ rows }) => rows.length);
    $("sliders").replaceChildren(...this.groups.map(({ node }) => node));
    this.update();
  }

  update() {
    if (!this.room.state) return;
    const { state } = this.room;
    for (const row of this.rows.values()) row.update();
    for (const { rows, changes } of this.groups) {
      const n = rows.filter((row) => state.settings[row.slider.key]).length;
      say(changes, n ? `${n} changed` : "");
    }
    const changed = Object.keys(state.settings).length;
    $("reset-all").disabled = !this.room.may || !changed;
    this.movers();
    if ($("changed-only").checked) this.filter();
  }

  filter() {
    const words = $("find").value.toLowerCase().split(/\s+/).filter(Boolean);
    const changedOnly = $("changed-only").checked;
    for (const { node, rows } of this.groups ?? []) {
      let any = false;
      for (const row of rows) {
        const { label, group, description = "", key } = row.slider;
        const text = `${label} ${group} ${description}`.toLowerCase();
        const shown = words.every((word) => text.includes(word)) && (!changedOnly || this.room.state.settings[key]);
        row.node.hidden = !shown;
        any ||= shown;
      }
      node.hidden = !any;
      if (any && words.length) node.open = true;
    }
  }

  toggleMovers() {
    const { tornado } = this.room.studies;
    if ($("show-movers").checked && (!tornado || isOld(this.room, tornado))) this.act.study("tornado");
    this.movers();
  }

  /** A bar on each slider that moves the focused odds, as long as what it does to them. */
  movers() {
    const found = $("show-movers").checked ? this.room.studies.tornado : null;
    $("sliders").classList.toggle("ranked", Boolean(found));
    for (const row of this.rows.values()) row.mover(null);
    if (!found) return;
    const reach = Math.max(...found.bars.map((bar) => Math.abs(bar.high - bar.low)), 0.001);
    const { colour } = this.room.scenario(found.focus.scenario);
    found.bars
      .filter((bar) => bar.slider && bar.clear)
      .slice(0, MOST)
      .forEach((bar, at) => {
        this.rows.get(bar.key)?.mover({ rank: at + 1, share: Math.abs(bar.high - bar.low) / reach, bar, colour });
      });
  }

  /** Ask why the slider that was moved last stands where it does. */
  askWhy() {
    const row = this.rows.get(this.last);
    if (!row || !this.room.state.settings[this.last]) return;
    this.reveal(this.last);
    if (row.more.hidden) row.toggle();
    row.why.focus();
  }

  reveal(key) {
    const row = this.rows.get(key);
    if (!row) return;
    this.act.show("sliders");
    $("find").value = "";
    $("changed-only").checked = false;
    this.filter();
    row.node.closest("details").open = true;
    row.range.focus({ preventScroll: true });
    row.node.scrollIntoView({ block: "center" });
  }
}
