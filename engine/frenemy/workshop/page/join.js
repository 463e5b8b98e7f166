// Joining: by the link's code, by a stored token, or by a form for name and code.

import { $, setText } from "./dom.js";

const KEY = "frenemy.seat";

function stored(storage) {
  try {
    return JSON.parse(storage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}

export class JoinForm {
  constructor() {
    const hash = new URLSearchParams(location.hash.slice(1));
    this.code = hash.get("facilitate") ?? hash.get("join") ?? "";
    const roleOfLink =
      hash.get("role") ?? (hash.has("facilitate") ? "facilitator" : hash.has("join") ? "participant" : null);
    const membership = stored(sessionStorage).role ? stored(sessionStorage) : stored(localStorage);
    this.role = roleOfLink ?? membership.role ?? "participant";
    this.token = membership.role === this.role ? membership.token : undefined;
    this.session = membership.session;
    $("join-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.code = $("join-code").value.trim() || this.code;
      this.token = undefined;
      this.showText("One moment …");
      this.connect({ name: $("join-name").value.trim() });
    });
  }

  /** Connect as soon as name and code or a token are known; `connect` makes the connection. */
  begin(connect) {
    this.connect = connect;
    const known = this.token || (this.code && this.role !== "participant");
    if (known) connect({ name: this.role === "facilitator" ? "Facilitator" : "Wall" });
    else this.showFields("");
  }

  hello({ name }) {
    return this.token ? { token: this.token } : { code: this.code, role: this.role, name };
  }

  welcomed({ session, you }) {
    this.token = you.token ?? this.token;
    this.session = session;
    const membership = JSON.stringify({ session, role: you.role, token: this.token });
    sessionStorage.setItem(KEY, membership);
    localStorage.setItem(KEY, membership);
    if (location.hash) history.replaceState(null, "", location.pathname);
  }

  refused(message, code) {
    const badToken = this.token && code === 4401;
    if (badToken) {
      this.token = undefined;
      sessionStorage.removeItem(KEY);
      localStorage.removeItem(KEY);
      if (this.code && this.role !== "participant") {
        this.begin(this.connect);
        return;
      }
    }
    if (code === 4409) this.showText("There is a newer version of this page. Please reload it.");
    else this.showFields(badToken ? "" : message || "This code is not valid for this session.");
    $("join").hidden = false;
  }

  waiting(message) {
    this.showText(message || "The server cannot be reached. Trying again …");
  }

  showText(text) {
    setText($("join-text"), text);
    $("join-fields").hidden = true;
  }

  showFields(error) {
    setText($("join-text"), error || "Give your name to see the questions of this workshop.");
    $("join-form").classList.toggle("error", Boolean(error));
    $("join-fields").hidden = false;
    $("join-code-field").hidden = Boolean(this.code) && !error;
    $("join-code").value = error ? this.code : "";
    $("join-code").required = !$("join-code-field").hidden;
    $("join-name").focus();
  }

  close() {
    $("join").hidden = true;
  }
}
