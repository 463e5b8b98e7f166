// The wall has nobody at its mouse: it turns to what the room is at.

const TABS = { tune: "goal" };
const SETTLING = 2000; // ms after the door opens, when old results come in

const rounds = ({ questions }) => JSON.stringify(questions.map(({ rounds: all }) => [all.length, all.at(-1)?.state]));
const settings = (state) => JSON.stringify(state.settings);

export class Following {
  constructor(room, left, below) {
    Object.assign(this, { room, left, below, since: 0 });
    room.on("begin", () => {
      this.since = performance.now();
    });
    room.on("state", () => this.turn());
    room.on(
      "study",
      (name) => this.wall && performance.now() - this.since > SETTLING && below.choose(TABS[name] ?? name),
    );
  }

  get wall() {
    return this.room.you?.role === "wall";
  }

  /** To the questions when a round opens or closes, to the sliders when one is set. */
  turn() {
    if (!this.wall) return;
    const { state } = this.room;
    const before = this.before;
    this.before = { rounds: rounds(state), settings: settings(state) };
    if (!before) return;
    if (before.rounds !== this.before.rounds) this.left.choose("questions");
    else if (before.settings !== this.before.settings) this.left.choose("sliders");
  }
}
