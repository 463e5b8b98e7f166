// The page: builds its parts, joins the session, and turns input into commands.

import { $, h, onNextFrame, segments, setText } from "./dom.js";
import { JoinForm } from "./join.js";
import { Drivers } from "./drivers.js";
import { Exports } from "./exports.js";
import { WallFollower } from "./wall.js";
import { day, longDate } from "./format.js";
import { Goal } from "./goal.js";
import { JoinCode } from "./join_code.js";
import { Keys } from "./keys.js";
import { Socket } from "./socket.js";
import { Minutes } from "./minutes.js";
import { Numbers } from "./numbers.js";
import { Odds, Status } from "./odds.js";
import { Questions } from "./questions.js";
import { Store } from "./store.js";
import { Sliders } from "./sliders.js";
import { Story } from "./story.js";
import { Causes, Experts, Tornado } from "./studies.js";
import { Tabs } from "./tabs.js";

const store = new Store();
const joinForm = new JoinForm();
let socket;

/** What the parts of the page can do. Everything that changes the session goes through here. */
const actions = {
  async command(fields) {
    const answer = await socket.command(fields);
    if (answer.type === "refused") actions.notify(answer.message);
    return answer;
  },
  set(fields) {
    if (fields.do === "set") socket.discardStream("drag");
    return actions.command({ ...fields, seen: store.state.version });
  },
  drag: (key, value) => socket.stream({ do: "drag", key, value }),
  fit: (fields) => socket.stream({ do: "fit", ...fields }),
  study: (what, more = {}) => actions.command({ do: "study", what, ...more }),
  focus(change) {
    if (store.isFacilitator) actions.command({ do: "focus", ...store.focus, ...change });
  },
  horizon: (days) => actions.focus({ date: new Date(days * 864e5).toISOString().slice(0, 10) }),
  who: (id) => store.state.members[id]?.name ?? "someone",
  show: (name) => (name === "sliders" || name === "questions" ? left : below).choose(name),
  reveal: (key) => sliders.reveal(key),
  notify(message) {
    setText($("toast"), message);
    $("toast").hidden = false;
    clearTimeout(actions.hideTimer);
    actions.hideTimer = setTimeout(() => {
      $("toast").hidden = true;
    }, 6000);
  },
};

const left = new Tabs($("left"), (name) => {
  document.body.dataset.left = name;
});
const below = new Tabs($("below"), (name) => {
  document.body.dataset.below = name;
  store.emit("tab", name);
});
const sliders = new Sliders(store, actions);
const connectionStatus = new Status(store);
new Odds(store, actions);
new Drivers(store);
new Tornado(store, actions);
new Causes(store, actions);
new Story(store, actions);
new Goal(store, actions);
new Experts(store, actions);
new Numbers(store);
new Minutes(store, actions);
new Questions(store, actions);
new Exports(store, actions);
const joinCode = new JoinCode(store);

new WallFollower(store, left, below);

// ------------------------------------------------------------------------------------------------------ the header

const PRESSED = { true: "true", false: "false" };

function toggle(id, kind) {
  const on = document.documentElement.classList.toggle(kind);
  $(id).setAttribute("aria-pressed", PRESSED[on]);
  return on;
}

const tools = {
  undo: () => store.state.can_undo && actions.set({ do: "undo" }),
  redo: () => store.state.can_redo && actions.set({ do: "redo" }),
  "hide-left": () =>
    $("hide-left").setAttribute("aria-pressed", PRESSED[!document.documentElement.classList.toggle("no-left")]),
  big: () => localStorage.setItem("frenemy.big", toggle("big", "big") ? "1" : ""),
  full: () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen?.()),
  invite: () => joinCode.open(),
  export: () => $("export-dialog").showModal(),
  help: () => $("help-dialog").showModal(),
};
for (const [id, action] of Object.entries(tools)) $(id).addEventListener("click", action);
document.addEventListener("fullscreenchange", () =>
  $("full").setAttribute("aria-pressed", PRESSED[Boolean(document.fullscreenElement)]),
);
if (localStorage.getItem("frenemy.big")) toggle("big", "big");

function stepDate(by) {
  const select = $("date");
  const next = select.options[select.selectedIndex + by];
  if (next) actions.focus({ date: next.value });
}

new Keys({
  z: tools.undo,
  y: tools.redo,
  f: tools.full,
  b: tools.big,
  h: tools["hide-left"],
  i: tools.invite,
  "?": tools.help,
  e: () => store.isFacilitator && tools.export(),
  r: () => actions.focus({ reading: store.focus.reading === "at" ? "ever" : "at" }),
  "[": () => stepDate(-1),
  "]": () => stepDate(1),
  "/": () => {
    actions.show("sliders");
    $("find").focus();
  },
  w: () => store.isFacilitator && sliders.askWhy(),
  g: () => store.isFacilitator && (actions.show("goal"), $("goal-probability")?.focus()),
  m: () => store.isFacilitator && $("show-movers").click(),
  s: () => actions.show("sliders"),
  q: () => actions.show("questions"),
  n: (number) => below.chooseNumber(number),
});

const header = onNextFrame(() => {
  const { catalogue, state, focus } = store;
  if (!state) return;
  setText($("title"), catalogue.title);
  setText($("experiment"), catalogue.experiment);
  document.title = `${catalogue.experiment} · Frenemy workshop`;
  $("undo").disabled = !state.can_undo;
  $("redo").disabled = !state.can_redo;
  $("date").replaceChildren(
    ...store.dates.map((date) => h("option", { value: date, selected: date === focus.date }, longDate(day(date)))),
  );
  $("date").value = focus.date;
  $("date").disabled = !store.isFacilitator;
  for (const input of document.querySelectorAll("#reading input")) {
    input.checked = input.value === focus.reading;
    input.disabled = !store.isFacilitator;
  }
});

$("date").addEventListener("change", () => actions.focus({ date: $("date").value }));
$("reading").append(
  segments(
    "reading",
    "Reading",
    [
      ["at", "on", "Odds of being in the scenario on that date"],
      ["ever", "ever by", "Odds of having been in the scenario at any time up to that date"],
    ],
    "at",
    (reading) => actions.focus({ reading }),
  ),
);

store.on("begin", () => {
  document.body.dataset.role = store.you.role;
  joinForm.close();
  $("app").hidden = false;
  left.choose(store.you.role === "participant" ? "questions" : "sliders");
});
store.on("state", header);
store.on("problem", actions.notify);

// ------------------------------------------------------------------------------------------------------ joining

function showStatus(state, message, code) {
  connectionStatus.online = state === "open";
  $("offline").hidden = state !== "waiting" || !store.catalogue;
  if (state === "waiting") {
    setText($("offline"), "The connection is lost. This page reconnects by itself; nothing that you saved is lost.");
    joinForm.waiting(message);
  }
  if (state === "refused") {
    $("app").hidden = true;
    joinForm.refused(message, code);
  }
}

joinForm.begin((hello) => {
  if (socket) socket.close();
  socket = new Socket({
    hello: () => joinForm.hello(hello),
    status: showStatus,
    receive: (head, arrays, bytes) => {
      if (head.type === "welcome") joinForm.welcomed(head);
      if (head.type === "export") store.emit("export", { head, bytes });
      else store.receive(head, arrays);
    },
  });
});
