// The panel of sliders: grouped, searchable, marked by their effect on the odds.

import { $, h, setText, onNextFrame } from "./dom.js";
import { SliderRow } from "./slider.js";
import { isOutdated } from "./study.js";

const MAX_MOVERS = 8; // sliders marked as moving the odds most

export class Sliders {
  constructor(store, actions) {
    Object.assign(this, { store, actions, rows: new Map() });
    this.draw = onNextFrame(() => this.update());
    store.on("begin", () => this.build());
    store.on("state odds study", this.draw);
    $("find").addEventListener("input", () => this.filter());
    $("changed-only").addEventListener("change", () => this.filter());
    $("show-movers").addEventListener("change", () => this.toggleMovers());
    $("reset-all").addEventListener("click", () => actions.set({ do: "reset_all" }));
  }

  build() {
    const { sliders, groups } = this.store.catalogue;
    this.rows.clear();
    this.groups = groups
      .map((name) => {
        const rows = sliders.filter((slider) => slider.group === name).map((slider) => new SliderRow(this, slider));
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
    if (!this.store.state) return;
    const { state } = this.store;
    for (const row of this.rows.values()) row.update();
    for (const { rows, changes } of this.groups) {
      const n = rows.filter((row) => state.settings[row.slider.key]).length;
      setText(changes, n ? `${n} changed` : "");
    }
    const changed = Object.keys(state.settings).length;
    $("reset-all").disabled = !this.store.isFacilitator || !changed;
    this.markMovers();
    if ($("changed-only").checked) this.filter();
  }

  filter() {
    const words = $("find").value.toLowerCase().split(/\s+/).filter(Boolean);
    const changedOnly = $("changed-only").checked;
    for (const { node, rows } of this.groups ?? []) {
      let anyVisible = false;
      for (const row of rows) {
        const { label, group, description = "", key } = row.slider;
        const text = `${label} ${group} ${description}`.toLowerCase();
        const visible = words.every((word) => text.includes(word)) && (!changedOnly || this.store.state.settings[key]);
        row.node.hidden = !visible;
        anyVisible ||= visible;
      }
      node.hidden = !anyVisible;
      if (anyVisible && words.length) node.open = true;
    }
  }

  toggleMovers() {
    const { tornado } = this.store.studies;
    if ($("show-movers").checked && (!tornado || isOutdated(this.store, tornado))) this.actions.study("tornado");
    this.markMovers();
  }

  /** A bar on each slider that moves the odds in focus, as long as its effect. */
  markMovers() {
    const tornado = $("show-movers").checked ? this.store.studies.tornado : null;
    $("sliders").classList.toggle("ranked", Boolean(tornado));
    for (const row of this.rows.values()) row.markMover(null);
    if (!tornado) return;
    const reach = Math.max(...tornado.bars.map((bar) => Math.abs(bar.high - bar.low)), 0.001);
    const { colour } = this.store.scenario(tornado.focus.scenario);
    tornado.bars
      .filter((bar) => bar.slider && bar.clear)
      .slice(0, MAX_MOVERS)
      .forEach((bar, at) => {
        this.rows.get(bar.key)?.markMover({ rank: at + 1, share: Math.abs(bar.high - bar.low) / reach, bar, colour });
      });
  }

  /** Ask for the reason for the last slider change. */
  askWhy() {
    const row = this.rows.get(this.last);
    if (!row || !this.store.state.settings[this.last]) return;
    this.reveal(this.last);
    if (row.more.hidden) row.toggle();
    row.why.focus();
  }

  reveal(key) {
    const row = this.rows.get(key);
    if (!row) return;
    this.actions.show("sliders");
    $("find").value = "";
    $("changed-only").checked = false;
    this.filter();
    row.node.closest("details").open = true;
    row.range.focus({ preventScroll: true });
    row.node.scrollIntoView({ block: "center" });
  }
}
