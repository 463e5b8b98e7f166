// The websocket: says hello, comes back by itself, and never loses a command: what was not answered is sent again.

import { unpack } from "./frames.js";

const PROTOCOL = 1;
const FATAL = new Set([4401, 4403, 4409]);

function unique() {
  const bytes = crypto.getRandomValues(new Uint8Array(6)); // randomUUID is missing over plain HTTP
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Link {
  /** `take(head, arrays, bytes)` gets every message; `status(state, message)` is told "open", "waiting" or "refused". */
  constructor({ hello, take, status }) {
    Object.assign(this, { hello, take, status });
    this.prefix = unique();
    this.made = 0;
    this.unanswered = new Map();
    this.streams = new Map();
    this.pause = 500;
    this.ready = false;
    this.connect();
    addEventListener("online", () => this.hurry());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.hurry());
  }

  connect() {
    clearTimeout(this.timer);
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`);
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => socket.send(JSON.stringify({ do: "hello", protocol: PROTOCOL, ...this.hello() }));
    socket.onmessage = ({ data }) => this.socket === socket && this.heard(data);
    socket.onclose = (event) => this.socket === socket && this.closed(event);
  }

  heard(data) {
    if (typeof data !== "string") {
      const { head, arrays, bytes } = unpack(data);
      this.take(head, arrays, bytes);
      return;
    }
    const message = JSON.parse(data);
    if (message.type === "welcome") {
      this.ready = true;
      this.pause = 500;
      this.take(message);
      this.status("open", "");
      for (const { command } of this.unanswered.values()) this.send(command);
    } else if (message.id && this.unanswered.has(message.id)) {
      const { resolve } = this.unanswered.get(message.id);
      this.unanswered.delete(message.id);
      resolve(message);
    } else if (message.type === "refused" && !this.ready) {
      this.reason = message.message;
    } else {
      this.take(message);
    }
  }

  closed({ code, reason }) {
    this.ready = false;
    if (FATAL.has(code)) {
      this.status("refused", this.reason || reason || "", code);
      return;
    }
    this.status("waiting", this.reason || "");
    this.reason = "";
    this.timer = setTimeout(() => this.connect(), this.pause);
    this.pause = Math.min(this.pause * 2, 5000);
  }

  /** Close for good. */
  drop() {
    clearTimeout(this.timer);
    const { socket } = this;
    this.socket = null;
    socket.close();
  }

  hurry() {
    if (this.socket?.readyState === WebSocket.CLOSED && this.timer) this.connect();
  }

  send(command) {
    if (this.ready && this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(command));
  }

  /** Send a command; resolves with its answer, `done` or `refused`, also across a lost connection. */
  command(fields) {
    this.made += 1;
    const command = { ...fields, id: `${this.prefix}-${this.made}` };
    return new Promise((resolve) => {
      this.unanswered.set(command.id, { command, resolve });
      this.send(command);
    });
  }

  /** Send `drag` or `fit` at once, but at most one in a frame of the screen: the newest of its name wins. */
  stream(fields) {
    if (this.streams.has(fields.do)) {
      this.streams.set(fields.do, fields);
      return;
    }
    this.send(fields);
    this.streams.set(fields.do, null);
    requestAnimationFrame(() => {
      const newest = this.streams.get(fields.do);
      this.streams.delete(fields.do);
      if (newest) this.stream(newest);
    });
  }

  /** Forget a `drag` or `fit` that waits for its frame: a command overtakes it. */
  still(name) {
    if (this.streams.has(name)) this.streams.set(name, null);
  }
}
