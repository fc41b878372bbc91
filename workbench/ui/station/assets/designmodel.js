// The template as it is drawn: values in, values out, and the way back through every change.
//
//   drawn   {id, version, title: {vi, en}, recognised_by: {all_of, none_of},
//            sheet: [width, height], anchors: [{text, at: [left, top, right, bottom], page}…],
//            fields: [field…], items, holder, rules: [rule…]}     lengths in mm on the form
//   field   {name, label: {vi, en}, kind, pattern, catalogue, closed, critical, personal, required, zone}
//   zone    {box: [left, top, right, bottom], page} in mm on the form | {after: [text…], until: [text…]} |
//           {line} | {letterhead} | {heading: true} | {closing} | {constant}
//   items   {name, ordinal, until: [text…], columns: [field with `heading` and without zone…]} | null

const MERGE = 900; // ms in which changes of one kind to one thing are one step back

export const WAYS = ["box", "after", "line", "letterhead", "heading", "closing", "constant"];

/** How a field is found. */
export function wayOf(field) {
  return WAYS.find((way) => field.zone?.[way] !== undefined) ?? "box";
}

/** A name as the record has it: letters without marks, digits, underscores. */
export function plainName(words) {
  const bare = words.normalize("NFD").replace(/\p{M}/gu, "").replace(/[đĐ]/g, "d").toLowerCase();
  return bare.replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "").replace(/^(\d)/, "f_$1").slice(0, 40);
}

/** `wanted`, or the first of its kind that no field has yet. */
export function freeName(drawn, wanted, but = null) {
  const taken = new Set(drawn.fields.filter((field) => field !== but).map(({ name }) => name));
  const stem = wanted || "field";
  if (!taken.has(stem)) return stem;
  for (let n = 2; ; n += 1) if (!taken.has(`${stem}_${n}`)) return `${stem}_${n}`;
}

export function newField(drawn, { name, vi = "", en = "", zone, ...more }) {
  const field = { name: freeName(drawn, name), label: { vi, en }, kind: "text", zone, ...more };
  return field;
}

export class History {
  constructor(drawn) {
    this.drawn = drawn;
    this.past = [];
    this.future = [];
    this.last = { what: "", at: 0 };
  }

  /** Change a copy; `what` names the kind of change, so that a held key is one step back. */
  change(what, act) {
    const before = this.drawn;
    const after = structuredClone(before);
    act(after);
    if (JSON.stringify(after) === JSON.stringify(before)) return false;
    const now = performance.now();
    const merges = what && this.last.what === what && now - this.last.at < MERGE;
    if (!merges) this.past.push(before);
    this.last = { what, at: now };
    this.future = [];
    this.drawn = after;
    return true;
  }

  /** Put something else in its place, as one step. */
  replace(drawn) {
    this.past.push(this.drawn);
    this.future = [];
    this.last = { what: "", at: 0 };
    this.drawn = drawn;
  }

  undo() {
    if (!this.past.length) return false;
    this.future.push(this.drawn);
    this.drawn = this.past.pop();
    this.last = { what: "", at: 0 };
    return true;
  }

  redo() {
    if (!this.future.length) return false;
    this.past.push(this.drawn);
    this.drawn = this.future.pop();
    this.last = { what: "", at: 0 };
    return true;
  }
}

/** Give a field another name wherever it is spoken of. */
export function rename(drawn, from, to) {
  for (const field of drawn.fields) if (field.name === from) field.name = to;
  for (const rule of drawn.rules) rule.fields = rule.fields.map((name) => (name === from ? to : name));
  const { holder } = drawn;
  if (!holder) return;
  if (holder.name === from) holder.name = to;
  for (const number of holder.numbers ?? []) {
    if (number.field === from) number.field = to;
    if (number.within === from) number.within = to;
  }
}

/** Take a field out, with what spoke of it alone. */
export function drop(drawn, name) {
  drawn.fields = drawn.fields.filter((field) => field.name !== name);
  for (const rule of drawn.rules) rule.fields = rule.fields.filter((told) => told !== name);
  drawn.rules = drawn.rules.filter((rule) => rule.fields.length);
  const { holder } = drawn;
  if (!holder) return;
  if (holder.name === name) drawn.holder = null;
  else if (holder.numbers) {
    holder.numbers = holder.numbers.filter((number) => number.field !== name);
    for (const number of holder.numbers) if (number.within === name) delete number.within;
  }
}

// --- places: [a, b, c, d, e, f] maps x, y to a·x + b·y + c, d·x + e·y + f ---------------------------

export function mapped([a, b, c, d, e, f], [x, y]) {
  return [a * x + b * y + c, d * x + e * y + f];
}

export function inverse([a, b, c, d, e, f]) {
  const whole = a * e - b * d;
  return [e / whole, -b / whole, (b * f - c * e) / whole, -d / whole, a / whole, (c * d - a * f) / whole];
}

/** A box with its sides in order, in tenths of a millimetre. */
export function tidyBox([left, top, right, bottom]) {
  const tenth = (value) => Math.round(value * 10) / 10;
  return [Math.min(left, right), Math.min(top, bottom), Math.max(left, right), Math.max(top, bottom)].map(tenth);
}

/** The box around points. */
export function around(points) {
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

export function corners([left, top, right, bottom]) {
  return [
    [left, top],
    [right, top],
    [right, bottom],
    [left, bottom],
  ];
}
