// The right-hand side: what is asked about the active field, and the list of all fields below it.

const release = new URL(import.meta.url).search;
const { h, button, sign } = await import(`./dom.js${release}`);
const { differences } = await import(`./sheet.js${release}`);
const { drawSnippet, usualLine } = await import(`./snippet.js${release}`);
const { whenDrawn } = await import(`./images.js${release}`);

// Browsers make what scrolls a stop for Tab; here the fields are the stops, and they scroll into view.
const NO_STOP = { tabindex: "-1" };

export class Panel {
  /** `on` holds what each click does, by name; `speak` gives the words, `keys` what is written on buttons. */
  constructor({ on, speak, images, keys }) {
    this.keys = keys;
    this.on = on;
    this.speak = speak;
    this.images = images;
    this.seen = new Map(); // part -> what it was drawn from
    this.open = false; // whether the fields that nobody doubts are shown
    this.head = h("header.head");
    this.alert = h("div.alert", { role: "alert", hidden: true });
    this.returned = h("div.returned", { role: "note", hidden: true });
    this.answered = h("div.answered", { role: "note", hidden: true });
    this.answers = {}; // document -> what was answered to questions about it
    this.card = h("section.card");
    this.list = h("section.list", NO_STOP);
    this.notice = h("p.notice", { role: "status" });
    this.foot = h("footer.foot");
    this.heard = h("p.heard", { "aria-live": "polite" }); // for those who listen
    this.element = h(
      "section.panel",
      {},
      this.head,
      this.alert,
      this.returned,
      this.answered,
      this.card,
      this.list,
      this.foot,
      this.heard,
    );
    // A press must not take the focus: the editor would end and redraw what is being clicked.
    this.element.addEventListener("mousedown", (event) => {
      if (!event.target.closest("textarea")) event.preventDefault();
    });
  }

  // --- the whole --------------------------------------------------------------------------

  /** Draw everything but a value that is being typed. */
  show({ sheet, name, editing, left, syllable, journal }) {
    const { speak } = this;
    this.sheet = sheet;
    this.name = name;
    this.syllable = syllable;
    this.drawHead(left);
    this.drawMark(journal);
    this.returned.hidden = !sheet.given.returned;
    this.returned.replaceChildren(h("b", {}, speak("returned")), h("span", {}, sheet.given.returned));
    this.drawAnswers();
    const field = name === null ? null : sheet.byName.get(name);
    if (!editing) this.drawCard(field);
    this.drawList();
    this.drawFoot();
  }

  drawAnswers() {
    const told = this.answers[this.sheet.document] ?? [];
    this.answered.hidden = !told.length;
    this.answered.replaceChildren(...told.flatMap(({ who, text }) => [h("b", {}, this.speak("answered", { who })), h("span", {}, text)]));
  }

  /** One's own day, for nobody else: done, seconds for one, minutes until a break. */
  drawDay(day, breakIn) {
    if (!this.dayLine || !day) return;
    const { speak } = this;
    const seconds = day.seconds === null ? "" : day.seconds.toLocaleString(speak("locale"), { maximumFractionDigits: 1 });
    const rest = breakIn > 0 ? speak("break_in", { n: breakIn }) : speak("break_due");
    const told = [speak("done_today", { n: day.done }), seconds && speak("own_median", { s: seconds }), rest];
    const words = told.filter(Boolean).join(" · ");
    if (this.dayLine.textContent !== words) this.dayLine.textContent = words;
    this.dayLine.classList.toggle("due", breakIn === 0);
  }

  drawHead(left) {
    const { sheet, speak } = this;
    if (!this.isNew("head", [sheet.document, left])) return;
    const keys = button("ghost", this.on.showKeys, speak("keys"), this.kbd("help"));
    this.mark = h("span.mark");
    const about = [sheet.given.subtitle, speak("left", { n: left })].filter(Boolean).join(" · ");
    this.dayLine ??= h("p.day");
    this.head.replaceChildren(h("h2", { title: sheet.given.title }, sheet.given.title), h("p", {}, about), this.mark, keys, this.dayLine);
  }

  drawMark({ state, unsaved }) {
    if (!this.mark) return;
    this.mark.dataset.state = state;
    this.mark.textContent = this.speak(state, { n: unsaved });
  }

  drawFoot() {
    const { sheet, speak } = this;
    const waiting = sheet.waiting.length;
    if (!this.isNew("foot", [waiting, this.scanned])) return;
    const pass = h(
      "button.main",
      { type: "button", onclick: this.on.pass, data: { ready: String(!waiting) } },
      speak("pass"),
      this.kbd("pass"),
    );
    const rescan = this.scanned ? [h("button.ghost.rescan", { type: "button", onclick: this.on.rescan }, speak("rescan"))] : [];
    const aside = (name) => button(`ghost.${name}`, this.on[name], speak(name), this.kbd(name));
    this.foot.replaceChildren(...rescan, aside("postpone"), aside("escalate"), this.notice, pass);
  }

  say(words, urgent = false) {
    this.notice.textContent = words;
    this.notice.classList.toggle("urgent", urgent);
  }

  /** A sentence that stays until it is put away. */
  warn(words) {
    this.alert.hidden = !words;
    if (!words) return;
    const away = button("ghost.away", () => this.warn(""), sign("close"));
    away.setAttribute("aria-label", this.speak("close"));
    this.alert.replaceChildren(sign("error"), h("span", {}, words), away);
  }

  /** Whether a part must be drawn again. What is the same stays: a click may be half-way through on it. */
  isNew(part, seen) {
    const now = JSON.stringify([seen, this.speak("desk")]);
    const before = this.seen.get(part);
    this.seen.set(part, now);
    return now !== before;
  }

  // --- the card ---------------------------------------------------------------------------

  drawCard(field) {
    const { sheet: { document, doubts, waiting } } = this;
    if (!this.isNew("card", [document, field, doubts.map((f) => f.name), field ? 0 : waiting.length, this.syllable])) return;
    this.card.classList.toggle("rest", !field);
    if (!field) return this.drawEnd();
    const { speak, sheet } = this;
    const place = sheet.doubts.indexOf(field);
    const counted = place < 0 ? "" : `${place + 1}/${sheet.doubts.length}`;
    this.canvas = h("canvas.snippet", { "aria-hidden": "true" });
    this.valueLine = h("div.value", { onclick: this.on.edit, title: `${speak("do_edit")} (${this.keys.label("edit")})` });
    this.valueLine.append(...this.valueOf(field));
    this.card.replaceChildren(
      h(
        "div.asked",
        {},
        h("span.label", {}, field.label),
        field.critical ? h("span.tag", {}, speak("critical")) : null,
        field.noted ? h(`span.tag.noted`, {}, speak(`noted_${field.noted}_state`)) : null,
        this.pill(field),
        h("span.count", {}, counted),
      ),
      h(
        "div.middle",
        NO_STOP,
        h(
          "div.compare",
          {},
          field.box ? this.canvas : this.scanned ? h("p.nobox", {}, speak("no_box")) : null,
          (this.valueBox = h("div.valuebox", {}, this.valueLine)),
        ),
        this.choices(field),
        h(
          "ul.findings",
          {},
          ...field.findings.map((f) => h(`li.${f.severity}`, {}, sign("error"), h("span", {}, f.sentence))),
        ),
      ),
      this.deeds(field),
    );
    this.drawStrip(field);
    this.heard.textContent = [field.label, field.value || this.empty(field), speak(`${field.state}_state`)].join(". ");
  }

  /** The key of a deed as it stands on buttons; nothing where it has none. */
  kbd(id) {
    const label = this.keys.label(id);
    return label ? h("kbd", {}, label) : null;
  }

  pill(field) {
    return h(`span.pill.${field.state}`, {}, sign(field.state), this.speak(`${field.state}_state`));
  }

  drawStrip(field) {
    const page = field.box && this.sheet.given.pages[field.page];
    if (!page) return;
    const image = this.images.of(page.image);
    const { canvas, sheet } = this;
    const usual = usualLine(sheet.fields, page, field.page);
    whenDrawn(image, () => {
      if (canvas !== this.canvas || !image.naturalWidth || !canvas.isConnected) return;
      const line = parseFloat(getComputedStyle(this.valueBox).fontSize) * 1.3;
      drawSnippet(canvas, image, page, field, { line, usual });
    });
  }

  /** The value as it stands, with what is doubtful in it marked; or why none stands. */
  valueOf(field) {
    if (field.undecided) return [h("i", {}, this.speak("choose_value"))];
    if (!field.value) return [h("i", {}, this.empty(field))];
    const marked = this.marked(field.value, this.rivals(field));
    if (this.syllable === null) return marked;
    let word = -1;
    return marked.map((piece) => {
      const text = piece.textContent ?? piece;
      if (text.trim()) word += 1;
      return text.trim() && word === this.syllable ? h("mark", {}, piece) : piece;
    });
  }

  rivals(field) {
    return field.candidates.filter((c) => !c.bare && c.text !== field.value).map((c) => c.text);
  }

  /** `text` with the syllables that some rival reads differently in bold and underlined. */
  marked(text, rivals) {
    const cuts = rivals.map((rival) => differences(text, rival));
    return differences(text, text).map(([piece], i) =>
      cuts.some((cut) => cut[i][1]) ? h("em", {}, piece) : piece,
    );
  }

  choices(field) {
    const [first, ...others] = field.candidates;
    const alone = !others.length && first?.text === field.value;
    return h(
      "ol.candidates",
      { "aria-label": this.speak("candidates") },
      ...field.candidates.map((candidate, i) => {
        const others = field.candidates.filter((c) => !c.bare && c !== candidate).map((c) => c.text);
        const against = candidate.text === field.value || field.undecided ? others : [field.value];
        const text = candidate.bare || alone || !field.value ? [candidate.text] : this.marked(candidate.text, against);
        const chosen = candidate.text === field.value && !field.undecided;
        return h(
          "li",
          {},
          button(
            `choice${chosen ? ".chosen" : ""}`,
            () => this.on.candidate(i + 1),
            this.kbd(`take${i + 1}`),
            h("span.text", {}, ...text),
            h("span.engines", {}, candidate.engines.join(" · "), candidate.bare ? h("small", {}, this.speak("without_marks")) : null),
          ),
        );
      }),
    );
  }

  deeds(field) {
    const { speak, on } = this;
    const deed = (name) => button(`deed.${name}`, on[name], speak(`do_${name}`), this.kbd(name));
    return h(
      "div.deeds",
      {},
      ...["accept", "edit", "illegible", "absent"].map(deed),
      field.act ? this.undoing() : null,
    );
  }

  undoing() {
    const made = button("deed.undo", this.on.undo, sign("undo"));
    made.title = `${this.speak("do_undo")} (${this.keys.label("undo")})`;
    made.setAttribute("aria-label", made.title);
    return made;
  }

  drawEnd() {
    const { speak, sheet } = this;
    const waiting = sheet.waiting.length;
    const title = waiting
      ? speak("fields_left", { n: waiting })
      : speak(sheet.doubts.length ? "all_checked" : "nothing_flagged");
    this.card.replaceChildren(
      h("div.end", {}, sign(waiting ? "waiting" : "accept"), h("h3", {}, title), waiting ? null : h("p", {}, speak("all_checked_next"))),
    );
    this.heard.textContent = title;
  }

  // --- typing -----------------------------------------------------------------------------

  /** Turn the value into a text field; what is typed is never rewritten while it is typed. */
  beginEdit(field) {
    const rows = Math.max(1, Math.min(4, Math.ceil(field.value.length / 48)));
    this.seen.delete("card");
    this.editor = h("textarea.editor", { rows, spellcheck: "false", autocomplete: "off", "aria-label": field.label });
    this.editor.value = field.value;
    const { editor } = this;
    // The focus is also lost when the whole desk is taken off the page; only afterwards can that be told.
    editor.addEventListener("blur", () => setTimeout(() => this.on.leaveEditor(editor)));
    const hint = h("p.hint", {}, h("kbd", {}, "↵"), this.speak("commit"), h("kbd", {}, "Esc"), this.speak("restore"));
    this.valueBox.replaceChildren(this.editor, hint);
    this.editor.focus({ preventScroll: true });
    this.editor.setSelectionRange(field.value.length, field.value.length);
  }

  get typed() {
    return this.editor.value.normalize("NFC").replace(/\s+/g, " ").trim();
  }

  // --- the list ---------------------------------------------------------------------------

  drawList() {
    const { sheet, speak } = this;
    if (!this.isNew("list", [sheet.document, sheet.fields, this.name, this.open])) return;
    const { scrollTop } = this.list;
    const rest = sheet.order.slice(sheet.doubts.length);
    const plain = rest.filter((field) => field.row === null);
    const items = sheet.fields.filter((field) => field.row !== null);
    const active = sheet.byName.get(this.name);
    // Past the doubts the whole lies open, to be held against the scan once more.
    const open = this.open || !sheet.waiting.length || (active && !active.flagged);
    const parts = [];
    if (sheet.doubts.length) {
      const done = sheet.doubts.length - sheet.waiting.length;
      parts.push(this.group(speak("flagged"), `${done}/${sheet.doubts.length}`, null), this.rows(sheet.doubts));
    }
    if (rest.length) parts.push(this.group(speak("rest"), String(rest.length), open));
    if (open && plain.length) parts.push(this.rows(plain));
    if (open && items.length) parts.push(h("h4.group.sub", {}, speak("items")), this.table(items));
    this.list.replaceChildren(...parts);
    this.list.scrollTop = scrollTop;
    this.list.querySelector(".active:not(td)")?.scrollIntoView({ block: "nearest" });
    if (active?.row != null && !active.flagged)
      this.list.querySelector("td.active")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  group(title, count, open) {
    const fold =
      open === null ? null : button("fold", () => this.toggleRest(), this.speak(open ? "hide" : "show"));
    fold?.setAttribute("aria-expanded", String(Boolean(open)));
    if (fold) fold.tabIndex = 0; // what scrolls must hold something that keys can reach
    return h("h4.group", {}, title, h("span.count", {}, count), fold);
  }

  toggleRest() {
    this.open = !this.open;
    this.drawList();
  }

  rows(fields) {
    return h(
      "ul.rows",
      {},
      ...fields.map((field) =>
        h(
          `li.row.${field.state}${field.name === this.name ? ".active" : ""}`,
          {
            data: { field: field.name },
            "aria-current": field.name === this.name ? "true" : null,
            onclick: () => this.on.go(field.name),
            title: field.label,
          },
          sign(field.state),
          h("span.label", {}, field.label),
          this.brief(field),
          field.findings.some((f) => f.severity === "error") ? sign("error") : null,
        ),
      ),
    );
  }

  brief(field) {
    return field.value ? h("span.brief", {}, field.value) : h("span.brief.none", {}, this.empty(field));
  }

  /** Whether there is a scan that the machine could read. */
  get scanned() {
    return this.sheet.given.pages.length > 0;
  }

  /** Why there is no value. */
  empty({ act }) {
    if (act === "illegible" || act === "absent") return this.speak(`${act}_state`);
    return this.speak(this.scanned ? "empty_value" : "not_entered");
  }

  /** Line items as the table they are on the paper. */
  table(items) {
    const columns = [...new Map(items.map((field) => [field.column, field.heading])).entries()];
    const rows = [...new Set(items.map((field) => field.row))];
    return h(
      "div.tablebox",
      NO_STOP,
      h(
        "table.items",
        {},
        h("thead", {}, h("tr", {}, h("th", {}, this.speak("row")), ...columns.map(([, heading]) => h("th", {}, heading)))),
        h("tbody", {}, ...rows.map((row) => this.line(row, columns, items.filter((field) => field.row === row)))),
      ),
    );
  }

  line(row, columns, cells) {
    return h(
      "tr",
      {},
      h("th", {}, String(row)),
      ...columns.map(([column]) => {
        const field = cells.find((cell) => cell.column === column);
        if (!field) return h("td.missing");
        return h(
          `td.${field.state}${field.name === this.name ? ".active" : ""}`,
          { data: { field: field.name }, title: field.value, onclick: () => this.on.go(field.name) },
          field.state === "machine" ? null : sign(field.state),
          field.value || "—",
        );
      }),
    );
  }
}
