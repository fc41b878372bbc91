// The journal of what was done here and is not answered yet. It outlives a reload of the page.

const PATIENCE = 4000; // ms without an answer before it is sent again
const SERVICE = new Set(["ask", "beat", "give_back"]); // nobody's work
const LEAVING = new Set(["decision", "aside", "take_back"]); // whether a document is off the desk

export class Outbox {
  /** `send(entries)` hands everything unanswered over; `changed()` is told when the state changes. */
  constructor(name, send, changed) {
    this.place = `workbench.station.${name}`;
    this.send = send;
    this.changed = changed;
    this.entries = read(this.place);
    this.since = 0; // when the oldest unanswered entry was first sent
    this.again = setInterval(() => this.retry(), 1000);
  }

  /** Send what an earlier sitting in this tab left unanswered. */
  resume() {
    if (this.entries.length) this.push();
  }

  /** Note an entry and tell its id: it has one of its own, so that sent twice it is one. */
  add(entry) {
    const id = crypto.randomUUID?.() ?? uuid();
    this.entries = [...this.entries, { id, ...entry }];
    this.keep();
    this.push();
    return id;
  }

  /** The server has answered these ids, one way or the other. */
  answered(ids) {
    const done = new Set(ids);
    const left = this.entries.filter((entry) => !done.has(entry.id));
    if (left.length === this.entries.length) return;
    this.entries = left;
    this.since = left.length ? performance.now() : 0;
    this.keep();
    this.changed();
  }

  /** Forget what was still to be sent for a document: the server has refused its like. */
  drop(document) {
    this.answered(this.entries.filter((entry) => entry.document === document).map((entry) => entry.id));
  }

  acts(document) {
    return this.entries.filter((entry) => entry.what === "act" && entry.document === document);
  }

  decided(document) {
    const last = this.entries.findLast((entry) => LEAVING.has(entry.what) && entry.document === document);
    return Boolean(last && last.what !== "take_back");
  }

  get unsaved() {
    return this.entries.filter((entry) => !SERVICE.has(entry.what)).length;
  }

  /** "saved", "saving", or "unsaved" when the server has been silent too long. */
  get state() {
    if (!this.unsaved) return "saved";
    return performance.now() - this.since > PATIENCE ? "unsaved" : "saving";
  }

  push() {
    this.since ||= performance.now();
    this.sent = performance.now();
    this.send(this.entries);
    this.changed();
  }

  retry() {
    if (this.entries.length && performance.now() - this.sent > PATIENCE) this.push();
    else if (this.unsaved) this.changed();
  }

  /** Keep what is being typed and not an act yet; null: nothing. */
  keepDraft(draft) {
    try {
      if (draft) sessionStorage.setItem(`${this.place}.draft`, JSON.stringify(draft));
      else sessionStorage.removeItem(`${this.place}.draft`);
    } catch {
      // Without storage a reload loses what is being typed, and nothing else.
    }
  }

  /** What was being typed when the page was left. */
  get draft() {
    const kept = read(`${this.place}.draft`);
    return Array.isArray(kept) ? null : kept;
  }

  keep() {
    try {
      if (this.entries.length) sessionStorage.setItem(this.place, JSON.stringify(this.entries));
      else sessionStorage.removeItem(this.place);
    } catch {
      // Storage may be forbidden or full; the entries still live here and in Streamlit's state.
    }
  }

  close() {
    clearInterval(this.again);
  }
}

function read(place) {
  try {
    return JSON.parse(sessionStorage.getItem(place) ?? "[]");
  } catch {
    return [];
  }
}

// Browsers give randomUUID only to pages served over https or from localhost; an office server may be neither.
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
}
