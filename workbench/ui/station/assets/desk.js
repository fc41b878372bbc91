// The sitting: which document and field are in hand, what each key does, and what is sent.

const release = new URL(import.meta.url).search;
const { Keys, chord } = await import(`./keys.js${release}`);
const deeds = await import(`./deeds.js${release}`);
const { installers } = await import(`./extensions.js${release}`);
const { h, button, speaker } = await import(`./dom.js${release}`);
const { Images, whenDrawn } = await import(`./images.js${release}`);
const { Outbox } = await import(`./outbox.js${release}`);
const { Panel } = await import(`./panel.js${release}`);
const { Sheet } = await import(`./sheet.js${release}`);
const { Viewer } = await import(`./viewer.js${release}`);
const { askReason, showMap } = await import(`./dialogs.js${release}`);

const IDLE = 60_000; // longer gaps between two inputs are a break, not work
const LOOK_AGAIN = 20_000; // how often an empty desk asks whether something has come
const ASK_AGAIN = 300; // ms between two questions for what has not come
const EDGE = 16; // px between the station and the edges of the page
const GAP = 4; // px below Streamlit's own header
const LOWEST = 420; // px; below this the page may scroll
const MOVING = 3_000; // ms; what is pressed while the desk has no place is meant for it that long
const GONE = 10_000; // ms without a place after which the reviewer has left the page

export class Desk {
  static async make(look) {
    return new Desk(look, await installers());
  }

  constructor(look, installs) {
    this.look = look; // a style sheet
    this.installs = installs;
    this.place = null; // a shadow root; Streamlit may give us another at any time
    this.leftAt = null; // when we lost the last one
    this.missed = []; // keys pressed while we had none
    this.sheets = new Map(); // document -> Sheet
    this.keys = new Keys();
    this.modes = new Map();
    this.mode = null; // null: the flow from field to field
    this.listeners = new Map(); // what modules hear from Python
    this.queue = [];
    this.passed = new Set(); // decided here, not yet taken off the queue by the server
    this.name = null; // the active field; null: past the last flagged one
    this.clock = { last: performance.now(), field: 0, document: 0, keys: 0 };
    this.speak = (name, values) => this.words(name, values);
  }

  // --- having a place ---------------------------------------------------------------------

  /** Stand in `place` from now on, with everything as it was. */
  sit(place) {
    if (this.place === place) return;
    this.place = place;
    this.leftAt = null;
    const root = place.host ? place : document;
    if (!root.adoptedStyleSheets.includes(this.look)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, this.look];
    if (this.frame) this.settleIn();
  }

  /** What an element forgets on its way: where it was scrolled to, and the caret. */
  settleIn() {
    const { editor } = this.panel;
    const caret = this.editing ? [editor.selectionStart, editor.selectionEnd] : null;
    this.place.append(this.frame);
    this.fill();
    this.refresh();
    if (caret) editor.setSelectionRange(...caret);
    if (this.dialog) {
      this.dialog.removeAttribute("open"); // it is on top no longer, and must not be told that it was closed
      this.dialog.showModal();
    } else (caret ? editor : this.stage).focus({ preventScroll: true });
    const missed = this.missed.filter((event) => performance.now() - event.timeStamp < MOVING);
    this.missed = [];
    for (const event of missed) this.catchUp(event);
  }

  /** Our place is gone; another may come. */
  leave(place) {
    if (this.place !== place) return; // we have moved on already
    this.place = null;
    this.leftAt = performance.now();
  }

  get isStanding() {
    return Boolean(this.frame?.isConnected);
  }

  /** Do what was pressed on the way. */
  catchUp(event) {
    if (this.key(event, this.editing ? this.panel.editor : this.stage)) return;
    const letter = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
    const { editor } = this.panel;
    if (this.editing && letter) editor.setRangeText(event.key, editor.selectionStart, editor.selectionEnd, "end");
  }

  // --- hearing the server -----------------------------------------------------------------

  hear({ data, setStateValue }) {
    this.words = speaker(data.words);
    this.waiting = data.waiting;
    this.sendState = (value) => setStateValue("outbox", value);
    for (const given of data.sheets) this.takeSheet(given);
    if (!this.outbox) this.furnish(data);
    for (const { id, document, sentence } of data.refused) this.refused(id, document, sentence);
    this.outbox.answered([...data.kept, ...data.refused.map(({ id }) => id)]);
    this.queue = data.queue.map(([document]) => document);
    const lying = new Set(this.queue);
    for (const document of this.passed) if (!lying.has(document) && !this.outbox.decided(document)) this.passed.delete(document);
    for (const sheet of this.sheets.values()) sheet.settle(this.outbox.acts(sheet.document));
    for (const document of this.sheets.keys())
      if (!lying.has(document) && document !== this.document && !this.outbox.decided(document)) this.sheets.delete(document);
    const missing = data.queue.some(([document, revision]) => this.sheets.get(document)?.given.revision !== revision);
    if (missing) this.askOnce();
    if (!this.document || !this.isHere(this.document)) this.openNext();
    else this.refresh();
    for (const [name, hear] of this.listeners) hear(data.extra?.[name], data);
    this.prefetch();
  }

  /** Whether a document still waits for a decision of ours. */
  waits(document) {
    return this.queue.includes(document) && !this.passed.has(document);
  }

  takeSheet(given) {
    const known = this.sheets.get(given.document);
    if (known) known.update(given);
    else this.sheets.set(given.document, new Sheet(given));
  }

  refused(id, document, sentence) {
    const entry = this.outbox.entries.find((e) => e.id === id);
    if (!entry) return; // told before
    this.passed.delete(document);
    this.outbox.drop(document);
    const title = this.sheets.get(document)?.given.subtitle ?? "";
    this.panel.warn(this.speak("refused", { sentence: [title, sentence].filter(Boolean).join(": ") }));
  }

  isHere(document) {
    return this.waits(document) && this.sheets.has(document);
  }

  /** Ask for more documents, or for a sheet that was lost on the way. */
  askOnce() {
    if (this.askLater || this.outbox.entries.some((entry) => entry.what === "ask")) return;
    const wait = Math.max(0, (this.askedAt ?? -ASK_AGAIN) + ASK_AGAIN - performance.now());
    const ask = () => {
      this.askLater = null;
      this.askedAt = performance.now();
      this.outbox.add({ what: "ask" });
    };
    if (wait) this.askLater = setTimeout(ask, wait);
    else ask();
  }

  // --- the furniture ----------------------------------------------------------------------

  furnish(data) {
    const images = (this.images = new Images(data.images));
    const { speak } = this;
    const on = Object.fromEntries(
      ["accept", "edit", "illegible", "absent", "undo", "candidate", "go", "pass", "rescan", "showKeys", "leaveEditor"].map(
        (name) => [name, (...given) => this.byHand(name, ...given)],
      ),
    );
    this.viewer = new Viewer({ pick: on.go, speak, images });
    this.panel = new Panel({ on, speak, images, keys: this.keys });
    this.nothing = h("section.nothing", { hidden: true });
    this.stage = h("main.station", { tabindex: "0", role: "application" }, this.viewer.element, this.panel.element, this.nothing);
    this.frame = h("div.frame", {}, this.stage);
    deeds.install(this);
    for (const install of this.installs) install(this);
    this.place.append(this.frame);
    this.outbox = new Outbox(
      data.journal,
      (entries) => this.sendState({ entries, have: [...this.sheets.values()].map((s) => [s.document, s.given.revision]) }),
      () => this.panel.drawMark({ state: this.outbox.state, unsaved: this.outbox.unsaved }),
    );
    this.outbox.resume();
    for (const entry of this.outbox.entries) if (entry.what === "decision") this.passed.add(entry.document);
    this.onKey = (event) => this.key(event);
    this.stage.addEventListener("keydown", this.onKey);
    this.onLostKey = (event) => {
      // Nothing has the focus: the reviewer still means the desk.
      if (event.target !== document.body) return;
      if (!this.isStanding) return this.miss(event);
      this.stage.focus({ preventScroll: true });
      this.key(event);
    };
    document.addEventListener("keydown", this.onLostKey);
    this.lookout = setInterval(() => this.isStanding && !this.document && !document.hidden && this.askOnce(), LOOK_AGAIN);
    this.watchman = setInterval(() => this.leftAt !== null && performance.now() - this.leftAt > GONE && this.close(), 1000);
    this.fit = () => this.fill();
    window.addEventListener("resize", this.fit);
    this.watch = new ResizeObserver(this.fit);
    this.watch.observe(this.frame);
    this.fill();
    this.stage.focus({ preventScroll: true });
  }

  /** Fill what is left of the window, and no more: the page around us must not scroll. */
  fill() {
    if (!this.isStanding) return;
    const host = this.place.host ?? this.place;
    const block = host.closest("[data-testid='stMainBlockContainer']");
    const room = block ? getComputedStyle(block) : {};
    const [below, aside] = [parseFloat(room.paddingBottom) || 0, parseFloat(room.paddingLeft) || 0];
    const head = document.querySelector("[data-testid='stHeader']")?.getBoundingClientRect().bottom ?? 0;
    const scrolled = block?.closest("[data-testid='stMain']")?.scrollTop ?? 0;
    const { style } = this.frame;
    const lifted = parseFloat(style.marginTop) || 0;
    const top = this.frame.getBoundingClientRect().top - lifted + scrolled;
    // The page's own margins are more than a desk needs.
    const lift = Math.min(0, Math.round(head + GAP - top));
    const height = Math.max(LOWEST, Math.floor(window.innerHeight - top - lift - 12));
    if (this.drawn === `${lift} ${height} ${aside}`) return;
    this.drawn = `${lift} ${height} ${aside}`;
    style.marginTop = `${lift}px`;
    style.marginInline = `${-Math.max(0, aside - EDGE)}px`;
    // The block's padding lies under us: we reach over it instead of pushing it off the screen.
    style.height = `${Math.max(1, height - below + 8)}px`;
    this.stage.style.height = `${height}px`;
  }

  close() {
    this.outbox?.close();
    this.viewer?.close();
    this.watch?.disconnect();
    clearInterval(this.lookout);
    clearInterval(this.watchman);
    clearTimeout(this.askLater);
    document.removeEventListener("keydown", this.onLostKey);
    window.removeEventListener("resize", this.fit);
    this.frame?.remove();
    this.gone?.();
  }

  // --- showing ----------------------------------------------------------------------------

  get sheet() {
    return this.sheets.get(this.document);
  }

  get field() {
    return this.name === null ? null : (this.sheet?.byName.get(this.name) ?? null);
  }

  openNext() {
    const next = this.queue.find((document) => this.waits(document));
    const lost = next !== undefined && !this.sheets.has(next); // its sheet has not arrived: it is not passed over
    this.document = lost ? null : (next ?? null);
    this.editing = false;
    Object.assign(this.clock, { field: 0, document: 0, keys: 0 });
    if (lost) this.askOnce();
    if (!this.document) return this.showNothing();
    this.sheet.settle(this.outbox.acts(next));
    this.name = this.sheet.nextWaiting(null);
    this.panel.open = false;
    this.refresh();
    this.prefetch();
    const shown = this.sheet;
    const mark = () => this.sheet === shown && (this.stage.dataset.shown = shown.document);
    if (this.viewer.image) whenDrawn(this.viewer.image, mark);
    else mark();
  }

  showNothing() {
    this.name = null;
    delete this.stage.dataset.shown;
    if (this.mode) return this.refresh();
    const { speak } = this;
    const coming = this.outbox.unsaved > 0 || this.queue.some((document) => !this.passed.has(document));
    this.nothing.replaceChildren(
      ...(coming
        ? [h("h2", {}, speak("loading"))]
        : [h("h2", {}, speak("empty")), h("p", {}, speak("empty_next")), button("main", () => this.byHand("lookAgain"), speak("look_again"))]),
    );
    this.nothing.hidden = false;
    this.viewer.element.hidden = this.panel.element.hidden = true;
  }

  refresh() {
    const { sheet, mode } = this;
    if (mode) {
      this.nothing.hidden = true;
      mode.element.hidden = false;
      this.viewer.element.hidden = !mode.beside || !sheet;
      this.panel.element.hidden = true;
      if (mode.beside && sheet) this.viewer.show(sheet, this.name);
      return mode.refresh?.();
    }
    if (!sheet) return this.showNothing();
    this.nothing.hidden = true;
    this.viewer.element.hidden = this.panel.element.hidden = false;
    this.stage.setAttribute("aria-label", this.speak("desk"));
    this.stage.dataset.document = sheet.document;
    if (this.name !== null && !sheet.byName.has(this.name)) this.name = sheet.nextWaiting(null);
    this.viewer.show(sheet, this.name);
    this.panel.show({
      sheet,
      name: this.name,
      editing: this.editing,
      left: Math.max(1, this.waiting - this.passed.size),
      journal: { state: this.outbox.state, unsaved: this.outbox.unsaved },
    });
  }

  prefetch() {
    const coming = this.queue.filter((document) => this.isHere(document) && document !== this.document);
    this.images.prepare(coming.map((document) => this.sheets.get(document)));
  }

  /** Make `name` the active field. */
  go(name) {
    if (name === undefined) return;
    this.name = name;
    Object.assign(this.clock, { field: 0, keys: 0 });
    this.refresh();
  }

  onward() {
    this.go(this.sheet.nextWaiting(this.name));
  }

  // --- what can be done -------------------------------------------------------------------

  act(act, value) {
    const { field, clock, sheet } = this;
    this.outbox.add({
      what: "act",
      document: sheet.document,
      field: field.name,
      act,
      value,
      keys: clock.keys,
      milliseconds: Math.round(clock.field),
      ...(field.isPointed && { page: field.page, box: field.box }),
    });
    sheet.settle(this.outbox.acts(sheet.document));
    this.clock.keys = this.clock.field = 0;
  }

  accept() {
    const { field } = this;
    if (!field) return this.panel.say(this.speak(this.sheet.waiting.length ? "fields_left" : "all_checked", { n: this.sheet.waiting.length }));
    if (field.act === null && !field.value) return this.panel.say(this.speak("give_value"), true);
    if (field.act === null) this.act("accept", field.proposed);
    return this.onward();
  }

  candidate(number) {
    const chosen = this.field?.candidates[number - 1];
    if (!this.field) return;
    if (!chosen) return this.panel.say(this.speak("no_candidate", { n: number }), true);
    this.set(chosen.text, "candidate");
    this.onward();
  }

  /** Keep `text` as the value; what the machine proposed anyway counts as accepted. */
  set(text, how) {
    const { field } = this;
    if (text === field.proposed) {
      if (field.act !== "accept") this.act("accept", text);
    } else if (text !== field.value || field.act === null) this.act(how, text);
  }

  illegible() {
    if (!this.field) return;
    if (this.field.act !== "illegible") this.act("illegible", "");
    this.onward();
  }

  absent() {
    if (!this.field) return;
    if (this.field.act !== "absent") this.act("absent", "");
    this.onward();
  }

  undo() {
    const last = this.sheet?.lastOfMine;
    if (!last) return this.panel.say(this.speak("nothing_to_undo"));
    this.name = last.field;
    this.sheet.point(last.field, null);
    this.act("undo", "");
    this.go(last.field);
  }

  edit() {
    if (!this.field || this.editing) return;
    this.editing = true;
    this.panel.beginEdit(this.field);
  }

  /** End typing; keep what stands there, unless it is `kept` as it was. */
  endEdit(keep) {
    if (!this.editing) return;
    this.editing = false;
    const { typed } = this.panel;
    if (keep && typed !== this.field.value) {
      if (typed) this.set(typed, "edit");
      else this.act("absent", "");
    } else if (keep && this.field.act === null && typed) this.act("accept", typed);
    this.stage.focus({ preventScroll: true });
    this.refresh();
  }

  /** The editor lost the focus to the mouse or another window: what was typed is kept. */
  leaveEditor(editor) {
    const left = this.editing && editor === this.panel.editor && !editor.matches(":focus");
    if (!left || !this.isStanding || !document.hasFocus()) return;
    if (this.panel.typed !== this.field.value) this.endEdit(true);
    else this.endEdit(false);
  }

  pass() {
    const { sheet } = this;
    if (!sheet) return;
    if (sheet.waiting.length) {
      if (!this.field || this.field.act !== null || !this.field.flagged) this.go(sheet.nextWaiting(this.name));
      return this.panel.say(this.speak("fields_left", { n: sheet.waiting.length }), true);
    }
    this.decide("pass", "");
  }

  rescan() {
    if (!this.sheet) return;
    this.openDialog((place, done) =>
      askReason(place, this.speak, (reason) => {
        done();
        if (reason) this.decide("rescan", reason);
      }),
    );
  }

  decide(decision, reason) {
    const { document } = this;
    const milliseconds = Math.round(this.clock.document);
    this.passed.add(document);
    this.panel.warn("");
    this.openNext();
    // Sent when the next document stands: what the reviewer waits for comes first.
    this.outbox.add({ what: "decision", document, decision, reason, milliseconds });
    if (!this.document) this.showNothing();
  }

  showKeys() {
    this.openDialog((place, done) => showMap(place, this.speak, this.keys.lines(this.mode?.name ?? "desk"), done));
  }

  /** Show a dialog on top; `make(place, done)` builds and opens it, and calls `done()` once it is closed. */
  openDialog(make) {
    if (this.dialog) return;
    this.dialog = make(this.stage, () => {
      this.dialog = null;
      (this.mode?.focus ?? this.stage).focus({ preventScroll: true });
    });
  }

  // --- modes ------------------------------------------------------------------------------

  /**
   * Another way of working at this desk: {name, element, beside, open(...given), close(), refresh(), focus}.
   * `element` takes the place of scan and fields; with `beside` only that of the fields.
   */
  addMode(mode) {
    this.modes.set(mode.name, mode);
    mode.element.hidden = true;
    this.stage.append(mode.element);
  }

  enter(name, ...given) {
    if (this.editing) this.endEdit(true);
    if (this.mode) this.leaveMode();
    this.mode = this.modes.get(name);
    this.stage.dataset.mode = name;
    this.mode.open?.(...given);
    this.refresh();
    (this.mode.focus ?? this.stage).focus({ preventScroll: true });
  }

  leaveMode() {
    const { mode } = this;
    if (!mode) return;
    this.mode = null;
    delete this.stage.dataset.mode;
    mode.element.hidden = true;
    mode.close?.();
    this.refresh();
    this.stage.focus({ preventScroll: true });
  }

  /** Be told with every message what Python says under `name` in `extra`; undefined when it says nothing. */
  onExtra(name, hear) {
    this.listeners.set(name, hear);
  }

  /** Put an entry into the journal: kept over a reload, sent until it is answered, taken once. */
  send(entry) {
    return this.outbox.add(entry);
  }

  lookAgain() {
    this.askOnce();
  }

  /** Something was clicked: it counts as work, and the keys go on being heard. */
  byHand(name, ...given) {
    this.tick(false);
    this.panel.say("");
    if (this.editing && !["leaveEditor", "edit"].includes(name)) this.endEdit(true);
    this[name](...given);
    if (!this.editing && !this.dialog) this.stage.focus({ preventScroll: true });
  }

  tick(isKey) {
    const now = performance.now();
    const gap = now - this.clock.last;
    this.clock.last = now;
    if (isKey) this.clock.keys += 1;
    if (gap > IDLE) return;
    this.clock.field += gap;
    this.clock.document += gap;
  }

  // --- keys -------------------------------------------------------------------------------

  /** Keep a key that was pressed between two places. */
  miss(event) {
    if (this.leftAt !== null && performance.now() - this.leftAt > MOVING) return;
    if (event.isComposing || event.keyCode === 229 || event.repeat) return;
    this.missed.push(event);
    if (this.deed(chord(event), this.editing)) event.preventDefault();
  }

  /** What a key stands for here and now. */
  deed(pressed, typing) {
    return this.keys.find(pressed, { mode: this.mode?.name ?? "desk", typing });
  }

  /** Do what a key stands for; true when it was one of ours. */
  key(event, target = event.composedPath()[0]) {
    const early = target === event.composedPath()[0] && event.defaultPrevented;
    // 229: an input method is at work on this key, whatever it says it is.
    if (event.isComposing || event.keyCode === 229 || early || this.dialog) return false;
    const pressed = chord(event);
    if (!pressed) return false;
    const typing = target instanceof Element && target.matches("textarea, input");
    this.tick(true);
    const deed = this.deed(pressed, typing);
    if (!deed) return false;
    if (event.repeat && !typing && !deed.repeats) {
      event.preventDefault(); // a key held down is one press
      return true;
    }
    // A button that was tabbed to does what it says on it.
    if (target instanceof Element && target.matches("button") && ["Enter", "Tab", "Shift+Tab"].includes(pressed)) return false;
    if (!this.sheet && !this.mode && !deed.always) return false;
    if (!typing) this.panel.say("");
    if (deed.act(this, event) === false) return false; // not ours after all
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  step(by) {
    const name = this.sheet.beside(this.name, by);
    if (name === undefined) return false; // past the end the focus goes on to the buttons
    this.go(name);
    return true;
  }
}
