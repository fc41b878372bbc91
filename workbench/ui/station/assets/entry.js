// A record typed in without a scan: a form that keys alone go through, one round trip a record.
//
// What is being typed lies in the tab's storage with every key, what is finished in the journal until
// the server has answered: a reload, a lost run or a dead server loses and doubles nothing.

const release = new URL(import.meta.url).search;
const { h, button, sign } = await import(`./dom.js${release}`);
const { Room, keyName, newId } = await import(`./room.js${release}`);
const { day, matches } = await import(`./entryvalues.js${release}`);

const PAUSE = 150; // ms after a field was left until the server is asked what does not hold
const SHOWN = 7; // entries of a catalogue offered at once
const TERM = "@term";
const UNTIL = "het_han"; // field-standard name: the day until which a paper holds
const LETTING_GO = "Connection error"; // Streamlit's own heading, in whatever language we speak

let standing = null; // the form that keys gone astray are meant for

export class Entry extends Room {
  furnish() {
    this.title = h("h2");
    this.about = h("p");
    this.mark = h("span.mark");
    this.alert = h("div.alert", { role: "alert", hidden: true });
    this.fields = h("div.entry-fields");
    this.found = h("ul.entry-found", { "aria-live": "polite" });
    this.done = h("ol.entry-done");
    this.keys = h("dl.entry-keys");
    this.offer = h("ul.entry-offer", { role: "listbox", hidden: true });
    this.hint = h("footer.hints");
    this.stage.classList.add("entry");
    this.stage.append(
      h("header.head", {}, h("div.about", {}, this.title, this.about), this.mark),
      this.alert,
      h("div.entry-both", {}, this.fields, h("aside", {}, this.found, this.keys, this.done)),
      this.hint,
    );
    this.finished = [];
    // Before Streamlit hears a key: in its own dialog, or where nothing has the focus, "c" and "r" are its.
    this.astray = (event) => this.catchUp(event);
    window.addEventListener("keydown", this.astray, true);
    this.guard = new MutationObserver(() => this.setAside());
    this.guard.observe(document.body, { childList: true, subtree: true });
  }

  close() {
    window.removeEventListener("keydown", this.astray, true);
    this.guard?.disconnect();
    if (standing === this) standing = null;
    super.close();
  }

  // --- a place ----------------------------------------------------------------------------

  /** Stand elsewhere with the caret where it was: whoever types does not notice. */
  sit(place) {
    standing = this;
    this.path = location.pathname;
    if (this.place === place) return;
    const caret = this.caret();
    super.sit(place);
    if (document.activeElement === document.body || this.frame.contains(place.activeElement ?? null)) this.comeBack(caret);
  }

  caret() {
    return this.at && [this.at.selectionStart, this.at.selectionEnd];
  }

  comeBack(caret = this.caret()) {
    if (!this.at?.isConnected) return;
    this.at.focus({ preventScroll: true });
    this.at.setSelectionRange(...caret);
  }

  /** Streamlit says in a dialog of its own that the server is gone, and would have all keys go there. */
  setAside() {
    if (standing !== this || !this.at) return;
    if (this.aside && !this.aside.isConnected) {
      this.aside = null;
      if (document.activeElement === document.body) this.comeBack();
    }
    const dialog = theirDialog();
    if (!dialog || dialog === this.aside) return;
    this.aside = dialog; // once: it takes its time to go
    dialog.querySelector("button")?.click();
    this.offline = true;
    this.say(this.tell("offline"));
  }

  /** A key that landed beside the form while somebody types in it: do what it would have done. */
  catchUp(event) {
    if (standing !== this || this.over || !this.at || !this.now || location.pathname !== this.path) return;
    const dialog = theirDialog();
    if (event.target !== document.body && !dialog?.contains(event.target)) return;
    if (event.isComposing || event.keyCode === 229 || event.altKey || event.defaultPrevented) return;
    if (["Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
    this.tick(true);
    const done = this.key(keyName(event), event, this.at) === true || this.write(event);
    if (!done && !dialog) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!dialog) this.comeBack();
  }

  /** Write a letter at the caret, or take one away, as the browser would. */
  write({ key, ctrlKey, metaKey }) {
    const input = this.at;
    const [from, to] = this.caret();
    if (ctrlKey || metaKey) return false;
    if (key === "Backspace") input.setRangeText("", from === to ? Math.max(0, from - 1) : from, to, "end");
    else if ([...key].length === 1) input.setRangeText(key, from, to, "end");
    else return false;
    input.dispatchEvent(new Event("input"));
    return true;
  }

  // --- hearing the server -----------------------------------------------------------------

  hear(component) {
    this.ask = (value) => component.setStateValue("check", value);
    // What lies here already is not laid out anew: somebody is typing in it.
    const again = component.data.version === this.version && this.outbox;
    super.hear(again ? { ...component, data: { ...component.data, body: null } } : component);
    const { needs = [], checked = null, done = [] } = component.data;
    for (const need of needs) this.takeBack(need);
    if (checked && this.record && checked.n === this.checkNumber) {
      this.findings = checked.findings;
      this.drawFound();
    }
    const told = done.filter(({ id }) => !this.finished.some((one) => one.id === id));
    if (told.length) {
      this.finished = [...told.reverse(), ...this.finished].slice(0, 12);
      this.drawDone();
    }
    if (this.offline) this.told = "";
    this.offline = false;
    this.drawHead();
  }

  // --- what is typed ----------------------------------------------------------------------

  lay(body) {
    const before = this.body;
    const of = before && this.of;
    this.body = body;
    // A server that was started anew lays the same form out: whoever types in it types on.
    if (this.record && of === this.of) {
      if (JSON.stringify(before) !== JSON.stringify(body)) this.relabel(before);
      return;
    }
    const kept = this.kept();
    this.back = kept.back ?? [];
    this.previous = kept.previous ?? {};
    const draft = kept.record;
    const sent = draft && this.outbox.entries.some((entry) => entry.document === draft.document);
    this.record = draft && !sent && draft.of === this.of ? draft : this.fresh();
    this.findings = [];
    this.phase = this.record.phase ?? "first";
    this.draw();
    const here = this.inputs.get(this.record.at); // where somebody was typing
    this.at = here ?? null;
    this.focus();
    here?.setSelectionRange(here.value.length, here.value.length);
  }

  /** The same form in another language, or for another copy: what was typed stays. */
  relabel(before) {
    const { values } = this.record;
    const term = before.term?.findIndex(({ label }) => label === values[TERM]) ?? -1;
    if (term >= 0) values[TERM] = this.body.term[term].label;
    this.keep();
    const [at, caret] = [this.record.at, this.caret()];
    this.draw();
    this.at = this.inputs.get(at) ?? null;
    if (this.at) this.comeBack(caret);
    else this.focus();
  }

  /** What this form is of: another kind or batch has a draft of its own. */
  get of() {
    const { kind, unit, batch, document } = this.body;
    return [kind, unit, batch, document ?? ""].join("\n");
  }

  get storage() {
    return `${this.outbox.place}.draft.${this.of}`;
  }

  kept() {
    try {
      return JSON.parse(sessionStorage.getItem(this.storage) ?? "{}");
    } catch {
      return {};
    }
  }

  keep() {
    try {
      const { record, back, previous } = this;
      sessionStorage.setItem(this.storage, JSON.stringify({ record, back, previous }));
    } catch {
      // Without storage a reload loses what is being typed, and nothing else.
    }
  }

  fresh() {
    return {
      of: this.of, document: this.body.document ?? newId(), values: { ...(this.body.values ?? {}) },
      absent: [], effort: {}, rows: 1, milliseconds: 0, again: {}, chosen: {}, phase: this.body.second ? "again" : "first",
    }; // prettier-ignore
  }

  /** The fields to go through now, in order. */
  steps() {
    const { body, record, phase } = this;
    if (phase === "again") return this.critical().map((f) => ({ ...f, blind: true }));
    if (phase === "decide") return this.differing().map((f) => ({ ...f, decides: true }));
    const steps = body.fields.filter((f) => !f.constant);
    if (body.table) {
      for (let row = 1; row <= record.rows; row++)
        for (const column of body.table.columns)
          steps.push({ ...column, row, name: `${body.table.name}.${row}.${column.name}` });
    }
    if (body.term) steps.push({ name: TERM, label: this.tell("term"), kind: "text", list: "@term", closed: true });
    return steps;
  }

  critical() {
    const { body, record } = this;
    if (body.second) return body.second;
    return body.fields.filter((f) => f.critical && !f.constant && record.values[f.name]);
  }

  differing() {
    const { record } = this;
    return this.critical().filter((f) => {
      const first = this.body.second ? record.differ?.[f.name]?.first : record.values[f.name];
      if (first === undefined) return false;
      return same(first, f.kind) !== same(record.again[f.name] ?? "", f.kind);
    });
  }

  valueOf(step) {
    const { record } = this;
    if (step.blind) return record.again[step.name] ?? "";
    if (step.decides) return record.chosen[step.name] ?? "";
    return record.values[step.name] ?? "";
  }

  setValue(step, value) {
    const { record } = this;
    const into = step.blind ? record.again : step.decides ? record.chosen : record.values;
    if (value) into[step.name] = value;
    else delete into[step.name];
    if (value && !step.blind && !step.decides) record.absent = record.absent.filter((n) => n !== step.name);
    this.keep();
  }

  // --- drawing ----------------------------------------------------------------------------

  draw() {
    this.shown = this.steps();
    this.inputs = new Map();
    const rows = new Map(); // of the table, each on a line of its own
    const lines = this.shown.map((step) => {
      const line = this.drawStep(step);
      if (!step.row) return line;
      const row = rows.get(step.row);
      if (!row) rows.set(step.row, h("div.entry-row"));
      rows.get(step.row).append(line);
      return row ? null : rows.get(step.row);
    });
    this.fields.replaceChildren(...lines.filter(Boolean));
    this.fields.dataset.phase = this.phase;
    this.unsay();
    this.drawFound();
    this.drawKeys();
    this.drawDone();
  }

  drawStep(step) {
    const input = h("input", {
      type: "text", value: this.valueOf(step), autocomplete: "off", spellcheck: "false",
      "aria-label": step.label, "data-field": step.name,
    }); // prettier-ignore
    this.inputs.set(step.name, input);
    input.addEventListener("focus", () => this.enter(step, input));
    input.addEventListener("input", () => {
      this.setValue(step, input.value);
      if (this.told) this.unsay();
      this.drawOffer(step, input);
    });
    // Taken off the page it loses the focus too; by then it is of a record that has gone.
    // Where nothing else was chosen, whoever types may come back: a blank at the end is not superfluous yet.
    input.addEventListener("blur", ({ relatedTarget }) => {
      if (this.inputs.get(step.name) === input) this.leaveField(step, input, relatedTarget !== null);
    });
    const line = h(`div.entry-field${step.critical ? ".critical" : ""}${step.row ? ".cell" : ""}`, { data: { name: step.name } });
    const label = h("label", {}, step.row ? `${step.row}. ${step.label}` : step.label);
    if (step.required === false) label.append(h("i", {}, this.tell("optional")));
    if (step.decides) {
      const first = this.body.second ? this.record.differ[step.name].first : this.record.values[step.name];
      const second = this.record.again[step.name] ?? "";
      const take = (value) => {
        input.value = value;
        this.setValue(step, value);
      };
      line.append(
        label,
        h("div.entry-two", {},
          button("entry-way", () => take(first), h("kbd", {}, "F2"), h("b", {}, first)),
          button("entry-way", () => take(second), h("kbd", {}, "F4"), h("b", {}, second)),
        ),
        input,
      ); // prettier-ignore
      step.ways = [first, second];
      return line;
    }
    line.append(label, input, h("span.entry-note"));
    this.drawNote(step, line);
    return line;
  }

  lineOf(name) {
    return this.inputs.get(name)?.closest(".entry-field");
  }

  drawNote(step, line = this.lineOf(step.name)) {
    const note = line?.querySelector(".entry-note");
    if (!note) return;
    const input = this.inputs.get(step.name);
    const wrong = this.wrong(step);
    const absent = this.record.absent.includes(step.name) && !step.blind;
    note.textContent = absent ? this.tell("absent") : wrong;
    line.classList.toggle("wrong", Boolean(wrong));
    line.classList.toggle("absent", absent);
    input.setAttribute("aria-invalid", wrong ? "true" : "false");
  }

  /** What does not hold in a field, as far as is known here. */
  wrong(step) {
    const value = this.valueOf(step);
    if (step.kind === "date" && value && !day(value)) return this.tell("no_day");
    if (this.phase !== "first") return "";
    if (step.list && step.closed && value && !this.list(step).includes(value)) return this.tell("not_listed");
    return this.findings.find((f) => f.fields.includes(step.name) && f.severity !== "information")?.sentence ?? "";
  }

  drawHead() {
    if (!this.body || !this.title) return;
    const { body } = this;
    const blind = body.second ? "second_title" : "again";
    const name = { first: "title", again: blind, decide: "decide" }[this.phase];
    this.title.textContent = this.tell(name, { form: body.title });
    this.about.textContent = body.lead;
    this.alert.hidden = !this.told && !this.back.length;
    if (this.told) this.alert.replaceChildren(sign("error"), h("span", {}, this.told));
    else if (this.back.length)
      this.alert.replaceChildren(sign("error"), h("span", {}, this.tell("back", { n: this.back.length })), h("kbd", {}, "F8"));
  }

  drawFound() {
    const told = this.phase === "first" ? this.findings : [];
    const around = this.body.second ? this.body.context : []; // by which the paper is found again
    this.found.replaceChildren(
      ...around.map(({ label, value }) => h("li.information", {}, h("span", {}, `${label}: ${value}`))),
      ...told.map((f) => {
        const of = f.fields.map((n) => this.shown.find((s) => s.name === n)?.label).filter(Boolean);
        return h(`li.${f.severity}`, {}, sign(f.severity === "error" ? "error" : "waiting"), h("span", {}, of.length ? `${of.join(", ")}: ${f.sentence}` : f.sentence));
      }),
    );
    for (const step of this.shown) this.drawNote(step);
  }

  drawKeys() {
    const lines = { Enter: "key_next", "Shift+Enter": "key_before", "Ctrl+Enter": "key_finish", F4: "key_repeat", F9: "key_rest", F2: "key_absent", F8: "key_back" };
    if (this.phase !== "first") for (const key of ["F2", "F4", "F9", "F8"]) delete lines[key];
    if (this.phase === "decide") Object.assign(lines, { F2: "key_first", F4: "key_second" });
    this.keys.replaceChildren(
      ...Object.entries(lines).flatMap(([key, words]) => [h("dt", {}, ...key.split("+").map((k) => h("kbd", {}, k === "Enter" ? "↵" : k))), h("dd", {}, this.tell(words))]),
    );
  }

  drawDone() {
    this.done.replaceChildren(...this.finished.map(({ said }) => h("li", {}, said)));
  }

  list(step) {
    if (step.list === "@term") return this.body.term.map(({ label }) => label);
    return this.body.lists[step.list] ?? [];
  }

  drawOffer(step, input) {
    const found = step.list && !step.blind && input.value ? matches(this.list(step), input.value, SHOWN) : [];
    this.offered = found;
    this.chosen = -1;
    this.offer.hidden = !found.length || (found.length === 1 && found[0] === input.value);
    this.offer.replaceChildren(
      ...found.map((entry) => {
        const item = h("li", { role: "option" }, entry);
        item.addEventListener("mousedown", (event) => {
          event.preventDefault();
          this.take(step, input, entry);
        });
        return item;
      }),
    );
    if (!this.offer.hidden) input.closest(".entry-field").append(this.offer);
  }

  pick(by) {
    if (this.offer.hidden) return false;
    this.chosen = Math.max(-1, Math.min(this.offered.length - 1, this.chosen + by));
    [...this.offer.children].forEach((item, at) => item.setAttribute("aria-selected", String(at === this.chosen)));
    return true;
  }

  take(step, input, value) {
    input.value = value;
    this.setValue(step, value);
    this.offer.hidden = true;
  }

  // --- going through ----------------------------------------------------------------------

  focus() {
    const asked = this.shown?.find((step) => this.inputs.get(step.name) === this.at) ?? this.firstOpen();
    if (asked) this.reach(asked);
    else this.stage.focus();
  }

  firstOpen() {
    return this.shown?.find((step) => !this.valueOf(step) && !this.record.absent.includes(step.name)) ?? this.shown?.[0];
  }

  enter(step, input) {
    const returns = this.at === input; // a caret that comes back must not lie over what was typed
    this.at = input;
    this.now = step;
    this.record.at = step.name;
    this.keep();
    this.spent();
    if (returns) return;
    this.offer.hidden = true;
    input.select();
    input.closest(".entry-field").scrollIntoView({ block: "nearest" });
  }

  leaveField(step, input, tidies = true) {
    const { keys, milliseconds } = this.spent();
    const [k, ms] = this.record.effort[step.name] ?? [0, 0];
    this.record.effort[step.name] = [k + keys, ms + milliseconds];
    this.record.milliseconds += milliseconds;
    if (tidies) this.tidy(step, input);
    this.offer.hidden = true;
    this.keep();
    this.drawNote(step);
    this.check();
  }

  tidy(step, input) {
    const plain = input.value.normalize("NFC").replace(/\s+/g, " ").trim();
    const value = step.kind === "date" ? (day(plain) ?? plain) : plain;
    if (value !== input.value) input.value = value;
    this.setValue(step, value);
  }

  /** Ask the server what does not hold in what stands now. */
  check() {
    if (this.phase !== "first" || this.body.second) return;
    clearTimeout(this.checking);
    const asked = JSON.stringify([this.record.values, this.record.absent]);
    if (asked === this.asked) return;
    this.checking = setTimeout(() => {
      this.asked = asked;
      this.checkNumber = newId();
      const { values, absent } = this.record;
      this.ask({ n: this.checkNumber, kind: this.body.kind, values: typed(values), absent });
    }, PAUSE);
  }

  go(step) {
    if (!step) return this.finish();
    this.reach(step);
    return true;
  }

  /** Stand in a field, also where the page cannot give it the focus just now. */
  reach(step) {
    const input = this.inputs.get(step.name);
    input.focus();
    if (this.at !== input) this.enter(step, input);
  }

  onward() {
    const { now, shown } = this;
    const place = shown.findIndex((s) => s.name === now.name);
    if (now.row && this.phase === "first") {
      const { columns } = this.body.table;
      const of = (row) => columns.map((c) => this.record.values[`${this.body.table.name}.${row}.${c.name}`]).filter(Boolean);
      const isFirst = now.name.endsWith(`.${columns[0].name}`);
      // An empty first cell of the last row: the table is done.
      if (isFirst && now.row === this.record.rows && now.row > 1 && !of(now.row).length) {
        this.record.rows -= 1;
        return this.redraw(shown[place + columns.length]?.name);
      }
      const isLast = now.name.endsWith(`.${columns.at(-1).name}`);
      if (isLast && now.row === this.record.rows && of(now.row).length) {
        this.record.rows += 1;
        return this.redraw(`${this.body.table.name}.${this.record.rows}.${columns[0].name}`);
      }
    }
    // What was taken over from the record before is passed by.
    const done = (s) => this.record.rest && this.phase === "first" && this.filled(s);
    const next = shown.slice(place + 1).find((s) => !done(s) && !(s.name === TERM && this.record.values[UNTIL]));
    return this.go(next);
  }

  redraw(name) {
    this.draw();
    this.keep();
    const step = this.shown.find((s) => s.name === name);
    if (step) this.reach(step);
    else this.focus();
    return true;
  }

  before() {
    const place = this.shown.findIndex((s) => s.name === this.now.name);
    return place > 0 ? this.go(this.shown[place - 1]) : true;
  }

  key(name, event, target = event.target) {
    if (!this.body || !this.now) return false;
    const input = this.inputs.get(this.now.name);
    if (name === "Ctrl+Enter") return this.finish();
    if (target !== input) return false;
    if (name === "ArrowDown") return this.pick(1);
    if (name === "ArrowUp") return this.pick(-1);
    if (name === "Escape" && !this.offer.hidden) return (this.offer.hidden = true);
    if (name === "Enter" || name === "Tab") {
      if (!this.offer.hidden && this.chosen >= 0) this.take(this.now, input, this.offered[this.chosen]);
      this.tidy(this.now, input);
      return this.onward();
    }
    if (name === "Shift+Enter" || name === "Shift+Tab") return this.before();
    if (this.phase === "decide" && (name === "F2" || name === "F4")) {
      this.take(this.now, input, this.now.ways[name === "F2" ? 0 : 1]);
      return this.onward();
    }
    if (this.phase !== "first") return false;
    if (name === "F4") return this.repeat();
    if (name === "F9") return this.repeatRest();
    if (name === "F2") return this.leaveOut();
    if (name === "F8") return this.bring();
    return false;
  }

  /** Write here what the record before said. */
  repeat() {
    const value = this.previous[this.now.name];
    if (value) this.take(this.now, this.inputs.get(this.now.name), value);
    return this.onward();
  }

  /** Write what the record before said into every empty field that makes no record wrong. */
  repeatRest() {
    for (const step of this.shown) {
      const value = this.previous[step.name];
      if (!value || step.critical || step.row || this.valueOf(step)) continue;
      this.take(step, this.inputs.get(step.name), value);
    }
    this.record.rest = true;
    this.keep();
    this.check();
    return this.go(this.firstOpen());
  }

  leaveOut() {
    const { name } = this.now;
    if (name === TERM) return true;
    this.take(this.now, this.inputs.get(name), "");
    this.record.absent = [...new Set([...this.record.absent, name])];
    this.keep();
    this.drawNote(this.now);
    return this.onward();
  }

  // --- finishing --------------------------------------------------------------------------

  finish() {
    const input = this.inputs.get(this.now?.name);
    if (input) this.tidy(this.now, input);
    if (this.phase === "decide") {
      const open = this.shown.find((s) => !this.record.chosen[s.name]);
      return open ? this.go(open) : this.send();
    }
    if (this.phase === "again") {
      const open = this.shown.find((s) => !this.record.again[s.name]);
      if (open) return this.go(open);
      if (this.body.second) return this.send();
      return this.differing().length ? this.turn("decide") : this.send();
    }
    const { record } = this;
    const open = this.shown.filter((s) => s.required !== false && s.name !== TERM && !this.filled(s));
    const wrong = this.shown.filter((s) => this.wrong(s));
    const asked = JSON.stringify(record.values);
    if ((open.length || wrong.some((s) => s.kind === "date" || s.name === TERM)) && record.warned !== asked) {
      record.warned = asked;
      this.keep();
      this.say(this.tell("open", { n: open.length || wrong.length }));
      return this.go(open[0] ?? wrong[0]);
    }
    record.force = Boolean(open.length || wrong.length);
    if (this.body.twice === "self" && this.critical().length) return this.turn("again");
    return this.send();
  }

  filled(step) {
    if (step.row && !this.body.table.columns.some((c) => this.record.values[`${this.body.table.name}.${step.row}.${c.name}`])) return true;
    return this.record.values[step.name] || this.record.absent.includes(step.name);
  }

  /** Say it until something is typed, or the server is back. */
  say(text) {
    this.told = text;
    this.drawHead();
  }

  unsay() {
    if (!this.offline) this.told = "";
    this.drawHead();
  }

  turn(phase) {
    this.phase = this.record.phase = phase;
    this.keep();
    this.at = null;
    this.draw();
    this.reach(this.shown[0]);
    return true;
  }

  /** Hand the record over and open the next: nobody waits for the answer. */
  send() {
    const { record, body } = this;
    const input = this.inputs.get(this.now?.name);
    if (input) this.leaveField(this.now, input);
    clearTimeout(this.checking);
    const common = { document: record.document, milliseconds: Math.round(record.milliseconds) };
    if (body.second) {
      this.sent = { ...record };
      this.outbox.add({ what: "second", ...common, typed: record.again, chosen: record.chosen });
    } else {
      const keyings = {};
      if (body.twice === "self")
        for (const f of this.critical()) keyings[f.name] = [record.values[f.name], record.again[f.name] ?? ""];
      this.outbox.add({
        what: "record", ...common, kind: body.kind, unit: body.unit, batch: body.batch, copy: body.copy,
        twice: body.twice, values: { ...typed(record.values), ...record.chosen }, term: this.term(),
        absent: record.absent, effort: record.effort, keyings, force: Boolean(record.force),
      }); // prettier-ignore
      this.previous = { ...record.values };
    }
    if (body.second) {
      this.record = { ...record, waits: true };
      this.keep();
      this.say(this.tell("comparing"));
      return true;
    }
    this.findings = [];
    this.asked = null;
    this.record = this.fresh();
    this.phase = "first";
    this.keep();
    this.at = null;
    this.draw();
    this.focus();
    return true;
  }

  term() {
    const said = this.record.values[TERM];
    return said && !this.record.values[UNTIL] ? (this.body.term.find(({ label }) => label === said)?.value ?? "") : "";
  }

  /** The server asks for a finished record again: something in it does not hold. */
  takeBack({ id, findings = [], differ = null, sentence = "" }) {
    const entry = this.outbox.entries.find((one) => one.id === id);
    if (!entry) return;
    if (differ) {
      this.record = { ...this.record, document: entry.document, again: entry.typed, chosen: entry.chosen ?? {}, differ, waits: false };
      this.outbox.answered([id]);
      this.turn("decide");
      return;
    }
    const { document, values, absent, effort, milliseconds } = entry;
    const rows = Math.max(1, ...Object.keys(values).map((n) => Number(n.split(".")[1] ?? 1)));
    this.back = [...this.back, { ...this.fresh(), document, values, absent, effort, milliseconds, rows, findings, sentence }];
    this.keep(); // before it leaves the journal: it lies in one of the two at every moment
    this.outbox.answered([id]);
    this.drawHead();
  }

  /** Open a record that came back; what is being typed meanwhile waits in its place. */
  bring() {
    const [first, ...rest] = this.back;
    if (!first) return true;
    const busy = Object.keys(this.record.values).length > 0;
    this.back = busy ? [...rest, { ...this.record, findings: this.findings }] : rest;
    const { findings, sentence, ...record } = first;
    this.record = record;
    this.findings = findings ?? [];
    this.phase = record.phase = "first";
    this.keep();
    this.at = null;
    this.draw();
    if (sentence) this.say(sentence);
    const wrong = this.shown.find((s) => this.wrong(s));
    this.reach(wrong ?? this.shown[0]);
    return true;
  }

  refuse(refused) {
    for (const { id, sentence } of refused) if (id) this.say(sentence);
  }

  resized() {}
}

function theirDialog() {
  const dialogs = [...document.querySelectorAll("[role='dialog']")];
  return dialogs.find((one) => one.querySelector("h2")?.textContent === LETTING_GO);
}

/** The values that are fields of the form. */
function typed(values) {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !name.startsWith("@")));
}

/** One value however it was typed: compared as the server does, but for where a tone mark stands. */
function same(text, kind) {
  const plain = text.normalize("NFC").replace(/\s+/g, " ").trim();
  return kind === "date" ? (day(plain) ?? plain) : plain;
}
