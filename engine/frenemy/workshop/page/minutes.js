// The minutes: what was changed, by whom, and its effect on the odds; and remarks.

import { $, h, onNextFrame } from "./dom.js";
import { clock } from "./format.js";

export class Minutes {
  constructor(store, actions) {
    this.store = store;
    this.input = h("input", {
      placeholder: "A remark for the minutes",
      "aria-label": "A remark for the minutes",
      maxlength: 2000,
    });
    this.name = h("input", { id: "my-name", maxlength: 40, autocomplete: "name", onchange: () => this.rename(actions) });
    this.form = h(
      "form",
      {
        class: "note only-facilitator",
        onsubmit: async (event) => {
          event.preventDefault();
          const text = this.input.value.trim();
          if (!text) return;
          const answer = await actions.command({ do: "note", text });
          if (answer.type === "done") this.input.value = "";
        },
      },
      this.input,
      h("label", { for: "my-name", class: "muted" }, "as"),
      this.name,
      h("button", {}, "Add"),
    );
    this.list = h("ol", { class: "minutes", reversed: true });
    $("panel-minutes").append(this.form, this.list);
    store.on("begin state", () => {
      this.name.value = store.state.members[store.you.id]?.name ?? store.you.name;
    });
    store.on(
      "minutes",
      onNextFrame(() => this.update()),
    );
  }

  /** Names appear in the minutes, so each facilitator should have one. */
  rename(actions) {
    const name = this.name.value.trim();
    if (name) actions.command({ do: "rename", name });
  }

  update() {
    const entries = [...this.store.minutes].reverse().slice(0, 200);
    this.list.replaceChildren(
      ...entries.map(({ at, who, text, why, effect }) =>
        h(
          "li",
          {},
          h("time", { datetime: at }, clock(at)),
          h("span", { class: "by" }, who),
          h("span", {}, text),
          why && h("span", { class: "why" }, `“${why}”`),
          effect && h("span", { class: "effect" }, effect),
        ),
      ),
    );
    if (!entries.length)
      this.list.replaceChildren(
        h("li", {}, h("span"), h("span"), h("span", { class: "muted" }, "Nothing has been changed yet.")),
      );
  }
}
