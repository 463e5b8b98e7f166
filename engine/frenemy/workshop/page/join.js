// Getting in: by the link's code, by a token kept from before, or by asking for name and code.

import { $, say } from "./dom.js";

const KEY = "frenemy.seat";

function stored(store) {
  try {
    return JSON.parse(store.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}

export class Door {
  constructor() {
    const hash = new URLSearchParams(location.hash.slice(1));
    this.code = hash.get("facilitate") ?? hash.get("join") ?? "";
    const asked =
      hash.get("role") ?? (hash.has("facilitate") ? "facilitator" : hash.has("join") ? "participant" : null);
    const seat = stored(sessionStorage).role ? stored(sessionStorage) : stored(localStorage);
    this.role = asked ?? seat.role ?? "participant";
    this.token = seat.role === this.role ? seat.token : undefined;
    this.session = seat.session;
    $("door-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.code = $("door-code").value.trim() || this.code;
      this.token = undefined;
      this.wait("One moment …");
      this.start({ name: $("door-name").value.trim() });
    });
  }

  /** Begin as soon as there is something to say hello with; `start` makes the connection. */
  ready(start) {
    this.start = start;
    const known = this.token || (this.code && this.role !== "participant");
    if (known) start({ name: this.role === "facilitator" ? "Facilitator" : "Wall" });
    else this.ask("");
  }

  hello({ name }) {
    return this.token ? { token: this.token } : { code: this.code, role: this.role, name };
  }

  welcomed({ session, you }) {
    this.token = you.token ?? this.token;
    this.session = session;
    const seat = JSON.stringify({ session, role: you.role, token: this.token });
    sessionStorage.setItem(KEY, seat);
    localStorage.setItem(KEY, seat);
    if (location.hash) history.replaceState(null, "", location.pathname);
  }

  refused(message, code) {
    const stale = this.token && code === 4401;
    if (stale) {
      this.token = undefined;
      sessionStorage.removeItem(KEY);
      localStorage.removeItem(KEY);
      if (this.code && this.role !== "participant") {
        this.ready(this.start);
        return;
      }
    }
    if (code === 4409) this.wait("There is a newer version of this page. Please reload it.");
    else this.ask(stale ? "" : message || "That code does not open this room.");
    $("door").hidden = false;
  }

  waiting(message) {
    this.wait(message || "The room cannot be reached. Trying again …");
  }

  wait(text) {
    say($("door-text"), text);
    $("door-fields").hidden = true;
  }

  ask(trouble) {
    say($("door-text"), trouble || "Give a name, and see the questions of this room.");
    $("door-form").classList.toggle("trouble", Boolean(trouble));
    $("door-fields").hidden = false;
    $("door-code-field").hidden = Boolean(this.code) && !trouble;
    $("door-code").value = trouble ? this.code : "";
    $("door-code").required = !$("door-code-field").hidden;
    $("door-name").focus();
  }

  close() {
    $("door").hidden = true;
  }
}
