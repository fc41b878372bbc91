// The text of a page, line by line beside the scan: the line in hand is always open for writing.

const release = new URL(import.meta.url).search;
const { h, sign } = await import(`./dom.js${release}`);
const { Room, newId } = await import(`./room.js${release}`);

const HIGH = 0.4; // how far down the pane the line in hand stands
const LETTERS = 0.9; // share of the pane's width that the lines of a page take

export class TextMode extends Room {
  furnish() {
    this.title = h("h2");
    this.about = h("p");
    this.mark = h("span.mark");
    this.alert = h("div.alert", { role: "alert", hidden: true });
    this.image = h("img", { alt: "", draggable: "false" });
    this.frameOfLine = h("div.here");
    this.paper = h("div.paper", {}, this.image, this.frameOfLine);
    this.sheet = h("section.sheet", {}, this.paper);
    this.list = h("ol.lines", { tabindex: "-1" });
    this.hint = h("footer.hints");
    this.writer = h("textarea.writer", { rows: 1, spellcheck: "false", autocomplete: "off" });
    this.writer.addEventListener("input", () => this.stretch());
    this.writer.addEventListener("blur", () => this.frame.isConnected && this.keepLine());
    this.sheet.addEventListener("mousedown", (event) => event.preventDefault());
    this.stage.classList.add("page-text");
    this.stage.append(
      h("header.head", {}, h("div.about", {}, this.title, this.about), this.mark),
      this.alert,
      h("div.both", {}, this.sheet, this.list),
      this.hint,
    );
  }

  lay(body) {
    this.body = body;
    this.lines = body.lines.map((line) => ({ ...line, kept: line.text }));
    for (const entry of this.outbox.entries) {
      const line = entry.what === "line" && this.lines.find((l) => String(l.box) === String(entry.box));
      if (line) Object.assign(line, { kept: entry.after, corrected: true, doubtful: [] });
    }
    this.past = []; // what Ctrl+Z takes back: [line, what stood there]
    this.at = 0;
    this.image.src = body.image;
    this.paper.style.aspectRatio = `${body.width} / ${body.height}`;
    this.sheet.setAttribute("aria-label", this.tell("scan"));
    this.draw();
    this.focus();
  }

  refuse([{ sentence }]) {
    this.alert.hidden = false;
    this.alert.replaceChildren(sign("error"), h("span", {}, sentence));
  }

  // --- drawing ----------------------------------------------------------------------------

  draw() {
    const { body, lines } = this;
    this.stage.setAttribute("aria-label", body.title);
    this.stage.dataset.shown = `${body.document} ${body.page}`;
    this.title.textContent = body.title;
    this.drawAbout();
    this.rows = lines.map((line, n) => h("li", { data: { line: String(n) }, onclick: () => n !== this.at && this.go(n) }));
    lines.forEach((_, n) => this.drawLine(n));
    this.list.replaceChildren(...(lines.length ? this.rows : [h("li", {}, this.tell("text_none"))]));
    const hints = [["↑ ↓", "hint_lines"], ["↵", "hint_keep_line"], ["F8", "hint_next_doubt"], ["Ctrl Z", "hint_undo"], ["PgUp PgDn", "hint_pages"], ["Esc", "to_desk"]];
    this.hint.replaceChildren(...hints.map(([key, words]) => h("span", {}, h("kbd", {}, key), this.tell(words))));
    this.go(Math.min(this.at, Math.max(0, lines.length - 1)));
  }

  drawAbout() {
    const doubts = this.lines.reduce((n, line) => n + line.doubtful.length, 0);
    const page = this.tell("text_page", { n: this.body.page + 1, of: this.body.pages });
    this.about.textContent = [page, this.tell("text_doubts", { n: doubts })].join(" · ");
  }

  drawLine(n) {
    const line = this.lines[n];
    const row = this.rows[n];
    row.classList.toggle("active", n === this.at);
    if (n === this.at) return row.replaceChildren(this.writer, this.note(line));
    const doubtful = new Set(line.doubtful);
    const words = line.kept.split(" ").flatMap((word, i) => [doubtful.has(i) ? h("u", {}, word) : word, " "]);
    return row.replaceChildren(h("span.said", {}, ...words), this.note(line));
  }

  note(line) {
    return line.corrected ? h("small", {}, this.tell("text_corrected")) : "";
  }

  resized() {
    this.aim();
  }

  /** The line in hand in the middle of the pane, the page as wide as it. */
  aim() {
    const line = this.lines?.[this.at];
    const { clientWidth: across, clientHeight: down } = this.sheet;
    if (!line || !across) return;
    const [left, top, right, bottom] = line.shown;
    const scale = Math.max(1, Math.min(2.2, LETTERS / Math.max(0.2, right - left)));
    const wide = across * scale;
    const tall = (wide * this.body.height) / this.body.width;
    const x = Math.min(0, Math.max(across - wide, across / 2 - ((left + right) / 2) * wide));
    const y = Math.min(0, Math.max(down - tall, down * HIGH - ((top + bottom) / 2) * tall));
    Object.assign(this.paper.style, { width: `${wide}px`, transform: `translate(${Math.round(x)}px, ${Math.round(y)}px)` });
    const percent = (v) => `${100 * v}%`;
    const air = 0.004;
    Object.assign(this.frameOfLine.style, {
      left: percent(left - air),
      top: percent(top - air / 2),
      width: percent(right - left + 2 * air),
      height: percent(bottom - top + air),
    });
  }

  focus() {
    (this.lines?.length ? this.writer : this.stage).focus({ preventScroll: true });
  }

  // --- what can be done -------------------------------------------------------------------

  go(n, word = null) {
    const { lines } = this;
    if (!lines.length) return this.focus();
    this.keepLine();
    const before = this.at;
    this.at = Math.max(0, Math.min(n, lines.length - 1));
    if (before !== this.at) this.drawLine(before);
    this.drawLine(this.at);
    const line = lines[this.at];
    this.writer.value = line.kept;
    this.writer.setAttribute("aria-label", this.tell("text_line", { n: this.at + 1 }));
    this.focus();
    const words = line.kept.split(" ");
    const start = word === null ? line.kept.length : words.slice(0, word).join(" ").length + (word ? 1 : 0);
    this.writer.setSelectionRange(start, word === null ? start : start + words[word].length);
    this.word = word;
    this.stretch();
    this.rows[this.at].scrollIntoView({ block: "nearest" });
    return this.aim();
  }

  /** As high as what is written. */
  stretch() {
    const { style } = this.writer;
    style.height = "auto";
    style.height = `${this.writer.scrollHeight + 2}px`;
  }

  /** Keep what stands in the line in hand, if it is another text than before. */
  keepLine() {
    const line = this.lines?.[this.at];
    if (!line || this.writer.parentElement !== this.rows[this.at]) return;
    const typed = this.writer.value.normalize("NFC").replace(/\s+/g, " ").trim();
    if (!typed || typed === line.kept) return;
    this.past.push([this.at, line.kept]);
    this.say(line, typed);
  }

  say(line, text) {
    const before = line.kept;
    Object.assign(line, { kept: text, corrected: true, doubtful: [] });
    this.outbox.add({ what: "line", document: this.body.document, page: this.body.page, box: line.box, before, after: text, ...this.spent() });
    this.drawAbout();
  }

  undo() {
    const last = this.past.pop();
    if (!last) return;
    const [n, text] = last;
    this.say(this.lines[n], text);
    if (n === this.at) this.writer.value = text;
    this.go(n);
  }

  /** The next (or last) word that is in doubt, from the one in hand on. */
  doubt(step) {
    const places = this.lines.flatMap((line, n) => line.doubtful.map((word) => [n, word]));
    if (!places.length) return;
    const here = this.at * 1000 + (this.word ?? (step > 0 ? -1 : 999));
    const after = places.filter(([n, word]) => Math.sign(n * 1000 + word - here) === step);
    const [n, word] = (step > 0 ? after[0] : after.at(-1)) ?? places.at(step > 0 ? 0 : -1);
    this.go(n, word);
  }

  turn(step) {
    const page = this.body.page + step;
    if (page < 0 || page >= this.body.pages) return;
    this.keepLine();
    this.over = true;
    this.outbox.add({ what: "page", page });
  }

  // --- keys -------------------------------------------------------------------------------

  key(name) {
    if (!this.body || this.over) return false;
    const changed = this.lines.length && this.writer.value !== this.lines[this.at].kept;
    if (name === "Ctrl+z" && changed) return false; // the letters just typed: the browser takes them back
    const deed = this.keys[name];
    if (!deed) return false;
    deed.call(this, changed);
    return true;
  }

  keys = {
    ArrowDown: () => this.go(this.at + 1),
    ArrowUp: () => this.go(this.at - 1),
    Enter: () => this.go(this.at + 1),
    F8: () => this.doubt(1),
    "Shift+F8": () => this.doubt(-1),
    "Ctrl+z": this.undo,
    PageDown: () => this.turn(1),
    PageUp: () => this.turn(-1),
    Escape(changed) {
      if (!changed) return this.goBack();
      this.writer.value = this.lines[this.at].kept;
    },
  };
}
