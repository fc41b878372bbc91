// What every way of working beside the desk shares: a place, a journal, a clock and the keys.

const release = new URL(import.meta.url).search;
const { h, speaker } = await import(`./dom.js${release}`);
const { Outbox } = await import(`./outbox.js${release}`);

const IDLE = 60_000; // longer gaps between two inputs are a break, not work
const GONE = 10_000; // ms without a place after which the person has left the page
const LOWEST = 380; // px; below this the page may scroll

/** A journal that takes many entries at once, and sends them once. */
class Journal extends Outbox {
  addAll(entries) {
    if (!entries.length) return;
    this.entries = [...this.entries, ...entries];
    this.keep();
    this.push();
  }
}

/** An id of its own for each act: sent twice, it is one. */
export function newId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Room {
  constructor(looks) {
    this.looks = looks;
    this.place = null;
    this.leftAt = null;
    this.version = null; // of what the server has laid out here
    this.clock = { last: performance.now(), spent: 0, keys: 0 };
    this.stage = h("main.room", { tabindex: "0", role: "application" });
    this.frame = h("div.frame", {}, this.stage);
    this.stage.addEventListener("keydown", (event) => this.press(event));
    this.stage.addEventListener("pointerdown", () => this.tick(false));
    this.lost = (event) => {
      // Nothing has the focus: what is typed is meant for us.
      if (event.target !== document.body || !this.frame.isConnected || this.over) return;
      this.focus();
      this.press(event);
    };
    document.addEventListener("keydown", this.lost);
    this.fit = () => this.fill();
    window.addEventListener("resize", this.fit);
    this.watchman = setInterval(() => {
      if (this.leftAt !== null && performance.now() - this.leftAt > GONE) this.close();
      else if (this.frame.isConnected) this.fill(); // what stands above us may have grown
    }, 1000);
  }

  // --- a place ----------------------------------------------------------------------------

  sit(place) {
    if (this.place === place) return;
    this.place = place;
    this.leftAt = null;
    const root = place.host ? place : document;
    const missing = this.looks.filter((look) => !root.adoptedStyleSheets.includes(look));
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, ...missing];
    const had = this.frame.contains(root.activeElement ?? null) || document.activeElement === document.body;
    place.append(this.frame);
    this.drawn = null;
    this.fill();
    if (had) this.focus();
  }

  leave(place) {
    if (this.place !== place) return;
    this.place = null;
    this.leftAt = performance.now();
  }

  /** As high as what is left of the window. */
  fill() {
    if (!this.frame.isConnected) return;
    const host = this.place.host ?? this.place;
    const block = host.closest("[data-testid='stMainBlockContainer']");
    const below = block ? parseFloat(getComputedStyle(block).paddingBottom) || 0 : 0;
    const scrolled = block?.closest("[data-testid='stMain']")?.scrollTop ?? 0;
    const top = this.frame.getBoundingClientRect().top + scrolled;
    const height = Math.max(LOWEST, Math.floor(window.innerHeight - top - 12));
    const drawn = `${height} ${this.stage.clientWidth}`;
    if (this.drawn === drawn) return;
    this.drawn = drawn;
    this.frame.style.height = `${Math.max(1, height - below + 8)}px`;
    this.stage.style.height = `${height}px`;
    if (this.version !== null) this.resized();
  }

  close() {
    this.outbox?.close();
    clearInterval(this.watchman);
    document.removeEventListener("keydown", this.lost);
    window.removeEventListener("resize", this.fit);
    this.frame.remove();
    this.gone?.();
  }

  // --- hearing the server -----------------------------------------------------------------

  hear({ data, setStateValue }) {
    this.words = speaker(data.words);
    this.sendState = (value) => setStateValue("outbox", value);
    if (!this.outbox) {
      this.outbox = new Journal(
        `${data.mode}.${data.journal}`,
        (entries) => this.sendState({ entries, have: this.version }),
        () => this.drawMark(),
      );
      this.furnish();
    }
    const told = this.outbox.entries;
    const refused = data.refused.filter(({ id }) => told.some((entry) => entry.id === id));
    this.outbox.answered([...data.kept, ...data.refused.map(({ id }) => id)]);
    if (data.body) {
      this.version = data.version;
      this.over = false;
      this.lay(data.body);
      this.fill();
    } else if (data.version !== this.version) this.outbox.add({ what: "ask" }); // it was lost on the way
    if (refused.length) this.refuse(refused);
    if (!this.resumed) {
      this.resumed = true;
      this.outbox.resume();
    }
    this.drawMark();
  }

  tell(name, values) {
    return this.words(name, values);
  }

  /** Leave for the desk; what is not answered yet stays in the journal. */
  goBack() {
    this.over = true;
    this.sendState({ entries: this.outbox.entries, have: this.version, leave: newId() });
  }

  drawMark() {
    if (!this.mark || !this.outbox) return;
    this.mark.dataset.state = this.outbox.state;
    this.mark.textContent = this.tell(this.outbox.state, { n: this.outbox.unsaved });
  }

  // --- keys -------------------------------------------------------------------------------

  /** Time and keys since the last act, and a fresh start. */
  spent() {
    const { spent, keys } = this.clock;
    Object.assign(this.clock, { spent: 0, keys: 0 });
    return { milliseconds: Math.round(spent), keys };
  }

  tick(isKey) {
    const now = performance.now();
    const gap = now - this.clock.last;
    this.clock.last = now;
    if (isKey) this.clock.keys += 1;
    if (gap < IDLE) this.clock.spent += gap;
  }

  press(event) {
    // 229: an input method is at work on this key, whatever it says it is.
    if (event.isComposing || event.keyCode === 229 || event.defaultPrevented) return;
    if (["Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
    this.tick(true);
    if (this.key(keyName(event), event) !== true) return;
    event.preventDefault();
    event.stopPropagation();
  }
}

/** What a key press is called: "Ctrl+Enter", "Shift+Tab", "a"; empty where Alt is held. */
export function keyName(event) {
  if (event.altKey) return "";
  const letter = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (event.ctrlKey || event.metaKey) return `Ctrl+${event.shiftKey ? "Shift+" : ""}${letter}`;
  return event.shiftKey && event.key.length > 1 ? `Shift+${letter}` : letter;
}
