// Numbers and dates as text.

const NBSP = "\u00a0";
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

export const logit = (p) => Math.log(p / (1 - p));
export const logistic = (x) => 1 / (1 + Math.exp(-x));
export const clamp = (x, low, high) => Math.min(Math.max(x, low), high);

/** `62 %`; never 0 % or 100 %, as paths can show neither impossibility nor certainty. */
export function percent(p) {
  if (!Number.isFinite(p)) return "–";
  if (p < 0.005) return `<1${NBSP}%`;
  return p > 0.995 ? `>99${NBSP}%` : `${(100 * p).toFixed(0)}${NBSP}%`;
}

/** Odds as the wall shows them: `62 %`, and `3.9 %` below 10 %. */
export function odds(p) {
  if (!Number.isFinite(p)) return "–";
  if (p < 0.0005) return `<0.1${NBSP}%`;
  return p < 0.0995 ? `${(100 * p).toFixed(1)}${NBSP}%` : percent(p);
}

/** `14–47 %`. */
export function between(low, high) {
  const [from, to] = [odds(low), odds(high)].map((text) => text.replace(`${NBSP}%`, ""));
  return from === to ? `${from}${NBSP}%` : `${from}–${to}${NBSP}%`;
}

/** A chance with fitting precision: `0.4 %`, `6.2 %`, `62 %`, `99.3 %`. */
export function chance(p) {
  if (!Number.isFinite(p)) return "–";
  const points = 100 * p;
  const off = Math.min(points, 100 - points);
  const digits = off < 0.1 ? 3 : off < 1 ? 2 : off < 10 ? 1 : 0;
  return `${trimmed(points.toFixed(digits))}${NBSP}%`;
}

const trimmed = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);

/** `+3.1`, `−0.4`, `0.0`: percentage points with a true minus. */
export function points(change, digits = 1) {
  if (!Number.isFinite(change)) return "–";
  const text = Math.abs(100 * change).toFixed(digits);
  if (Number(text) === 0) return text;
  return (change > 0 ? "+" : "\u2212") + text;
}

export const index = (value) => trimmed(value.toFixed(1));

export const count = (n) => String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ",");

/** Days since 1970 of an ISO date. */
export const day = (iso) => Date.parse(`${iso.slice(0, 10)}T00:00:00Z`) / 864e5;

const parts = (days) => {
  const date = new Date(days * 864e5);
  return [date.getUTCDate(), MONTHS[date.getUTCMonth()], date.getUTCFullYear()];
};

export const longDate = (days) => parts(Math.floor(days)).join(NBSP);
export const yearOf = (days) => parts(Math.floor(days))[2];
export const clock = (iso) => {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? "" : date.toTimeString().slice(0, 5);
};

/** A typed number: `12`, `12 %`, `0,5`, `.5%`; NaN if it is none. Percent signs and commas are accepted. */
export function typed(text) {
  const plain = text
    .trim()
    .replace(/[%\s\u00a0]/g, "")
    .replace(",", ".")
    .replace("\u2212", "-");
  return /^[-+]?(\d+\.?\d*|\.\d+)$/.test(plain) ? Number(plain) : Number.NaN;
}
