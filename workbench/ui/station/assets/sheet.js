// One document on the desk: what the server sent, and on top what it has not answered yet.

const EMPTY = new Set(["illegible", "absent"]);

export class Sheet {
  constructor(given) {
    this.pending = []; // acts in the journal, in order
    this.flagged = new Set();
    this.pointed = new Map(); // field -> {page, box, candidates}: where the reviewer points, and what stands there
    this.update(given);
  }

  /** The document was decided on: what was done stays laid over it, also when the journal has forgotten it. */
  leave() {
    for (const entry of this.pending) this.merged.add(entry.id);
    this.given = { ...this.given, acts: this.acts };
    this.settle([]);
  }

  /** Take what the server says now. A field that was flagged stays in its group: rows do not jump. */
  update(given) {
    this.given = given;
    this.merged = new Set(); // ids of pending acts that `given` has taken in
    for (const field of given.fields) if (field.doubtful) this.flagged.add(field.name);
    this.settle(this.pending);
  }

  /** Lay the unanswered acts over what the server knows. */
  settle(entries) {
    const pending = entries.filter((entry) => !this.merged.has(entry.id));
    this.pending = pending;
    this.acts = [...this.given.acts];
    for (const entry of pending) {
      if (entry.act !== "undo") {
        this.acts.push({ ...entry, mine: true });
        continue;
      }
      const last = this.acts.findLastIndex((act) => act.field === entry.field);
      if (last >= 0) this.acts.splice(last, 1);
    }
    const newest = new Map(this.acts.map((act) => [act.field, act]));
    this.fields = this.given.fields.map((field) => stand(field, newest.get(field.name), this.flagged, this.pointed.get(field.name)));
    this.byName = new Map(this.fields.map((field) => [field.name, field]));
    const flagged = this.fields.filter((field) => field.flagged);
    this.order = [...flagged, ...this.fields.filter((field) => !field.flagged)];
    this.doubts = flagged;
  }

  /** Let a field stand where the reviewer points; null: where it stood before. */
  point(name, place) {
    if (place) this.pointed.set(name, place);
    else this.pointed.delete(name);
    this.settle(this.pending);
  }

  get document() {
    return this.given.document;
  }

  /** What a person must still look at. */
  get waiting() {
    return this.doubts.filter((field) => field.act === null);
  }

  /** The next waiting field after `name`, round and round; null when none waits. */
  nextWaiting(name) {
    const from = this.doubts.findIndex((field) => field.name === name) + 1;
    const round = [...this.doubts.slice(from), ...this.doubts.slice(0, from)];
    return round.find((field) => field.act === null && field.name !== name)?.name ?? null;
  }

  /** The field to come back to from `name` (null: from the end). */
  before(name) {
    const way = this.doubts.length ? this.doubts : this.order;
    if (name === null) return way.at(-1)?.name ?? null;
    const at = way.findIndex((field) => field.name === name);
    if (at < 0) return way.at(-1)?.name ?? name;
    return way[Math.max(0, at - 1)].name;
  }

  /** The field `step` places on in the list; undefined past either end. Null lies after the doubts. */
  beside(name, step) {
    if (name === null) return this.order[this.doubts.length + (step > 0 ? 0 : -1)]?.name;
    const at = this.order.findIndex((field) => field.name === name);
    return this.order[at + step]?.name;
  }

  /** The last act of this person that stands. */
  get lastOfMine() {
    return this.acts.findLast((act) => act.mine) ?? null;
  }
}

function stand(field, act, flagged, pointed) {
  const kind = act?.act ?? null;
  const value = EMPTY.has(kind) ? "" : kind && kind !== "accept" ? act.value : field.proposed;
  const place = pointed ?? (act?.box ? act : field);
  return {
    ...field,
    page: place.page,
    box: place.box,
    candidates: pointed?.candidates ?? field.candidates,
    isPointed: Boolean(pointed),
    act: kind,
    value,
    undecided: kind === null && Boolean(field.close) && flagged.has(field.name) && !pointed,
    flagged: flagged.has(field.name),
    state: kind ?? (flagged.has(field.name) ? "waiting" : "machine"),
  };
}

/** `text` cut into [piece, differs] against `other`, by syllables: what both share in order is equal. */
export function differences(text, other) {
  const pieces = text.split(/(\s+)/); // syllables at even places, the space between them at odd ones
  const shared = common(
    pieces.filter((_, i) => i % 2 === 0),
    other.split(/\s+/),
  );
  return pieces.map((piece, i) => [piece, i % 2 === 0 && !shared.has(i / 2)]);
}

/** The places in `a` of a longest common subsequence with `b`. */
function common(a, b) {
  const length = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      length[i][j] = a[i] === b[j] ? length[i + 1][j + 1] + 1 : Math.max(length[i + 1][j], length[i][j + 1]);
  const places = new Set();
  for (let i = 0, j = 0; i < a.length && j < b.length; )
    if (a[i] === b[j]) places.add(i++), j++;
    else if (length[i + 1][j] >= length[i][j + 1]) i++;
    else j++;
  return places;
}
