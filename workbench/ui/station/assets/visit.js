// What looking at one field, or at one document, is like: times, keys and choices, and never a value.

const IDLE = 60_000; // ms; a longer gap between two inputs is a break, not work
const REST = 300_000; // ms; such a gap counts as the break that was due

export class Visit {
  constructor(offered = []) {
    this.shown = Date.now();
    this.from = performance.now();
    this.offered = offered;
    this.firstKey = null;
    Object.assign(this, { keys: 0, clicks: 0, backspaces: 0, context: 0, dwell: 0, idle: 0 });
  }

  /** What the server is told; `act` says how it ended: {chosen, typed, distance}. */
  told(act = {}) {
    const { shown, offered, firstKey, keys, clicks, backspaces, context } = this;
    const committed = Math.round(performance.now() - this.from);
    const [dwell, idle] = [Math.round(this.dwell), Math.round(this.idle)];
    return { shown, first_key: firstKey, committed, keys, clicks, backspaces, context, dwell, idle, offered, ...act };
  }
}

/** The clock of a sitting: it tells each input to the visits under way. */
export class Clock {
  constructor() {
    this.last = performance.now();
    this.since = this.last; // when the present stretch of work began
    this.worked = 0; // ms of it without breaks
    this.field = new Visit();
    this.document = new Visit();
  }

  /** A key or a click. */
  tick({ key = null, click = false } = {}) {
    const now = performance.now();
    const gap = now - this.last;
    this.last = now;
    if (gap > REST) this.worked = 0;
    else if (gap <= IDLE) this.worked += gap;
    for (const visit of [this.field, this.document]) {
      if (gap > IDLE) visit.idle += gap;
      else visit.dwell += gap;
      if (click) visit.clicks += 1;
      if (key === null) continue;
      visit.keys += 1;
      visit.firstKey ??= Math.round(now - visit.from);
      if (key === "Backspace") visit.backspaces += 1;
    }
  }

  /** How long nobody has done anything, in ms. */
  get silent() {
    return performance.now() - this.last;
  }

  context() {
    this.field.context += 1;
    this.document.context += 1;
  }
}

/** How many letters must change to make `b` of `a` (Levenshtein). */
export function distance(a, b) {
  const [left, right] = [[...a], [...b]];
  let row = Array.from({ length: right.length + 1 }, (_, j) => j);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++)
      next[j] = Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + (left[i - 1] === right[j - 1] ? 0 : 1));
    row = next;
  }
  return row.at(-1);
}
