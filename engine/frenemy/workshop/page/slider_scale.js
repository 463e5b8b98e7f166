// Where a slider's value lies on its track, and how it is written.

import { chance, clamp, index, logistic, logit, typed } from "./format.js";

/** Digits after the point that a chance deserves, as `chance` writes them: what is saved is what is shown. */
function digits(p) {
  const off = Math.min(p, 1 - p);
  return off < 0.001 ? 5 : off < 0.01 ? 4 : off < 0.1 ? 3 : 2;
}

const LOGIT = {
  into: logit,
  out: logistic,
  step: 0.02,
  key: 0.1,
  text: chance,
  tidy: (p) => Number(p.toFixed(digits(p))),
  least: (p) => 10 ** -digits(p),
  typed: (text) => typed(text) / 100,
};

const LINEAR = {
  into: (v) => v,
  out: (u) => u,
  step: 0.5,
  key: 1,
  text: index,
  tidy: (v) => Number(v.toFixed(1)),
  least: () => 0.5,
  typed,
};

export const scaleOf = ({ scale }) => (scale === "logit" ? LOGIT : LINEAR);

/** The value one arrow key further: a step that one can see, or (fine) one in the last digit. */
export function next(slider, value, direction, fine) {
  const { into, out, key, tidy, least } = scaleOf(slider);
  const far = tidy(out(into(value) + direction * key));
  const near = tidy(value + direction * least(value));
  return clamp(fine || far === value ? near : far, slider.min, slider.max);
}

/** Share of the track, 0 to 1, of a value. */
export function share(slider, value) {
  const { into } = scaleOf(slider);
  const [low, high] = [into(slider.min), into(slider.max)];
  return clamp((into(value) - low) / (high - low), 0, 1);
}

/** Events a year behind a chance in twelve months, in words; empty below 80 %, where the chance says enough. */
export function yearly(slider, value) {
  if (slider.kind !== "trigger" || slider.unit !== "chance" || value < 0.8) return "";
  const rate = -Math.log1p(-value);
  return `about ${rate.toFixed(rate < 10 ? 1 : 0)} a year`;
}

/** What a screen reader says: `6.2 % chance in the next 12 months`. */
export const spoken = (slider, value) => `${scaleOf(slider).text(value)} ${slider.says ?? ""}`.trim();
