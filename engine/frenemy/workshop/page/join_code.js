// The invitation: QR code, link, and who is here.

import { $, h, setText } from "./dom.js";

export class JoinCode {
  constructor(store) {
    this.store = store;
    store.on("begin", () => {
      document.body.classList.toggle("has-join", Boolean(store.join));
    });
    store.on("people state", () => this.people());
    $("invite-copy").addEventListener("click", () => this.copy());
  }

  open() {
    const { join } = this.store;
    if (!join) return;
    const qr = join.qr.includes("xmlns=")
      ? join.qr
      : join.qr.replace("<svg", `<svg xmlns="http://www.w3.org/2000/svg"`);
    $("invite-qr").src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(qr)}`;
    const [address, code] = join.url.split("#join=");
    $("invite-url").replaceChildren(
      h("b", {}, address.replace(/^https?:\/\//, "").replace(/\/$/, "")),
      ...(code ? [h("span", {}, "with the code ", h("b", {}, code))] : []),
    );
    this.people();
    $("invite-dialog").showModal();
  }

  people() {
    const { state, people } = this.store;
    const names = people.here
      .map((id) => state?.members[id])
      .filter((member) => member?.role === "participant")
      .map((member) => member.name);
    setText($("invite-here"), names.length ? names.join(", ") : "nobody yet");
  }

  async copy() {
    const { url } = this.store.join;
    try {
      await navigator.clipboard.writeText(url);
      setText($("invite-copy"), "Copied");
    } catch {
      getSelection().selectAllChildren($("invite-url"));
    }
  }
}
