// The wall has no mouse: it follows what the participants work on.

const TABS = { tune: "goal" };
const OLD_RESULTS = 2000; // ms after joining in which old results arrive

const rounds = ({ questions }) => JSON.stringify(questions.map(({ rounds: all }) => [all.length, all.at(-1)?.state]));
const settings = (state) => JSON.stringify(state.settings);

export class WallFollower {
  constructor(store, left, below) {
    Object.assign(this, { store, left, below, since: 0 });
    store.on("begin", () => {
      this.since = performance.now();
    });
    store.on("state", () => this.follow());
    store.on(
      "study",
      (name) => this.isWall && performance.now() - this.since > OLD_RESULTS && below.choose(TABS[name] ?? name),
    );
  }

  get isWall() {
    return this.store.you?.role === "wall";
  }

  /** Show the questions when a round opens or closes, the sliders when one is set. */
  follow() {
    if (!this.isWall) return;
    const { state } = this.store;
    const before = this.before;
    this.before = { rounds: rounds(state), settings: settings(state) };
    if (!before) return;
    if (before.rounds !== this.before.rounds) this.left.choose("questions");
    else if (before.settings !== this.before.settings) this.left.choose("sliders");
  }
}
