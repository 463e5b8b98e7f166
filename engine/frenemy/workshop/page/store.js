// What the page knows: the catalogue, the state, the odds. Messages change it; listeners draw it.

import { clamp, day } from "./format.js";

export class Store {
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
      settingsVersion: 0,
      join: null,
    });
  }

  on(names, listener) {
    for (const name of names.split(" ")) {
      if (!this.listeners.has(name)) this.listeners.set(name, []);
      this.listeners.get(name).push(listener);
    }
  }

  emit(name, value) {
    for (const listener of this.listeners.get(name) ?? []) listener(value);
  }

  get isFacilitator() {
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

  /** The dates to choose from: those of the report, the focus and the end of the run. */
  get dates() {
    const { dates, end } = this.catalogue;
    return [...new Set([...dates, this.focus.date, end])].sort();
  }

  /** Index of the assessment nearest to a day. */
  tickAt(days) {
    const { start, tick, ticks } = this.catalogue;
    return clamp(Math.round((days - day(start)) / tick) - 1, 0, ticks - 1);
  }

  /** Index of the assessment in focus. */
  get tick() {
    return this.tickAt(day(this.focus.date));
  }

  receive(head, arrays) {
    HANDLERS[head.type]?.(this, head, arrays);
  }
}

const study = (store, message) => {
  store.studies[message.type] = message;
  store.emit("study", message.type);
};

const HANDLERS = {
  welcome(store, message) {
    const first = !store.catalogue;
    const { studies, pooled } = store;
    store.reset();
    Object.assign(store, { ...message, studies, pooled });
    store.settingsVersion = Math.max(0, ...Object.values(store.state.settings).map(({ version }) => version));
    if (first) store.emit("begin");
    store.emit("state");
    store.emit("minutes");
  },
  state(store, { state }) {
    if (JSON.stringify(state.settings) !== JSON.stringify(store.state.settings)) store.settingsVersion = state.version;
    store.state = state;
    store.moving = {};
    store.emit("state");
  },
  people(store, message) {
    store.people = message;
    store.emit("people");
  },
  minutes(store, { entries }) {
    const byNumber = new Map(store.minutes.map((entry) => [entry.n, entry]));
    for (const entry of entries) byNumber.set(entry.n, entry);
    store.minutes = [...byNumber.values()].sort((a, b) => a.n - b.n);
    store.emit("minutes");
  },
  odds(store, head, arrays) {
    const odds = head.which === "base" ? store.base : store.now;
    if (head.which === "now") {
      const sameStamp = odds.head && head.stamp === store.stamp;
      if (!sameStamp && head.stamp <= store.stamp) return;
      if (!sameStamp) {
        for (const name of Object.keys(odds)) if (name !== "head") delete odds[name];
        odds.shown = head.kind;
      }
      store.stamp = head.stamp;
      store.moving = head.moving ?? {};
    }
    Object.assign(odds, arrays, { head: { ...odds.head, ...head } });
    odds[head.kind] = head;
    if (head.table) setTable(store, head.which, head.table);
    store.emit("odds", head);
  },
  table(store, { which, stamp, table }) {
    if (which === "now" && stamp !== store.stamp) return;
    setTable(store, which, table);
    store.emit("table");
  },
  job(store, message) {
    store.jobs.set(message.job, message);
    store.emit("job", message);
  },
  pooled(store, message) {
    store.pooled[message.question] = message;
    store.emit("pooled", message.question);
  },
  problem: (store, message) => store.emit("problem", message.message),
  fitted: (store, message) => store.emit("fitted", message),
  export: (store, message) => store.emit("export", message),
  tornado: study,
  causes: study,
  story: study,
  tune: study,
  experts: study,
};

function setTable(store, which, table) {
  if (which === "now") store.tables.now = table;
}
