// What typed values are: dates in any usual way, and texts that are found without their marks.

const WAYS = [
  /^(\d{2})(\d{2})(\d{4}|\d{2})$/,
  /^(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4}|\d{2})$/,
];
const TURN = 50; // a year of two digits below this is in the 2000s; as the server reads it

/** A day typed as 010722, 01072022, 1/7/22 or 2022-07-01, written 01/07/2022; null: it is none. */
export function day(text) {
  const iso = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text.trim());
  const found = iso ? [null, iso[3], iso[2], iso[1]] : WAYS.map((way) => way.exec(text.trim())).find(Boolean);
  if (!found) return null;
  const [, d, m, y] = found;
  const year = y.length === 2 ? Number(y) + (Number(y) < TURN ? 2000 : 1900) : Number(y);
  const date = new Date(Date.UTC(year, Number(m) - 1, Number(d)));
  date.setUTCFullYear(year);
  if (date.getUTCMonth() !== Number(m) - 1 || date.getUTCDate() !== Number(d)) return null;
  return `${d.padStart(2, "0")}/${m.padStart(2, "0")}/${String(year).padStart(4, "0")}`;
}

/** Without marks and case, đ as d. */
export function fold(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replaceAll("đ", "d");
}

/** The entries that hold what was typed, those that begin with it first. */
export function matches(entries, text, most) {
  const wanted = fold(text.trim());
  if (!wanted) return [];
  const found = entries.map((entry) => [entry, fold(entry).indexOf(wanted)]).filter(([, at]) => at >= 0);
  found.sort(([, a], [, b]) => (a ? 1 : 0) - (b ? 1 : 0));
  return found.slice(0, most).map(([entry]) => entry);
}
