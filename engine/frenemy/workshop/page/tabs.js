// A tab list with its panels: a click, or the arrow keys, chooses one.

export class Tabs {
  constructor(root, chosen) {
    this.tabs = [...root.querySelectorAll(":scope > [role=tablist] > [role=tab]")];
    this.chosen = chosen;
    for (const tab of this.tabs) {
      tab.addEventListener("click", () => this.select(tab));
      tab.addEventListener("keydown", (event) => this.key(event));
    }
  }

  get open() {
    return this.tabs.filter((tab) => tab.offsetParent !== null);
  }

  key(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity }[event.key];
    if (!step) return;
    event.preventDefault();
    const { open } = this;
    const here = open.indexOf(event.target);
    const next =
      open[Number.isFinite(step) ? (here + step + open.length) % open.length : step > 0 ? open.length - 1 : 0];
    this.select(next);
    next.focus();
  }

  select(tab) {
    for (const other of this.tabs) {
      const on = other === tab;
      other.setAttribute("aria-selected", String(on));
      other.tabIndex = on ? 0 : -1;
      document.getElementById(other.getAttribute("aria-controls")).hidden = !on;
    }
    this.chosen(tab.id.replace("tab-", ""));
  }

  choose(name) {
    const tab = this.tabs.find((item) => item.id === `tab-${name}`);
    if (tab) this.select(tab);
  }

  at(place) {
    const tab = this.open[place];
    if (tab) this.select(tab);
  }
}
