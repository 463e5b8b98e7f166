// Small helpers for building the page. Text is inserted as text, never as markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.setAttribute("class", value);
    else if (name === "value" || name === "checked" || name === "disabled" || name === "hidden") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** An element with attributes (`onclick` and the like are listeners) and children (strings become text). */
export const h = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);

/** The same for SVG. */
export const s = (tag, attributes = {}, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

export const $ = (id) => document.getElementById(id);

/** Set text only where it differs, so that nothing is laid out or announced twice. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** A function that runs `work` once in the next animation frame, however often it is called. */
export function onNextFrame(work) {
  let scheduled = false;
  return () => {
    if (scheduled) return;
    scheduled = true;
    requestAnimationFrame(() => {
      scheduled = false;
      work();
    });
  };
}

/** Radio buttons that look like one switch. */
export function segments(name, label, options, chosen, onchange) {
  const inputs = options.map(([value, text, title]) =>
    h(
      "label",
      { title },
      h("input", { type: "radio", name, value, checked: value === chosen, onchange: () => onchange(value) }),
      h("span", {}, text),
    ),
  );
  return h("fieldset", { class: "segments" }, h("legend", { class: "visually-hidden" }, label), inputs);
}
