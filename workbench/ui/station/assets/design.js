// The drawing board: a form drawn over its scans. What is drawn, what is written and what the engines
// read there are one state; it is kept as it changes, and outlives a reload and a killed server.

const release = new URL(import.meta.url).search;
const { h, button, sign } = await import(`./dom.js${release}`);
const { Room } = await import(`./room.js${release}`);
const { Keys, chord } = await import(`./keys.js${release}`);
const { showMap } = await import(`./dialogs.js${release}`);
const { Board } = await import(`./designboard.js${release}`);
const { Panel } = await import(`./designpanel.js${release}`);
const { install } = await import(`./designdeeds.js${release}`);
const { History, around, corners, drop, freeName, inverse, mapped, newField, plainName, rename, tidyBox } = await import(`./designmodel.js${release}`);

const SAVE_AFTER = 350; // ms without a change
const LOOK_AFTER = 90;
const SAID_FOR = 4000; // ms that a sentence stands on the board
const QUIET = new Set(["chosen", "picked", "scan_shown"]); // what one sees anyway
const LEFT_OF = 6; // words before a box that may be its label

export class Design extends Room {
  furnish() {
    this.history = null;
    this.selected = null; // "field:so", "anchor:2", "column:ten", "ghost:0"
    this.phrase = null; // {words, text, page}: what was picked on the page
    this.picking = false; // whether a click always means a word
    this.ghosts = [];
    this.scan = this.page = 0;
    this.seen = null; // what the server saw in it last
    this.told = {};
    this.asked = this.answered = 0;
    this.read = {}; // scan -> engine -> text, where engines read the strip again
    this.board = new Board(this);
    this.panel = new Panel(this);
    this.mark = h("span.mark", { role: "status" });
    this.title = h("h2");
    this.alert = h("div.alert", { role: "alert", hidden: true });
    this.heard = h("div.heard", { "aria-live": "polite" });
    this.scans = h("div.tabs", { role: "tablist" });
    this.tools = h("div.tools");
    this.placed = h("p.placed", { role: "status" });
    this.stage.classList.add("design");
    this.paper = h("section.scan", {}, h("div.bar", {}, this.scans, this.tools), this.placed, this.board.pane);
    this.stage.append(
      h("header.head", {}, h("div.about", {}, this.title), this.mark),
      this.alert,
      h("div.drawing", {}, this.paper, this.panel.element),
      this.heard,
    );
    this.keys = new Keys();
    install(this);
  }

  hear(component) {
    this.told = component.data;
    super.hear(component);
    this.afterHearing();
  }

  /** What the server keeps: the first time, after a colleague's change, and after a reload. */
  lay(body) {
    if (this.history && this.body?.draft === body.draft) {
      this.body = { ...this.body, ...body };
      if (this.discarding) return this.take(body);
      if (body.revision === this.revision) return this.draw();
      return this.overtaken(body);
    }
    this.body = body;
    this.history = new History(body.drawn);
    this.text = body.text;
    this.errors = body.errors;
    this.revision = body.revision;
    this.waiting = null; // the id of the entry that is on its way
    this.dirty = this.textual = false;
    this.ghosts = body.ghosts ?? [];
    this.adopt(body);
    this.draw();
    this.look();
    if (!this.picked) this.focus();
    return null;
  }

  /** What an earlier sitting in this tab had not brought to the server. */
  adopt(body) {
    const kept = this.outbox.draft;
    if (!kept || kept.draft !== body.draft) return;
    const entry = this.outbox.entries.find(({ what }) => what === "save");
    this.history.replace(kept.drawn);
    [this.text, this.textual] = [kept.text ?? this.text, kept.textual];
    this.dirty = true;
    if (entry) [this.waiting, this.revision] = [entry.id, entry.revision];
    else if (kept.revision !== body.revision) this.overtaken(body);
  }

  afterHearing() {
    const { saved } = this.told;
    const open = this.outbox.entries.some(({ what }) => what === "save");
    if (this.waiting && !open) {
      this.waiting = null;
      if (!this.conflict && !this.blocked && saved?.draft === this.body.draft) {
        this.revision = saved.revision;
        if (this.dirty) this.keepHere();
        else this.outbox.keepDraft(null);
      }
    }
    if (this.dirty && !this.waiting && !this.conflict) this.saveSoon();
    if (this.history) this.drawHead();
  }

  refuse(refused) {
    if (this.conflict) return;
    this.blocked = true;
    this.complain([refused[0].sentence], h("button.ghost", { type: "button", onclick: () => this.discard() }, this.tell("take_kept")));
  }

  /** Show what the server keeps instead of what it refused. */
  discard() {
    this.discarding = true;
    this.outbox.add({ what: "again" });
  }

  /** A colleague was quicker: both stay, and the person says which one goes on. */
  overtaken(body) {
    if (!this.dirty && !this.waiting) return this.take(body);
    this.conflict = body;
    this.complain(
      [this.tell("overtaken", { by: body.by })],
      h("button.ghost", { type: "button", onclick: () => this.take(body) }, this.tell("take_theirs")),
      h("button.ghost", { type: "button", onclick: () => this.insist(body) }, this.tell("keep_mine")),
    );
    return null;
  }

  take(body) {
    this.settle(body);
    this.history.replace(body.drawn);
    [this.text, this.errors, this.dirty, this.textual] = [body.text, body.errors, false, false];
    this.outbox.keepDraft(null);
    this.selected = null;
    this.draw();
    this.look();
    if (body.by !== this.body.me) this.say("taken", { by: body.by });
  }

  insist(body) {
    this.settle(body);
    this.dirty = true;
    this.saveSoon();
  }

  settle(body) {
    this.conflict = this.waiting = null;
    this.blocked = this.discarding = false;
    this.revision = body.revision;
    this.alert.hidden = true;
  }

  complain(sentences, ...answers) {
    this.alert.hidden = false;
    this.alert.replaceChildren(sign("error"), h("span", {}, sentences.join(" ")), ...answers, h("button.ghost.close", { type: "button", "aria-label": this.tell("close"), onclick: () => (this.alert.hidden = true) }, sign("close")));
  }

  // --- changing ---------------------------------------------------------------------------

  get form() {
    return this.history.drawn;
  }

  /** Change what is drawn; `what` names the kind, so that a held key is one step back. */
  change(what, act, { quietly = false } = {}) {
    if (this.unreadable) return this.say("text_first");
    if (!this.history.change(what, act)) return false;
    this.textual = false;
    this.changed({ quietly });
    return true;
  }

  changed({ quietly = false } = {}) {
    this.dirty = true;
    this.blocked = false; // what is drawn now may be kept
    this.read = {};
    this.keepHere();
    this.saveSoon();
    clearTimeout(this.lookTimer);
    this.lookTimer = setTimeout(() => this.look(), LOOK_AFTER);
    if (!this.thing()) this.selected = null;
    this.board.draw();
    if (!quietly) this.panel.draw();
    this.drawHead();
  }

  keepHere() {
    const { form: drawn, revision, text, textual } = this;
    this.outbox.keepDraft({ draft: this.body.draft, revision, drawn, text: textual ? text : null, textual });
  }

  saveSoon() {
    clearTimeout(this.saveTimer);
    this.saveTimer = setTimeout(() => this.save(), SAVE_AFTER);
  }

  /** One save is on its way at a time; what changed meanwhile goes with the next. */
  save() {
    clearTimeout(this.saveTimer);
    if (!this.dirty || this.waiting || this.conflict) return;
    this.dirty = false;
    const content = this.textual ? { text: this.text } : { drawn: this.form };
    this.waiting = this.outbox.add({ what: "save", draft: this.body.draft, revision: this.revision, ...content });
    this.drawHead();
  }

  undo() {
    if (!this.history.undo()) return this.say("nothing_to_undo");
    this.textual = this.unreadable = false;
    this.phrase = null;
    this.changed();
    return this.say("undone");
  }

  redo() {
    if (!this.history.redo()) return this.say("nothing_to_redo");
    this.textual = this.unreadable = false;
    this.changed();
    return this.say("redone");
  }

  /** The text was edited: what it draws is shown as soon as it can be read. */
  write(text) {
    this.text = text;
    this.textual = this.dirty = true;
    this.blocked = false;
    this.keepHere();
    this.saveSoon();
    clearTimeout(this.lookTimer);
    this.lookTimer = setTimeout(() => this.look(), 3 * LOOK_AFTER);
    this.drawHead();
  }

  // --- what the server sees in it ---------------------------------------------------------

  async look() {
    const asked = (this.asked += 1);
    const content = this.textual ? { text: this.text } : { drawn: this.form };
    const answer = await this.ask("look", content);
    if (asked !== this.asked || !answer) return;
    this.answered = asked;
    this.seen = answer;
    this.errors = answer.errors;
    if (this.textual) {
      this.unreadable = !answer.drawn;
      if (answer.drawn) this.history.change("text", (drawn) => Object.assign(drawn, answer.drawn));
    } else this.text = answer.text;
    const { revision, by } = answer;
    if (revision > this.revision && by !== this.body.me && !this.conflict) this.outbox.add({ what: "again" });
    this.show();
    this.panel.told();
    this.drawHead();
  }

  /** Ask past Streamlit: an answer must not wait for a run of the page. Null where none came. */
  async ask(what, content) {
    try {
      const answer = await fetch(`/drawing-board/${this.body.draft}/${what}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(content),
      });
      if (answer.ok) {
        this.stage.dataset.silent = "";
        return await answer.json();
      }
      if (answer.status < 500) this.complain([await answer.text()]);
    } catch {
      this.stage.dataset.silent = "yes"; // the mark says that nothing is lost; asked again with the next change
    }
    return null;
  }

  /** Let the engines read the strips of the field in hand again. */
  async readAgain() {
    const field = this.fieldInHand();
    if (!field || this.reading) return;
    this.reading = true;
    this.panel.told();
    this.say("reading");
    const answer = await this.ask("read", { drawn: this.form, field: field.name });
    this.reading = false;
    this.read = answer ? { [field.name]: answer.scans } : {};
    this.panel.told();
    if (answer) this.say("reading_done");
  }

  async propose() {
    if (this.proposing) return;
    this.proposing = true;
    this.say("proposing");
    this.panel.draw();
    const answer = await this.ask("propose", { drawn: this.form });
    this.proposing = false;
    if (answer) this.ghosts = answer.ghosts;
    this.panel.turn(this.ghosts.length ? "proposed" : this.panel.tab);
    if (answer) this.say(this.ghosts.length ? "proposed" : "proposed_nothing", { n: this.ghosts.length });
    this.select(this.ghosts.length ? "ghost:0" : null);
  }

  get sight() {
    return this.seen?.scans[this.scan] ?? null;
  }

  /** From mm of the form to pixels of the page that is shown; where it is not placed, as on flat paper. */
  matrix() {
    return this.sight?.pages[this.page]?.matrix ?? this.flat();
  }

  flat() {
    return this.paperInHand().flat;
  }

  paperInHand() {
    return this.body.scans[this.scan].pages[this.page];
  }

  /** Whether places in mm mean something here: the form is placed, or is drawn on this very scan. */
  get standsHere() {
    if (this.sight?.pages[this.page]?.matrix) return true;
    const anchored = this.form.anchors.some(({ at }) => at);
    if (this.scan === 0) return !anchored || this.asked !== this.answered;
    return !anchored && !this.form.fields.some(({ zone }) => zone?.box);
  }

  // --- what is drawn ----------------------------------------------------------------------

  things() {
    if (!this.history || !this.body.scans.length) return [];
    const { form: drawn, sight, page } = this;
    const chosen = (key) => key === this.selected;
    const onPage = (strips) => (strips ?? []).filter(([number]) => number === page).map(([, ...box]) => box);
    const things = [];
    drawn.anchors.forEach((anchor, n) => {
      const key = `anchor:${n}`;
      const strips = onPage(sight?.anchors[n]);
      const found = strips.length > 0;
      const place = anchor.at && (anchor.page ?? 1) === page + 1 ? anchor.at : null;
      if (found) things.push({ key, look: "anchor", label: chosen(key) ? `⚓ ${anchor.text}` : "⚓", strips, chosen: chosen(key) });
      else if (place) things.push({ key, look: "anchor missing", label: "⚓ ?", box: place, strips, chosen: chosen(key) });
    });
    drawn.fields.forEach((field) => {
      const key = `field:${field.name}`;
      const { zone } = field;
      const label = this.labelOf(field);
      if (zone?.box && (zone.page ?? 1) === page + 1)
        things.push({ key, look: "zone", label, box: zone.box, strips: [], chosen: chosen(key), handles: chosen(key), read: onPage(sight?.fields[field.name]?.strips) });
      else if (!zone?.box) things.push({ key, look: "found", label, strips: onPage(sight?.fields[field.name]?.strips), chosen: chosen(key) });
    });
    for (const [name, told] of Object.entries(sight?.cells ?? {})) {
      const key = `column:${name.split(".")[2]}`;
      things.push({ key, look: "found cell", label: "", strips: onPage(told), chosen: chosen(key) });
    }
    this.ghosts.forEach((ghost, n) => {
      const strips = onPage(ghost.strips[this.scan]);
      const label = ghost.text ? `⚓ ${ghost.text}` : this.labelOf(ghost);
      things.push({ key: `ghost:${n}`, look: `ghost ${ghost.what}`, label, strips, chosen: chosen(`ghost:${n}`) });
    });
    const last = (thing) => (thing.chosen ? 1 : 0);
    return things.sort((a, b) => last(a) - last(b));
  }

  labelOf({ label, name }) {
    return (this.told.language === "en" ? label.en || label.vi : label.vi || label.en) || name;
  }

  /** What Tab walks through: fields, columns, anchors, proposals. */
  order() {
    const { form: drawn } = this;
    return [
      ...this.ghosts.map((_, n) => `ghost:${n}`),
      ...drawn.fields.map(({ name }) => `field:${name}`),
      ...(drawn.items?.columns ?? []).map(({ name }) => `column:${name}`),
      ...drawn.anchors.map((_, n) => `anchor:${n}`),
    ];
  }

  /** The selected thing itself, or null. */
  thing() {
    const [what, name] = this.selected?.split(/:(.*)/s) ?? [];
    if (what === "field") return this.form.fields.find((field) => field.name === name) ?? null;
    if (what === "column") return this.form.items?.columns.find((column) => column.name === name) ?? null;
    if (what === "anchor") return this.form.anchors[name] ?? null;
    return what === "ghost" ? (this.ghosts[name] ?? null) : null;
  }

  fieldInHand() {
    return this.selected?.startsWith("field:") ? this.thing() : null;
  }

  boxInHand() {
    return this.fieldInHand()?.zone?.box ?? null;
  }

  select(key, { reveal = true } = {}) {
    this.selected = key;
    if (key) this.phrase = null;
    const thing = this.thing();
    this.turnTo(thing);
    this.show();
    if (reveal) this.board.reveal();
    this.panel.draw();
    if (thing) this.say("chosen", { what: thing.text ?? this.labelOf(thing), value: this.valueOf(thing) });
  }

  valueOf(thing) {
    return this.sight?.fields[thing.name]?.value ?? thing.examples?.[0] ?? "";
  }

  /** Turn to the page on which a thing stands. */
  turnTo(thing) {
    if (!thing) return;
    const told = this.sight;
    const strips = this.selected.startsWith("ghost:") ? thing.strips[this.scan] : told?.fields[thing.name]?.strips;
    const wanted = thing.zone?.box ? (thing.zone.page ?? 1) - 1 : (strips?.[0]?.[0] ?? this.page);
    if (this.body.scans[this.scan].pages[wanted]) this.page = wanted;
  }

  step(by) {
    const order = this.order();
    const at = order.indexOf(this.selected);
    const next = at < 0 ? (by > 0 ? 0 : order.length - 1) : at + by;
    if (!order[next]) return false; // past the end the browser goes on to what stands beside
    this.select(order[next]);
    return true;
  }

  // --- zones ------------------------------------------------------------------------------

  drewBox(box) {
    if (!this.standsHere) return this.say("not_placed_here");
    const vi = this.wordsLeftOf(box);
    return this.addField({ name: plainName(vi), vi, en: vi, zone: { box: this.onSheet(box), page: this.page + 1 } });
  }

  addField(given) {
    let field = null;
    const done = this.change("", (drawn) => {
      field = newField(drawn, given);
      drawn.fields.push(field);
    });
    if (!done) return;
    this.select(`field:${field.name}`, { reveal: false });
    this.panel.turn("thing");
    this.panel.focus("label.vi");
  }

  newZone() {
    if (!this.standsHere) return this.say("not_placed_here");
    return this.drewBox(this.board.onFormOf([]));
  }

  /** The printed words right before a box: what a field is likely to be called. */
  wordsLeftOf(box) {
    const page = this.paperInHand();
    const [left, top, right, bottom] = around(corners(box).map((point) => mapped(this.matrix(), point)));
    const [l, t, b] = [left / page.width, top / page.height, bottom / page.height];
    const tall = (b - t) * page.height;
    const level = page.words.filter(([, wl, wt, wr, wb]) => (wt + wb) / 2 > t && (wt + wb) / 2 < b && wr < l + 0.01 && wl < right);
    const found = [];
    let edge = l;
    for (const word of level.sort((one, two) => two[1] - one[1])) {
      if ((edge - word[3]) * page.width > 2 * tall || found.length === LEFT_OF) break;
      if (found.length && /[:;.]$/.test(word[0])) break;
      found.unshift(word[0]);
      edge = word[1];
    }
    return found.join(" ").replace(/[\s:.…_]+$/, "");
  }

  /** A box as it lies on the sheet of the form. */
  onSheet(box) {
    const [wide, tall] = this.form.sheet ?? [210, 297];
    const [left, top, right, bottom] = tidyBox(box);
    const [dx, dy] = [Math.min(0, wide - right) + Math.max(0, -left), Math.min(0, tall - bottom) + Math.max(0, -top)];
    return tidyBox([Math.max(0, left + dx), Math.max(0, top + dy), Math.min(wide, right + dx), Math.min(tall, bottom + dy)]);
  }

  setBox(box, what) {
    const name = this.fieldInHand()?.name;
    if (!name) return;
    this.change(`${what}:${name}`, (drawn) => {
      const zone = drawn.fields.find((field) => field.name === name).zone;
      zone.box = this.onSheet(box);
    }, { quietly: true });
    this.panel.placed();
  }

  /** Move by (dx, dy) mm, or with `size` the right and the lower side only. */
  nudge(dx, dy, size) {
    const box = this.boxInHand();
    if (!box) return this.selected ? this.say("no_box") : this.board.panBy(-24 * Math.sign(dx), -24 * Math.sign(dy));
    const [left, top, right, bottom] = box;
    const moved = size ? [left, top, Math.max(left + 1, right + dx), Math.max(top + 1, bottom + dy)] : [left + dx, top + dy, right + dx, bottom + dy];
    this.setBox(moved, size ? "size" : "nudge");
    return this.board.reveal();
  }

  dropped() {
    this.panel.draw();
    this.board.draw();
  }

  remove() {
    const thing = this.thing();
    if (!thing) return;
    const [what, name] = this.selected.split(/:(.*)/s);
    const order = this.order();
    const next = order[order.indexOf(this.selected) + 1] ?? null;
    if (what === "ghost") return this.dropGhost(Number(name));
    this.change("", (drawn) => {
      if (what === "field") drop(drawn, name);
      if (what === "column") drawn.items.columns = drawn.items.columns.filter((column) => column.name !== name);
      if (what === "anchor") drawn.anchors.splice(Number(name), 1);
    });
    this.say("removed");
    this.select(what === "anchor" ? null : next);
    return this.focus();
  }

  copy() {
    const field = this.fieldInHand();
    if (!field) return;
    const { zone } = field;
    const tall = zone.box ? zone.box[3] - zone.box[1] + 1 : 0;
    const moved = zone.box ? { ...zone, box: tidyBox([zone.box[0], zone.box[1] + tall, zone.box[2], zone.box[3] + tall]) } : structuredClone(zone);
    let name = "";
    this.change("", (drawn) => {
      const twin = { ...structuredClone(field), name: freeName(drawn, field.name.replace(/_\d+$/, "")), zone: moved };
      name = twin.name;
      drawn.fields.splice(drawn.fields.findIndex((known) => known.name === field.name) + 1, 0, twin);
    });
    this.select(`field:${name}`);
    this.say("copied");
  }

  renameField(to) {
    const field = this.fieldInHand();
    const plain = plainName(to);
    if (!field || !plain || plain === field.name) return;
    const free = freeName(this.form, plain, field);
    this.change("", (drawn) => rename(drawn, field.name, free));
    this.selected = `field:${free}`;
    this.panel.draw();
    this.board.draw();
  }

  // --- printed words ----------------------------------------------------------------------

  pick(word, extend) {
    const { words } = this.paperInHand();
    const at = words.indexOf(word);
    const from = extend && this.phrase && this.phrase.page === this.page ? Math.min(this.phrase.from, at) : at;
    const to = extend && this.phrase && this.phrase.page === this.page ? Math.max(this.phrase.to, at) : at;
    this.takeWords(from, to);
  }

  takeWords(from, to) {
    const words = this.paperInHand().words.slice(from, to + 1);
    this.phrase = { words, from, to, page: this.page, text: words.map(([text]) => text).join(" ") };
    this.phraseFor = this.fieldInHand()?.name ?? null; // what `until` would belong to
    this.board.draw();
    this.panel.turn("thing");
    this.panel.draw();
    this.say("picked", { words: this.phrase.text });
  }

  /** Walk through the words by key. */
  walkWords(by, extend) {
    const { words } = this.paperInHand();
    if (!words.length) return;
    if (!this.phrase || this.phrase.page !== this.page) return this.takeWords(0, 0);
    const { from, to } = this.phrase;
    if (extend) return this.takeWords(from, Math.max(from, Math.min(words.length - 1, to + by)));
    const at = Math.max(0, Math.min(words.length - 1, (by > 0 ? to : from) + by));
    return this.takeWords(at, at);
  }

  walkLines(by) {
    const { words } = this.paperInHand();
    if (!this.phrase) return this.walkWords(1, false);
    const [, left, top, , bottom] = this.phrase.words[0];
    const middle = (top + bottom) / 2;
    const tall = bottom - top;
    const rows = words.filter(([, , t, , b]) => by * ((t + b) / 2 - middle) > 0.6 * tall);
    const near = ([, l, t, , b]) => Math.abs((t + b) / 2 - middle) * 4 + Math.abs(l - left);
    const next = rows.sort((one, two) => near(one) - near(two))[0];
    if (next) this.takeWords(words.indexOf(next), words.indexOf(next));
    return undefined;
  }

  placeOfPhrase() {
    if (!this.standsHere) return null;
    const back = inverse(this.matrix());
    const page = this.paperInHand();
    const points = this.phrase.words.flatMap(([, ...box]) => corners([box[0] * page.width, box[1] * page.height, box[2] * page.width, box[3] * page.height]));
    return this.onSheet(around(points.map((point) => mapped(back, point))));
  }

  makeAnchor() {
    if (!this.phrase) return this.say("pick_first");
    const { text, page } = this.phrase;
    const at = this.placeOfPhrase();
    const level = (anchor) => [(anchor.page ?? 1) - 1, anchor.at?.[1] ?? -1];
    this.change("", (drawn) => {
      if (drawn.anchors.some((anchor) => anchor.text === text)) return;
      const anchor = at ? { text, at, page: page + 1 } : { text };
      const top = at?.[1] ?? Infinity;
      const after = drawn.anchors.findIndex((known) => level(known)[0] > page || (level(known)[0] === page && level(known)[1] > top));
      drawn.anchors.splice(after < 0 ? drawn.anchors.length : after, 0, anchor);
    });
    return this.done("anchor_made", { words: text });
  }

  /** What was picked, or the anchor in hand. */
  makeRecognised() {
    const text = this.phrase?.text ?? (this.selected?.startsWith("anchor:") ? this.thing()?.text : null);
    if (!text) return this.say("pick_first");
    this.change("", (drawn) => drawn.recognised_by.all_of.includes(text) || drawn.recognised_by.all_of.push(text));
    return this.done("recognised_made", { words: text });
  }

  makeField() {
    if (!this.phrase) return this.say("pick_first");
    const { text } = this.phrase;
    this.phrase = null;
    const vi = text.replace(/[\s:.…_]+$/, "");
    return this.addField({ name: plainName(vi), vi, en: vi, zone: { after: [text] } });
  }

  makeUntil() {
    const name = this.phraseFor;
    if (!this.phrase || !name) return this.say("pick_first");
    const { text } = this.phrase;
    this.change("", (drawn) => {
      const { zone } = drawn.fields.find((field) => field.name === name);
      if (zone.after) zone.until = [...(zone.until ?? []), text];
    });
    this.done("until_made", { words: text });
    return this.select(`field:${name}`);
  }

  makeColumn() {
    if (!this.phrase) return this.say("pick_first");
    const { text } = this.phrase;
    let name = "";
    this.change("", (drawn) => {
      drawn.items ??= { name: "muc", ordinal: "", until: [], columns: [] };
      const { items } = drawn;
      if (!items.ordinal) return void (items.ordinal = text);
      name = freeName({ fields: items.columns }, plainName(text) || "cot");
      items.columns.push({ name, heading: text, label: { vi: text, en: text }, kind: "text" });
    });
    this.done("column_made", { words: text });
    return name ? this.select(`column:${name}`) : this.panel.turn("form");
  }

  done(name, values) {
    this.phrase = null;
    this.board.draw();
    this.panel.draw();
    this.say(name, values);
  }

  // --- proposals --------------------------------------------------------------------------

  accept(n) {
    const ghost = this.ghosts[n];
    if (!ghost) return;
    this.change("", (drawn) => take(drawn, ghost));
    this.ghosts = this.ghosts.filter((other) => other !== ghost);
    this.select(this.ghosts.length ? `ghost:${Math.min(n, this.ghosts.length - 1)}` : null);
    if (!this.ghosts.length) this.panel.turn("form");
    this.say("accepted");
  }

  acceptAll() {
    if (!this.ghosts.length) return;
    // What was not thought good enough waits to be taken by itself.
    const some = this.ghosts.some(({ taken }) => taken !== false);
    const ghosts = this.ghosts.filter(({ taken }) => !some || taken !== false);
    this.change("", (drawn) => ghosts.forEach((ghost) => take(drawn, ghost)));
    this.ghosts = this.ghosts.filter((ghost) => !ghosts.includes(ghost));
    this.select(null);
    this.panel.turn(this.ghosts.length ? "proposed" : "form");
    this.say("accepted_all", { n: ghosts.length });
  }

  dropGhost(n) {
    this.ghosts = this.ghosts.filter((_, at) => at !== n);
    this.select(this.ghosts.length ? `ghost:${Math.min(n, this.ghosts.length - 1)}` : null);
    if (!this.ghosts.length) this.panel.turn("form");
    this.say("removed");
  }

  // --- drawing ----------------------------------------------------------------------------

  draw() {
    this.stage.setAttribute("aria-label", this.tell("board"));
    this.drawTools();
    this.show();
    this.panel.draw();
    this.drawHead();
  }

  /** The page in hand, with what stands on it. */
  show() {
    if (!this.body?.scans.length) return;
    this.drawScans();
    this.board.show(this.paperInHand(), this.matrix());
    this.drawPlaced();
  }

  resized() {
    if (this.history) this.board.draw();
  }

  drawHead() {
    const { title, id, version } = this.form;
    this.title.textContent = (this.told.language === "en" ? title.en || title.vi : title.vi || title.en) || id;
    this.title.title = `${id} · ${this.tell("version_of", { n: version })}`;
    this.stage.dataset.revision = String(this.revision);
    this.stage.dataset.state = this.dirty || this.waiting ? "changing" : "kept";
    this.stage.dataset.errors = String(this.errors?.length ?? 0);
    this.drawMark();
  }

  /** "Saved" only when nothing waits, not even for the next save. */
  drawMark() {
    if (!this.mark || !this.outbox) return;
    const state = this.conflict ? "overtaken" : this.blocked ? "not_kept" : this.outbox.state === "unsaved" ? "unsaved" : this.dirty || this.waiting ? "saving" : "saved";
    this.mark.dataset.state = ["overtaken", "not_kept"].includes(state) ? "unsaved" : state;
    this.mark.textContent = this.tell(state === "overtaken" ? "overtaken_short" : state, { n: 1 });
  }

  drawScans() {
    const tab = (chosen, words, act, more = {}) => {
      const made = button("tab", act, words);
      made.setAttribute("role", "tab");
      made.setAttribute("aria-selected", String(chosen));
      for (const [name, value] of Object.entries(more)) made.setAttribute(name, value);
      return made;
    };
    const scans = this.body.scans.map(({ title }, n) => {
      const made = tab(n === this.scan, String(n + 1), () => this.turnScan(n), { title, "aria-label": this.tell("scan_n", { n: n + 1 }) });
      const lost = this.seen && !this.seen.scans[n]?.stands;
      if (lost) made.append(h("span.dot", { role: "img", "aria-label": this.tell("not_placed"), title: this.tell("not_placed") }));
      return made;
    });
    const { pages } = this.body.scans[this.scan];
    const turns = pages.length < 2 ? [] : pages.map((_, n) => tab(n === this.page, this.tell("page", { n: n + 1 }), () => this.turnPage(n)));
    this.scans.replaceChildren(h("span.what", {}, this.tell("scans")), ...scans, ...(turns.length ? [h("span.parting")] : []), ...turns);
    this.stage.dataset.scan = String(this.scan);
  }

  drawTools() {
    const tool = (deed, sign_) => {
      const made = button("tool", () => (this.keys.deeds.get(deed).act(), this.focus()), sign_);
      made.title = `${this.tell(this.keys.deeds.get(deed).words)}  (${this.keys.label(deed)})`;
      made.setAttribute("aria-label", made.title);
      return made;
    };
    this.wordsTool = tool("words", this.tell("words_tool"));
    this.tools.replaceChildren(this.wordsTool, tool("new", this.tell("zone_tool")), tool("smaller", "−"), tool("larger", "+"), tool("page", this.tell("whole")), tool("help", "?"));
  }

  drawPlaced() {
    const told = this.sight?.says ?? "";
    this.placed.textContent = told || "…"; // it keeps its line: the page must not jump
    this.placed.classList.toggle("lost", Boolean(this.sight && !this.sight.stands));
    const hint = this.picking ? this.tell("words_hint") : "";
    this.board.hint.textContent = hint;
    this.board.hint.hidden = !hint;
    this.wordsTool?.setAttribute("aria-pressed", String(this.picking));
    this.board.pane.classList.toggle("pointing", this.picking);
  }

  turnScan(n) {
    if (!this.body.scans[n]) return;
    this.scan = n;
    this.page = Math.min(this.page, this.body.scans[n].pages.length - 1);
    this.phrase = null;
    this.show();
    this.panel.draw();
    this.say("scan_shown", { n: n + 1 });
  }

  turnPage(n) {
    if (!this.body.scans[this.scan].pages[n]) return;
    this.page = n;
    this.phrase = null;
    this.show();
  }

  togglePicking(on = !this.picking) {
    this.picking = on;
    this.drawPlaced();
    this.say(on ? "words_on" : "words_off");
  }

  /** Tell what was done, also to who does not see it. */
  say(name, values) {
    this.heard.textContent = this.tell(name, values);
    if (QUIET.has(name)) return undefined;
    clearTimeout(this.hintTimer);
    this.board.hint.textContent = this.heard.textContent;
    this.board.hint.hidden = false;
    this.hintTimer = setTimeout(() => this.drawPlaced(), SAID_FOR);
    return undefined;
  }

  focus() {
    this.stage.focus({ preventScroll: true });
  }

  showKeys() {
    if (this.mapOpen) return;
    this.mapOpen = true;
    const done = () => {
      this.mapOpen = false;
      this.focus();
    };
    showMap(this.stage, (name, values) => this.tell(name, values), this.keys.lines("desk").map(shortened), { done });
  }

  key(_, event) {
    if (this.mapOpen || !this.history) return false;
    const [target] = event.composedPath();
    const typing = target.matches?.("textarea, input:not([type=checkbox], [type=radio])") ?? false;
    const pressed = chord(event);
    const onControl = !typing && target !== this.stage && target.matches?.("select, input, button, summary, a");
    if (onControl && !/^(Ctrl\+|F\d|Escape$)/.test(pressed)) return false;
    const deed = this.keys.find(pressed, { mode: "desk", typing });
    if (!deed || (event.repeat && !deed.repeats)) return Boolean(deed);
    return deed.act(this, event) !== false;
  }

  close() {
    for (const timer of [this.saveTimer, this.lookTimer, this.hintTimer]) clearTimeout(timer);
    this.board?.close();
    super.close();
  }
}

/** A line of the map of keys with its four arrows as one. */
function shortened(line) {
  const [first] = line.chords;
  if (!first?.endsWith("ArrowLeft") && !first?.endsWith("ArrowUp")) return line;
  return { ...line, chords: [`${first.slice(0, first.indexOf("Arrow"))}←↑↓→`] };
}

/** Put a proposal among what is drawn. */
function take(drawn, ghost) {
  const { what, taken, why, examples, strips, ...told } = ghost;
  const known = { anchor: drawn.anchors.some(({ text }) => text === told.text), recognised: drawn.recognised_by.all_of.includes(told.text) };
  if (what === "anchor" && !known.anchor) drawn.anchors.push(told.at ? { page: 1, ...told } : { text: told.text });
  if (what === "recognised" && !known.recognised) drawn.recognised_by.all_of.push(told.text);
  if (what === "items") drawn.items = told.items;
  if (what === "field") drawn.fields.push({ ...told, name: freeName(drawn, told.name) });
}
