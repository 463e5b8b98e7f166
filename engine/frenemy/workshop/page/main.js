// The page: puts the parts together, gets in at the door, and turns what people do into commands.

import { $, h, say, segments, soon } from "./dom.js";
import { Door } from "./join.js";
import { Drivers } from "./drivers.js";
import { Exports } from "./exports.js";
import { Following } from "./wall.js";
import { day, longDate } from "./format.js";
import { Goal } from "./goal.js";
import { Invite } from "./join_code.js";
import { Keys } from "./keys.js";
import { Link } from "./socket.js";
import { Minutes } from "./minutes.js";
import { Numbers } from "./numbers.js";
import { Light, Odds } from "./odds.js";
import { Questions } from "./questions.js";
import { Room } from "./store.js";
import { Sliders } from "./sliders.js";
import { Story } from "./story.js";
import { Causes, Experts, Tornado } from "./studies.js";
import { Tabs } from "./tabs.js";

const room = new Room();
const door = new Door();
let link;

/** What the parts may ask for. Everything that changes the room goes through here. */
const act = {
  async command(fields) {
    const answer = await link.command(fields);
    if (answer.type === "refused") act.tell(answer.message);
    return answer;
  },
  set(fields) {
    if (fields.do === "set") link.still("drag");
    return act.command({ ...fields, seen: room.state.version });
  },
  drag: (key, value) => link.stream({ do: "drag", key, value }),
  fit: (fields) => link.stream({ do: "fit", ...fields }),
  study: (what, more = {}) => act.command({ do: "study", what, ...more }),
  focus(change) {
    if (room.may) act.command({ do: "focus", ...room.focus, ...change });
  },
  horizon: (days) => act.focus({ date: new Date(days * 864e5).toISOString().slice(0, 10) }),
  who: (id) => room.state.members[id]?.name ?? "someone",
  show: (name) => (name === "sliders" || name === "questions" ? left : below).choose(name),
  reveal: (key) => sliders.reveal(key),
  tell(message) {
    say($("toast"), message);
    $("toast").hidden = false;
    clearTimeout(act.hush);
    act.hush = setTimeout(() => {
      $("toast").hidden = true;
    }, 6000);
  },
};

const left = new Tabs($("left"), (name) => {
  document.body.dataset.left = name;
});
const below = new Tabs($("below"), (name) => {
  document.body.dataset.below = name;
  room.tell("shown", name);
});
const sliders = new Sliders(room, act);
const light = new Light(room);
new Odds(room, act);
new Drivers(room);
new Tornado(room, act);
new Causes(room, act);
new Story(room, act);
new Goal(room, act);
new Experts(room, act);
new Numbers(room);
new Minutes(room, act);
new Questions(room, act);
new Exports(room, act);
const invite = new Invite(room);

new Following(room, left, below);

// ------------------------------------------------------------------------------------------------------ the header

const PRESSED = { true: "true", false: "false" };

function toggle(id, kind) {
  const on = document.documentElement.classList.toggle(kind);
  $(id).setAttribute("aria-pressed", PRESSED[on]);
  return on;
}

const tools = {
  undo: () => room.state.can_undo && act.set({ do: "undo" }),
  redo: () => room.state.can_redo && act.set({ do: "redo" }),
  "hide-left": () =>
    $("hide-left").setAttribute("aria-pressed", PRESSED[!document.documentElement.classList.toggle("no-left")]),
  big: () => localStorage.setItem("frenemy.big", toggle("big", "big") ? "1" : ""),
  full: () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen?.()),
  invite: () => invite.open(),
  export: () => $("export-dialog").showModal(),
  help: () => $("help-dialog").showModal(),
};
for (const [id, work] of Object.entries(tools)) $(id).addEventListener("click", work);
document.addEventListener("fullscreenchange", () =>
  $("full").setAttribute("aria-pressed", PRESSED[Boolean(document.fullscreenElement)]),
);
if (localStorage.getItem("frenemy.big")) toggle("big", "big");

function stepDate(by) {
  const select = $("date");
  const next = select.options[select.selectedIndex + by];
  if (next) act.focus({ date: next.value });
}

new Keys({
  z: tools.undo,
  y: tools.redo,
  f: tools.full,
  b: tools.big,
  h: tools["hide-left"],
  i: tools.invite,
  "?": tools.help,
  e: () => room.may && tools.export(),
  r: () => act.focus({ reading: room.focus.reading === "at" ? "ever" : "at" }),
  "[": () => stepDate(-1),
  "]": () => stepDate(1),
  "/": () => {
    act.show("sliders");
    $("find").focus();
  },
  w: () => room.may && sliders.askWhy(),
  g: () => room.may && (act.show("goal"), $("goal-probability")?.focus()),
  m: () => room.may && $("show-movers").click(),
  s: () => act.show("sliders"),
  q: () => act.show("questions"),
  n: (at) => below.at(at),
});

const header = soon(() => {
  const { catalogue, state, focus } = room;
  if (!state) return;
  say($("title"), catalogue.title);
  say($("experiment"), catalogue.experiment);
  document.title = `${catalogue.experiment} · Frenemy workshop`;
  $("undo").disabled = !state.can_undo;
  $("redo").disabled = !state.can_redo;
  const dates = [...new Set([...catalogue.dates, focus.date, catalogue.end])].sort();
  $("date").replaceChildren(
    ...dates.map((date) => h("option", { value: date, selected: date === focus.date }, longDate(day(date)))),
  );
  $("date").value = focus.date;
  $("date").disabled = !room.may;
  for (const input of document.querySelectorAll("#reading input")) {
    input.checked = input.value === focus.reading;
    input.disabled = !room.may;
  }
});

$("date").addEventListener("change", () => act.focus({ date: $("date").value }));
$("reading").append(
  segments(
    "reading",
    "Reading",
    [
      ["at", "on", "Odds that we are in the scenario on that date"],
      ["ever", "ever by", "Odds that we have been in the scenario by that date"],
    ],
    "at",
    (reading) => act.focus({ reading }),
  ),
);

room.on("begin", () => {
  document.body.dataset.role = room.you.role;
  door.close();
  $("app").hidden = false;
  left.choose(room.you.role === "participant" ? "questions" : "sliders");
});
room.on("state", header);
room.on("problem", act.tell);

// ------------------------------------------------------------------------------------------------------ getting in

function status(state, message, code) {
  light.line = state === "open";
  $("offline").hidden = state !== "waiting" || !room.catalogue;
  if (state === "waiting") {
    say($("offline"), "The connection is lost. This page comes back by itself; nothing you stored is gone.");
    door.waiting(message);
  }
  if (state === "refused") {
    $("app").hidden = true;
    door.refused(message, code);
  }
}

door.ready((hello) => {
  if (link) link.drop();
  link = new Link({
    hello: () => door.hello(hello),
    status,
    take: (head, arrays, bytes) => {
      if (head.type === "welcome") door.welcomed(head);
      if (head.type === "export") room.tell("export", { head, bytes });
      else room.take(head, arrays);
    },
  });
});
