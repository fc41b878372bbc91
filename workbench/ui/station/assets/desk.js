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
const { Clock, Visit, distance } = await import(`./visit.js${release}`);
const { alike, readingsAt, syllableAt, variants } = await import(`./tones.js${release}`);
const { askReason, askRescan, bindKeys, showMap } = await import(`./dialogs.js${release}`);

const BEAT = 60_000; // ms between two signs of life while somebody is at work
const STRETCH = 50; // minutes of work after which a break is due
const REMEMBERED = 20; // decided documents whose sheets are kept, to be taken back at once
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
    this.clock = new Clock();
    this.done = []; // what was done in this sitting, in order, for undoing
    this.undone = []; // what was undone since, for doing it again
    this.returning = new Map(); // document -> the entry that takes it back
    this.away = false; // nobody was here for long; what lay on the desk was given back
    this.cycle = null; // a syllable that is being walked through its variants
    this.syllable = null; // the place of the syllable cursor in the value; null: none
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
    const open = new Set(this.outbox.entries.map((entry) => entry.id));
    for (const [document, id] of this.returning) if (!open.has(id)) this.returning.delete(document);
    this.queue.unshift(...[...this.returning.keys()].filter((document) => !this.queue.includes(document)));
    const lying = new Set(this.queue);
    for (const document of this.passed) if (!lying.has(document) && !this.outbox.decided(document)) this.passed.delete(document);
    for (const sheet of this.sheets.values()) sheet.settle(this.outbox.acts(sheet.document));
    const remembered = new Set(this.done.filter((deed) => deed.left).slice(-REMEMBERED).map((deed) => deed.document));
    for (const document of this.sheets.keys())
      if (!lying.has(document) && document !== this.document && !this.outbox.decided(document) && !remembered.has(document))
        this.sheets.delete(document);
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
    this.returning.delete(document);
    this.undone = [];
    if (entry.what === "take_back") {
      this.outbox.answered([id]);
      return this.panel.warn(sentence);
    }
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
    if (this.away) return;
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
      ["accept", "edit", "illegible", "absent", "undo", "candidate", "go", "pass", "rescan", "postpone", "escalate", "showKeys", "leaveEditor"].map(
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
    this.draft = this.outbox.draft;
    for (const entry of this.outbox.entries)
      if (this.outbox.decided(entry.document)) this.passed.add(entry.document);
    this.onKey = (event) => this.key(event);
    this.stage.addEventListener("keydown", this.onKey);
    this.onLostKey = (event) => {
      // Nothing has the focus: the reviewer still means the desk.
      if (event.target !== document.body || this.isGuest) return;
      if (!this.isStanding) return this.miss(event);
      this.stage.focus({ preventScroll: true });
      this.key(event);
    };
    document.addEventListener("keydown", this.onLostKey);
    this.lookout = setInterval(() => this.isStanding && !this.away && !this.document && !document.hidden && this.askOnce(), LOOK_AGAIN);
    this.watchman = setInterval(() => this.leftAt !== null && performance.now() - this.leftAt > GONE && this.close(), 1000);
    this.pulse = setInterval(() => this.beat(), 1000);
    this.stage.addEventListener("pointerdown", () => this.comeBack());
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
    clearInterval(this.pulse);
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
    if (this.away) return this.showNothing();
    const next = this.queue.find((document) => this.waits(document));
    const lost = next !== undefined && !this.sheets.has(next); // its sheet has not arrived: it is not passed over
    this.document = lost ? null : (next ?? null);
    this.editing = false;
    this.syllable = null;
    if (lost) this.askOnce();
    if (!this.document) return this.showNothing();
    this.sheet.settle(this.outbox.acts(next));
    this.name = this.draft?.document === next ? this.draft.field : this.sheet.nextWaiting(null);
    this.panel.open = false;
    this.clock.document = new Visit();
    this.clock.field = new Visit(this.offered);
    this.refresh();
    this.prefetch();
    this.resumeTyping();
    const shown = this.sheet;
    const mark = () => {
      if (this.sheet !== shown) return;
      this.stage.dataset.shown = shown.document;
      if (this.leftBefore) this.latency = Math.round(performance.now() - this.leftBefore);
      this.leftBefore = null;
    };
    if (this.viewer.image) whenDrawn(this.viewer.image, mark);
    else mark();
  }

  showNothing() {
    this.name = null;
    delete this.stage.dataset.shown;
    if (this.mode) return this.refresh();
    const { speak } = this;
    const coming = this.outbox.unsaved > 0 || this.queue.some((document) => !this.passed.has(document));
    const away = () => [
      h("h2", {}, speak("away")),
      h("p", {}, speak("away_next")),
      button("main", () => this.comeBack(), speak("go_on")),
    ];
    this.nothing.replaceChildren(
      ...(this.away ? away() : coming
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
      syllable: this.syllable,
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
    if (name !== this.name) this.syllable = null;
    this.name = name;
    this.clock.field = new Visit(this.offered);
    this.refresh();
  }

  /** The engines behind each candidate of the field in hand, in the order they are shown. */
  get offered() {
    return (this.field?.candidates ?? []).map((candidate) => candidate.engines);
  }

  onward() {
    this.go(this.sheet.nextWaiting(this.name));
  }

  // --- what can be done -------------------------------------------------------------------

  act(act, value) {
    const { field, clock, sheet } = this;
    const chosen = field.candidates.findIndex((candidate) => candidate.text === value);
    const trace = clock.field.told({
      chosen: act === "edit" || chosen < 0 ? null : chosen,
      typed: act === "edit",
      distance: ["candidate", "edit"].includes(act) ? distance(field.proposed, value) : 0,
    });
    this.outbox.add({
      what: "act",
      document: sheet.document,
      field: field.name,
      act,
      value,
      keys: clock.field.keys,
      milliseconds: Math.round(clock.field.dwell),
      trace,
      ...(field.isPointed && { page: field.page, box: field.box }),
    });
    if (act !== "undo") this.note({ document: sheet.document, field: field.name, act, value });
    sheet.settle(this.outbox.acts(sheet.document));
    clock.field = new Visit(this.offered);
  }

  /** Remember what was done, to undo it. What was undone before cannot be done again after that. */
  note(deed) {
    this.done.push(deed);
    if (!this.redoing) this.undone = [];
  }

  accept() {
    const { field } = this;
    if (!field) return this.panel.say(this.speak(this.sheet.waiting.length ? "fields_left" : "all_checked", { n: this.sheet.waiting.length }));
    if (field.act === null && !field.value) return this.panel.say(this.speak("give_value"), true);
    if (field.undecided) return this.panel.say(this.speak("choose_one"), true);
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

  /** Take back the last thing that was done here: an act, or the decision on a document. */
  undo() {
    let last = this.done.at(-1);
    while (last && !last.left && last.document !== this.document) last = (this.done.pop(), this.done.at(-1));
    if (last?.left) return this.takeBack(this.done.pop());
    const act = this.sheet?.lastOfMine;
    if (!act) return this.takeBack({ document: "" });
    if (last) this.done.pop();
    this.undone.push({ document: this.document, field: act.field, act: act.act, value: act.value });
    this.name = act.field;
    this.sheet.point(act.field, null);
    this.act("undo", "");
    this.go(act.field);
  }

  /** Bring back a document that was decided on; no document: whatever the server knows as the last. */
  takeBack(deed) {
    const { document } = deed;
    if (document) this.undone.push(deed);
    const id = this.outbox.add({ what: "take_back", document });
    if (!document || !this.sheets.has(document)) return this.panel.say(this.speak("taking_back"));
    this.returning.set(document, id);
    this.bring(document);
  }

  /** The server has taken back a decision: its document lies first now. */
  broughtBack(document) {
    if (this.document === document || this.brought === document) return;
    this.brought = document;
    this.bring(document);
  }

  /** Open a document before all others. */
  bring(document) {
    this.passed.delete(document);
    this.queue = [document, ...this.queue.filter((other) => other !== document)];
    this.leaveMode();
    this.openNext();
  }

  /** Do again what was undone last. */
  redo() {
    const deed = this.undone.pop();
    if (!deed || deed.document !== this.document) return this.panel.say(this.speak("nothing_to_redo"));
    this.redoing = true;
    if (deed.left) this.decide(deed.left, deed.reason);
    else {
      this.name = deed.field;
      this.act(deed.act, deed.value);
      this.onward();
    }
    this.redoing = false;
  }

  edit() {
    if (!this.field || this.editing) return;
    this.editing = true;
    this.panel.beginEdit(this.field);
    const { document, name, panel } = this;
    panel.editor.addEventListener("input", () => this.outbox.keepDraft({ document, field: name, text: panel.editor.value }));
  }

  /** Go on typing what a reload broke off. */
  resumeTyping() {
    const { draft } = this;
    this.draft = null;
    if (!draft || draft.document !== this.document || !this.field) return;
    this.edit();
    this.panel.editor.value = draft.text;
    this.panel.editor.setSelectionRange(draft.text.length, draft.text.length);
  }

  /** End typing; keep what stands there, unless it is `kept` as it was. */
  endEdit(keep) {
    if (!this.editing) return;
    this.editing = false;
    this.outbox.keepDraft(null);
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
    if (!this.sheet?.given.pages.length) return;
    this.ask(askRescan, (reason) => this.decide("rescan", reason));
  }

  /** Put the document aside for later. */
  postpone() {
    if (this.sheet) this.decide("postponed", "");
  }

  /** Ask an approver or a manager what to do with the document. */
  escalate() {
    if (this.sheet) this.ask(askReason, (reason) => this.decide("escalated", reason));
  }

  /** Ask for a reason in a dialog; `then(reason)` unless it was called off. */
  ask(dialog, then) {
    this.openDialog((place, done) =>
      dialog(place, this.speak, (reason) => {
        done();
        if (reason) then(reason);
      }),
    );
  }

  /** The document leaves the desk: "pass", "rescan", "postponed" or "escalated". */
  decide(decision, reason) {
    const { document, clock } = this;
    const milliseconds = Math.round(clock.document.dwell);
    const trace = clock.document.told({ latency: this.latency });
    this.leftBefore = performance.now();
    this.note({ document, left: decision, reason });
    this.sheet.leave();
    this.passed.add(document);
    this.panel.warn("");
    this.openNext();
    // Sent when the next document stands: what the reviewer waits for comes first.
    const aside = decision === "postponed" || decision === "escalated";
    const how = aside ? { what: "aside", how: decision } : { what: "decision", decision };
    this.outbox.add({ ...how, document, reason, milliseconds, trace });
    if (!this.document) this.showNothing();
  }

  // --- syllables ----------------------------------------------------------------------------

  /** Walk the syllable in hand through what other engines read there, and what else it could be. */
  turnSyllable(step) {
    if (!this.field) return;
    if (!this.editing) {
      const start = this.syllable ?? this.firstDoubt();
      this.edit();
      const words = [...this.panel.editor.value.matchAll(/\S+/g)];
      const word = words[Math.min(start, words.length - 1)];
      if (word) this.panel.editor.setSelectionRange(word.index + word[0].length, word.index + word[0].length);
    }
    const { editor } = this.panel;
    const at = syllableAt(editor.value, editor.selectionStart);
    if (!at) return;
    const text = editor.value.slice(...at);
    if (this.cycle?.at !== at[0] || this.cycle.ring[this.cycle.turn] !== text) {
      const place = editor.value.slice(0, at[0]).split(/\s+/).filter(Boolean).length - (/\S$/.test(editor.value.slice(0, at[0])) ? 1 : 0);
      const others = this.field.candidates.filter((c) => !c.bare).map((c) => c.text);
      const theirs = readingsAt(editor.value, place, others)
        .map((word) => word.match(/[\p{L}\p{M}]+/u)?.[0])
        .filter(Boolean);
      this.cycle = { at: at[0], turn: 0, ring: [...new Set([text, ...theirs, ...variants(text).map((v) => alike(v, text))])] };
    }
    const { ring } = this.cycle;
    this.cycle.turn = (this.cycle.turn + step + ring.length) % ring.length;
    editor.setRangeText(ring[this.cycle.turn], ...at, "end");
    this.panel.say(this.speak("variant", { n: this.cycle.turn, all: ring.length - 1 }));
  }

  /** The first word that another engine reads differently; the last one where all agree. */
  firstDoubt() {
    const { value, candidates } = this.field;
    const words = value.split(/\s+/).filter(Boolean);
    const others = candidates.filter((c) => !c.bare && c.text !== value).map((c) => c.text);
    const doubt = words.findIndex((_, i) => readingsAt(value, i, others).length > 0);
    return doubt < 0 ? Math.max(0, words.length - 1) : doubt;
  }

  /** Move the syllable cursor along the value. */
  moveSyllable(step) {
    if (!this.field?.value) return;
    const last = this.field.value.split(/\s+/).filter(Boolean).length - 1;
    const from = this.syllable ?? (step > 0 ? -1 : last + 1);
    this.syllable = Math.min(last, Math.max(0, from + step));
    this.refresh();
  }

  // --- being at work ------------------------------------------------------------------------

  /** Once a second: tell the server that somebody is here, or give back what nobody works on. */
  beat() {
    if (!this.isStanding || this.away) return;
    this.panel.drawDay(this.day, this.breakIn);
    const limit = (this.idleMinutes ?? 15) * 60_000;
    if (this.clock.silent > limit) return this.giveBack();
    const due = performance.now() - (this.beaten ?? this.clock.last) > BEAT;
    if (!due || this.clock.silent > BEAT || !this.document) return;
    this.beaten = performance.now();
    this.outbox.add({ what: "beat" });
  }

  /** Nobody has been here for long: what lies on the desk is for others; what was done is kept. */
  giveBack() {
    if (this.editing) this.endEdit(true);
    this.leaveMode();
    this.away = true;
    this.document = null;
    this.outbox.add({ what: "give_back" });
    this.showNothing();
  }

  comeBack() {
    if (!this.away) return false;
    this.away = false;
    this.askOnce();
    this.openNext();
    return true;
  }

  /** Minutes until a break is due. */
  get breakIn() {
    return Math.max(0, Math.ceil(STRETCH - this.clock.worked / 60_000));
  }

  showKeys() {
    const bind = () => this.bindKeys();
    this.openDialog((place, done) => showMap(place, this.speak, this.keys.lines(this.mode?.name ?? "desk"), { done, bind }));
  }

  /** Bind the keys as the person wished at any desk. */
  wish(wish) {
    const seen = JSON.stringify(wish ?? {});
    if (seen === this.wished) return;
    this.wished = seen;
    this.keys.wish(wish);
    this.panel.seen.clear();
    this.refresh();
  }

  /** What was answered to questions about documents. */
  hearAnswers(answers = {}) {
    this.panel.answers = answers;
    if (this.sheet && !this.mode) this.panel.drawAnswers();
  }

  /** Let the person choose other keys; the server keeps them. */
  bindKeys() {
    const keep = (wish) => {
      this.wish(wish);
      this.outbox.add({ what: "keys", ...wish });
    };
    this.openDialog((place, done) => bindKeys(place, this.speak, this.keys, { done, keep }));
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

  tick(isKey, key = "") {
    this.clock.tick(isKey ? { key } : { click: true });
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
    if (this.comeBack()) {
      event.preventDefault();
      return true; // the key that brings one back does nothing else
    }
    this.tick(true, event.key);
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
