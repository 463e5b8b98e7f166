// A tab list with its panels; a click or the arrow keys choose one.

export class Tabs {
  constructor(root, onChoose) {
    this.tabs = [...root.querySelectorAll(":scope > [role=tablist] > [role=tab]")];
    this.onChoose = onChoose;
    for (const tab of this.tabs) {
      tab.addEventListener("click", () => this.select(tab));
      tab.addEventListener("keydown", (event) => this.onKey(event));
    }
  }

  get visible() {
    return this.tabs.filter((tab) => tab.offsetParent !== null);
  }

  onKey(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity }[event.key];
    if (!step) return;
    event.preventDefault();
    const { visible } = this;
    const here = visible.indexOf(event.target);
    const next =
      visible[
        Number.isFinite(step) ? (here + step + visible.length) % visible.length : step > 0 ? visible.length - 1 : 0
      ];
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
    this.onChoose(tab.id.replace("tab-", ""));
  }

  choose(name) {
    const tab = this.tabs.find((item) => item.id === `tab-${name}`);
    if (tab) this.select(tab);
  }

  chooseNumber(n) {
    const tab = this.visible[n];
    if (tab) this.select(tab);
  }
}
