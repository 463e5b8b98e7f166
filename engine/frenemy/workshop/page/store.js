// What the page knows: the catalogue, the state, the odds. Messages change it; whoever listens draws it.

import { day } from "./format.js";

export class Room {
  constructor() {
    this.listeners = new Map();
    this.reset();
  }

  reset() {
    Object.assign(this, {
      you: null,
      catalogue: null,
      state: null,
      base: {},
      now: {},
      tables: {},
      people: { here: [], walls: 0 },
      minutes: [],
      studies: {},
      jobs: new Map(),
      pooled: {},
      moving: {},
      stamp: -1,
      wanted: 0,
      join: null,
    });
  }

  on(names, listener) {
    for (const name of names.split(" ")) {
      if (!this.listeners.has(name)) this.listeners.set(name, []);
      this.listeners.get(name).push(listener);
    }
  }

  tell(name, value) {
    for (const listener of this.listeners.get(name) ?? []) listener(value);
  }

  get may() {
    return this.you?.role === "facilitator";
  }

  get focus() {
    return this.state.focus;
  }

  get scenarios() {
    return this.catalogue.scenarios;
  }

  scenario(name) {
    return this.scenarios.find((scenario) => scenario.name === name);
  }

  /** Place of the focused date among the assessments. */
  get tick() {
    const { start, tick, ticks } = this.catalogue;
    const n = Math.round((day(this.focus.date) - day(start)) / tick) - 1;
    return Math.min(Math.max(n, 0), ticks - 1);
  }

  take(head, arrays) {
    const taker = TAKERS[head.type];
    if (taker) taker(this, head, arrays);
  }
}

const study = (room, message) => {
  room.studies[message.type] = message;
  room.tell("study", message.type);
};

const TAKERS = {
  welcome(room, message) {
    const fresh = !room.catalogue;
    const { studies, pooled } = room;
    room.reset();
    Object.assign(room, { ...message, studies, pooled });
    room.wanted = Math.max(0, ...Object.values(room.state.settings).map(({ version }) => version));
    if (fresh) room.tell("begin");
    room.tell("state");
    room.tell("minutes");
  },
  state(room, { state }) {
    if (JSON.stringify(state.settings) !== JSON.stringify(room.state.settings)) room.wanted = state.version;
    room.state = state;
    room.moving = {};
    room.tell("state");
  },
  people(room, message) {
    room.people = message;
    room.tell("people");
  },
  minutes(room, { entries }) {
    const known = new Map(room.minutes.map((entry) => [entry.n, entry]));
    for (const entry of entries) known.set(entry.n, entry);
    room.minutes = [...known.values()].sort((a, b) => a.n - b.n);
    room.tell("minutes");
  },
  odds(room, head, arrays) {
    const store = head.which === "base" ? room.base : room.now;
    if (head.which === "now") {
      const joins = store.head && head.stamp === room.stamp;
      if (!joins && head.stamp <= room.stamp) return;
      if (!joins) {
        for (const name of Object.keys(store)) if (name !== "head") delete store[name];
        store.shown = head.kind;
      }
      room.stamp = head.stamp;
      if (head.kind !== "bands") room.moving = head.moving ?? {};
    }
    Object.assign(store, arrays, { head: { ...store.head, ...head } });
    store[head.kind] = head;
    if (head.table) keep(room, head.which, head.kind, head.table);
    room.tell("odds", head);
  },
  table(room, { which, stamp, table }) {
    if (which === "now" && stamp !== room.stamp) return;
    keep(room, which, "settled", table);
    room.tell("table");
  },
  job(room, message) {
    room.jobs.set(message.job, message);
    room.tell("job", message);
  },
  pooled(room, message) {
    room.pooled[message.question] = message;
    room.tell("pooled", message.question);
  },
  problem: (room, message) => room.tell("problem", message.message),
  fitted: (room, message) => room.tell("fitted", message),
  export: (room, message) => room.tell("export", message),
  tornado: study,
  causes: study,
  story: study,
  tune: study,
  experts: study,
};

function keep(room, which, kind, table) {
  if (which === "now") room.tables[kind === "bands" ? "bands" : "now"] = table;
}
