// The position of a slider's value on its track, and its text.

import { chance, clamp, index, logistic, logit, typed } from "./format.js";

/** Decimals of a chance, as `chance` writes them, so that the saved value is the one shown. */
function digits(p) {
  const off = Math.min(p, 1 - p);
  return off < 0.001 ? 5 : off < 0.01 ? 4 : off < 0.1 ? 3 : 2;
}

const LOGIT = {
  into: logit,
  out: logistic,
  step: 0.02,
  keyStep: 0.1,
  text: chance,
  round: (p) => Number(p.toFixed(digits(p))),
  fineStep: (p) => 10 ** -digits(p),
  typed: (text) => typed(text) / 100,
};

const LINEAR = {
  into: (v) => v,
  out: (u) => u,
  step: 0.5,
  keyStep: 1,
  text: index,
  round: (v) => Number(v.toFixed(1)),
  fineStep: () => 0.5,
  typed,
};

export const scaleOf = ({ scale }) => (scale === "logit" ? LOGIT : LINEAR);

/** The value after one arrow key: a visible step, or (fine) one in the last digit. */
export function next(slider, value, direction, fine) {
  const { into, out, keyStep, round, fineStep } = scaleOf(slider);
  const far = round(out(into(value) + direction * keyStep));
  const near = round(value + direction * fineStep(value));
  return clamp(fine || far === value ? near : far, slider.min, slider.max);
}

/** Share of the track, 0 to 1, of a value. */
export function share(slider, value) {
  const { into } = scaleOf(slider);
  const [low, high] = [into(slider.min), into(slider.max)];
  return clamp((into(value) - low) / (high - low), 0, 1);
}

/** Expected events a year for a chance in twelve months, as text; empty below 80 %. */
export function yearly(slider, value) {
  if (slider.kind !== "trigger" || slider.unit !== "chance" || value < 0.8) return "";
  const rate = -Math.log1p(-value);
  return `about ${rate.toFixed(rate < 10 ? 1 : 0)} a year`;
}

/** For screen readers: `6.2 % chance in the next 12 months`. */
export const spoken = (slider, value) => `${scaleOf(slider).text(value)} ${slider.says ?? ""}`.trim();
