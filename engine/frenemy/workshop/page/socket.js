// The websocket: sends hello, reconnects by itself, and loses no command: it resends those without an answer.

import { unpack } from "./frames.js";

const PROTOCOL = 1;
const FATAL = new Set([4401, 4403, 4409]);

function unique() {
  const bytes = crypto.getRandomValues(new Uint8Array(6)); // randomUUID is missing over plain HTTP
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Socket {
  /** `receive(head, arrays, bytes)` gets every message; `status(state, message)` gets "open", "waiting" or "refused". */
  constructor({ hello, receive, status }) {
    Object.assign(this, { hello, receive, status });
    this.prefix = unique();
    this.sent = 0;
    this.unanswered = new Map();
    this.streams = new Map();
    this.delay = 500;
    this.ready = false;
    this.connect();
    addEventListener("online", () => this.reconnectNow());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.reconnectNow());
  }

  connect() {
    clearTimeout(this.timer);
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`);
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => socket.send(JSON.stringify({ do: "hello", protocol: PROTOCOL, ...this.hello() }));
    socket.onmessage = ({ data }) => this.socket === socket && this.onMessage(data);
    socket.onclose = (event) => this.socket === socket && this.onClose(event);
  }

  onMessage(data) {
    if (typeof data !== "string") {
      const { head, arrays, bytes } = unpack(data);
      this.receive(head, arrays, bytes);
      return;
    }
    const message = JSON.parse(data);
    if (message.type === "welcome") {
      this.ready = true;
      this.delay = 500;
      this.receive(message);
      this.status("open", "");
      for (const { command } of this.unanswered.values()) this.send(command);
    } else if (message.id && this.unanswered.has(message.id)) {
      const { resolve } = this.unanswered.get(message.id);
      this.unanswered.delete(message.id);
      resolve(message);
    } else if (message.type === "refused" && !this.ready) {
      this.reason = message.message;
    } else {
      this.receive(message);
    }
  }

  onClose({ code, reason }) {
    this.ready = false;
    if (FATAL.has(code)) {
      this.status("refused", this.reason || reason || "", code);
      return;
    }
    this.status("waiting", this.reason || "");
    this.reason = "";
    this.timer = setTimeout(() => this.connect(), this.delay);
    this.delay = Math.min(this.delay * 2, 5000);
  }

  /** Close for good. */
  close() {
    clearTimeout(this.timer);
    const { socket } = this;
    this.socket = null;
    socket.close();
  }

  reconnectNow() {
    if (this.socket?.readyState === WebSocket.CLOSED && this.timer) this.connect();
  }

  send(command) {
    if (this.ready && this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(command));
  }

  /** Send a command; resolves with its answer, `done` or `refused`, even after a lost connection. */
  command(fields) {
    this.sent += 1;
    const command = { ...fields, id: `${this.prefix}-${this.sent}` };
    return new Promise((resolve) => {
      this.unanswered.set(command.id, { command, resolve });
      this.send(command);
    });
  }

  /** Send `drag` or `fit` at once, but at most one per animation frame: the newest wins. */
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

  /** Discard a `drag` or `fit` that waits for its frame, because a command follows. */
  discardStream(name) {
    if (this.streams.has(name)) this.streams.set(name, null);
  }
}
