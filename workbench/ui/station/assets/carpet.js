// One field of many papers, a screen at a time: what is wrong stands out among its like.
//
// A tile begins open. Enter confirms the rest of the screen, Space doubts one tile, typing corrects it.
// Where a correction made elsewhere is carried over, a tile shows what it would say instead; those of
// names and numbers are each taken by themselves.

const release = new URL(import.meta.url).search;
const { h, button, sign } = await import(`./dom.js${release}`);
const { differences } = await import(`./sheet.js${release}`);
const { Room, newId } = await import(`./room.js${release}`);

const LINE = 22; // px a typed line of the value is tall
const SCAN = 28; // px a line of the scan is, with what lies between lines: its letters are as tall
const LETTER = 8.6; // px a letter of the value is wide, about
const NARROW = 190; // px; a tile is no narrower
const GAP = 10; // px between tiles
const SIGNS = { confirmed: "accept", doubt: "waiting", changed: "edit", taken: "candidate", refused: "error" };

export class Carpet extends Room {
  furnish() {
    this.title = h("h2");
    this.about = h("p");
    this.mark = h("span.mark");
    this.alert = h("div.alert", { role: "alert", hidden: true });
    this.grid = h("div.carpet", { role: "group" });
    this.hint = h("footer.hints");
    this.heard = h("p.heard", { "aria-live": "polite" });
    // It always has the focus: what an input method composes begins here, whatever tile is meant.
    this.pen = h("textarea.pen", { rows: 1, spellcheck: "false", autocomplete: "off" });
    this.pen.addEventListener("input", () => this.editing || this.beginEdit(null));
    this.grid.addEventListener("mousedown", (event) => {
      if (event.target !== this.pen) event.preventDefault();
    });
    this.stage.classList.add("carpeted");
    this.stage.append(h("header.head", {}, h("div.about", {}, this.title, this.about), this.mark), this.alert, this.grid, this.hint, this.heard);
  }

  /** Take in a fresh carpet. */
  lay(body) {
    this.body = body;
    this.tiles = body.tiles;
    this.states = this.tiles.map((tile) => ({ is: "open", value: tile.instead || tile.value, acts: [] }));
    if (body.instead && !body.each) for (const state of this.states) state.is = "taken";
    this.groups = []; // what one Ctrl+Z takes back: [{ at, changes: [[index, state before]] }]
    this.at = 0;
    this.editing = false;
    this.overlay();
    this.resized();
    this.focus();
  }

  /** What an earlier sitting in this tab did and the server has not answered yet. */
  overlay() {
    const places = new Map(this.tiles.map((tile, n) => [`${tile.document} ${tile.field}`, n]));
    for (const entry of this.outbox.entries) {
      const n = places.get(`${entry.document} ${entry.field}`);
      if (entry.what === "act" && n !== undefined && entry.act !== "undo")
        this.states[n] = { is: STATES[entry.act] ?? "changed", value: entry.act === "edit" ? entry.value : this.states[n].value, acts: [] };
    }
  }

  refuse(refused) {
    const [{ sentence }] = refused;
    const gone = new Set(refused.map(({ document, field }) => `${document} ${field}`));
    this.tiles?.forEach((tile, n) => {
      if (gone.has(`${tile.document} ${tile.field}`)) this.states[n] = { ...this.states[n], is: "refused" };
    });
    this.alert.hidden = false;
    this.alert.replaceChildren(sign("error"), h("span", {}, this.tell("carpet_refused", { n: refused.length, sentence })));
    if (this.tiles) this.draw();
  }

  // --- how much fits ----------------------------------------------------------------------

  resized() {
    if (!this.tiles) return;
    const wide = spread(this.tiles.map((tile) => Math.max(tile.wide * SCAN, tile.value.length * LETTER)));
    const across = this.grid.clientWidth || this.stage.clientWidth || 900;
    const wanted = Math.min(across, Math.max(NARROW, wide + 34));
    this.columns = Math.max(1, Math.floor((across + GAP) / (wanted + GAP)));
    const inner = (across - (this.columns - 1) * GAP) / this.columns - 34;
    const tall = spread(this.tiles.map((tile) => this.height(tile, inner)));
    this.inner = inner;
    this.tall = Math.max(92, tall);
    this.drawHints(); // they may need two lines: no tile may stand half off the screen
    const room = (this.measured = this.grid.clientHeight) || this.stage.clientHeight - 130;
    this.lines = Math.max(1, Math.floor((room + GAP) / (this.tall + GAP)));
    this.grid.style.gridTemplateColumns = `repeat(${this.columns}, minmax(0, 1fr))`;
    this.grid.style.gridAutoRows = `${this.tall}px`;
    this.draw();
  }

  height(tile, inner) {
    const shrunk = Math.min(1, inner / (tile.wide * SCAN));
    const rows = (text) => Math.max(1, Math.ceil((text.length * LETTER) / inner));
    return tile.tall * SCAN * shrunk + (rows(tile.value) + (tile.instead ? rows(tile.instead) : 0)) * LINE + 40;
  }

  get size() {
    return this.columns * this.lines;
  }

  get first() {
    return Math.floor(Math.min(this.at, this.tiles.length - 1) / this.size) * this.size;
  }

  get screen() {
    const end = Math.min(this.first + this.size, this.tiles.length);
    return this.at >= this.tiles.length ? [] : Array.from({ length: end - this.first }, (_, n) => this.first + n);
  }

  // --- drawing ----------------------------------------------------------------------------

  draw() {
    const { body, tiles, states } = this;
    this.stage.setAttribute("aria-label", body.title);
    this.stage.dataset.shown = this.version;
    this.title.replaceChildren(body.title, body.critical ? h("span.tag", {}, this.tell("critical")) : "");
    const count = (...kinds) => states.filter(({ is }) => kinds.includes(is)).length;
    const done = count("confirmed", "changed");
    const parts = [
      tiles.length ? this.tell("carpet_place", { from: Math.min(this.first + 1, tiles.length), to: this.screen.at(-1) + 1 || tiles.length, n: tiles.length }) : "",
      this.tell("carpet_done", { n: done }),
      count("doubt") ? this.tell("carpet_doubts", { n: count("doubt") }) : "",
      body.elsewhere ? this.tell("carpet_elsewhere", { n: body.elsewhere }) : "",
      body.critical ? this.tell("carpet_critical") : "",
    ];
    this.about.textContent = parts.filter(Boolean).join(" · ");
    if (this.at >= tiles.length) this.drawEnd(count, done);
    else this.grid.replaceChildren(...this.screen.map((n) => this.tile(n)));
    if (!this.editing) this.placePen();
    this.drawHints();
    this.drawMark();
    this.prefetch();
    if (this.editing || this.measuring || this.grid.clientHeight === this.measured) return;
    this.measuring = true; // once: what stands above and below has changed its height
    this.resized();
    this.measuring = false;
  }

  tile(n) {
    const tile = this.tiles[n];
    const state = this.states[n];
    const active = n === this.at;
    const picture = h("img.snippet", { src: `/snippets/${tile.snippet}`, alt: "", draggable: "false", decoding: "async" });
    const shrunk = Math.min(1, this.inner / (tile.wide * SCAN));
    picture.style.width = `${tile.wide * SCAN * shrunk}px`;
    picture.style.height = `${tile.tall * SCAN * shrunk}px`;
    const shown = state.is === "changed" ? state.value : tile.value;
    const instead = tile.instead && state.is !== "changed" ? h("div.instead", {}, "→ ", ...marked(tile.instead, tile.value)) : null;
    const element = h(
      `div.tile.${state.is}${active ? ".active" : ""}`,
      { role: "group", "aria-current": active ? "true" : null, data: { tile: String(n) }, "aria-label": this.spoken(n) },
      picture,
      h(`div.says${shown ? "" : ".none"}`, {}, shown || this.tell("empty_value")),
      instead,
      h(
        "div.below",
        {},
        state.is === "open" ? null : sign(SIGNS[state.is]),
        state.is === "open" ? null : h("span", {}, this.tell(`tile_${state.is}`)),
        tile.constant ? h("span.tag", {}, this.tell("batch_constant")) : null,
        h("span.number", {}, tile.number),
      ),
    );
    element.addEventListener("click", () => {
      if (this.editing) this.endEdit(true);
      this.go(n);
    });
    element.addEventListener("dblclick", () => this.beginEdit(this.states[n].value));
    if (active) element.append(this.pen);
    return element;
  }

  spoken(n) {
    const { value, instead } = this.tiles[n];
    const state = this.states[n];
    const says = state.is === "changed" ? state.value : value;
    return [says || this.tell("empty_value"), instead, this.tell(`tile_${state.is}`), this.tiles[n].number].filter(Boolean).join(". ");
  }

  placePen() {
    const home = this.grid.querySelector(".tile.active");
    (home ?? this.grid).append(this.pen);
    this.pen.value = "";
    this.pen.classList.remove("writing");
    this.pen.setAttribute("aria-label", this.at < this.tiles.length ? this.spoken(this.at) : this.body.title);
    if (this.frame.isConnected && !this.over) this.focus();
  }

  drawEnd(count, done) {
    const left = count("open", "left");
    const more = button("main", () => this.askAgain(), this.tell("carpet_again"), h("kbd", {}, "↵"));
    const words = this.tiles.length ? this.tell("carpet_end") : this.tell(this.body.instead ? "alike_none" : "carpet_none");
    this.grid.replaceChildren(
      h(
        "div.end",
        {},
        sign("accept"),
        h("h3", {}, words),
        this.tiles.length ? h("p", {}, this.tell("carpet_sum", { done, doubts: count("doubt"), left })) : null,
        this.body.instead ? null : more,
        button("ghost", () => this.goBack(), this.tell("to_desk"), h("kbd", {}, "Esc")),
      ),
    );
  }

  drawHints() {
    const { body } = this;
    const hints = this.editing
      ? [["↵", "commit"], ["Esc", "restore"]]
      : body.instead
        ? body.each
          ? [["↵", "hint_take_one"], ["F2", "hint_edit"], ["Ctrl ↵", "hint_leave"], ["Ctrl Z", "hint_undo"], ["Esc", "to_desk"]]
          : [["↵", "hint_take"], ["␣", "hint_untake"], ["F2", "hint_edit"], ["Ctrl ↵", "hint_leave"], ["Ctrl Z", "hint_undo_all"], ["Esc", "to_desk"]]
        : [["↵", "hint_confirm"], ["␣", "hint_doubt"], ["A…", "hint_type"], ["F2", "hint_edit"], ["Ctrl ↵", "hint_leave"], ["Ctrl Z", "hint_undo"], ["PgUp PgDn", "hint_screens"], ["Esc", "to_desk"]];
    this.hint.replaceChildren(...hints.map(([key, words]) => h("span", {}, h("kbd", {}, key), this.tell(words))));
  }

  /** The next screen's pieces, before they are wanted. */
  prefetch() {
    const from = this.first + this.size;
    for (const tile of this.tiles.slice(from, from + this.size)) new Image().src = `/snippets/${tile.snippet}`;
  }

  focus() {
    this.pen?.focus({ preventScroll: true });
  }

  // --- what can be done -------------------------------------------------------------------

  go(n) {
    this.at = Math.max(0, Math.min(n, this.tiles.length));
    this.draw();
    if (this.at < this.tiles.length) this.heard.textContent = this.spoken(this.at);
  }

  /** Do something to tiles; one Ctrl+Z takes it back as a whole. `deeds`: [index, state, act, value]. */
  act(deeds, at = this.at) {
    const { milliseconds, keys } = this.spent();
    const share = Math.max(1, deeds.length);
    this.groups.push({ at, changes: deeds.map(([n]) => [n, this.states[n]]) });
    const entries = deeds.map(([n, is, act, value]) => {
      const { document, field } = this.tiles[n];
      this.states[n] = { is, value, acts: [...this.states[n].acts, act] };
      return { id: newId(), what: "act", document, field, act, value, keys: Math.round(keys / share), milliseconds: Math.round(milliseconds / share) };
    });
    this.outbox.addAll(entries);
  }

  undo() {
    const group = this.groups.pop();
    if (!group) return;
    const entries = [];
    for (const [n, before] of group.changes.reverse()) {
      const { document, field } = this.tiles[n];
      const more = this.states[n].acts.length - before.acts.length;
      for (let i = 0; i < more; i += 1) entries.push({ id: newId(), what: "act", document, field, act: "undo", value: "", keys: 0, milliseconds: 0 });
      if (this.states[n].is !== "refused") this.states[n] = before;
    }
    this.outbox.addAll(entries);
    this.go(group.at);
  }

  /** Confirm (or carry over) what is still open on this screen, and on to the next. */
  confirm() {
    if (this.at >= this.tiles.length) return this.body.instead ? this.goBack() : this.askAgain();
    const { body, at } = this;
    if (body.instead && body.each) {
      if (this.states[at].is === "open") this.act([[at, "changed", "edit", this.tiles[at].instead]]);
      return this.go(at + 1);
    }
    const open = this.screen.filter((n) => this.states[n].is === (body.instead ? "taken" : "open") && (body.instead || this.tiles[n].value));
    const deeds = open.map((n) => (body.instead ? [n, "changed", "edit", this.tiles[n].instead] : [n, "confirmed", "accept", this.tiles[n].value]));
    if (deeds.length) this.act(deeds);
    return this.go(this.first + this.size);
  }

  doubt() {
    const n = this.at;
    const { is } = this.states[n];
    if (this.body.instead) {
      if (is === "taken" || is === "open") this.states[n] = { ...this.states[n], is: is === "taken" ? "open" : "taken" };
    } else if (is === "doubt") {
      const last = this.groups.at(-1);
      if (last?.changes.length === 1 && last.changes[0][0] === n) return this.undo();
      this.act([[n, "open", "undo", this.tiles[n].value]]);
      this.states[n].acts = [];
    } else if (is !== "refused") this.act([[n, "doubt", "doubt", ""]]);
    return this.go(n + 1 < this.tiles.length && n + 1 < this.first + this.size ? n + 1 : n);
  }

  askAgain() {
    this.over = true;
    this.outbox.add({ what: "again" });
  }

  /** Write into the active tile: over its value, or with `value` as it stands. */
  beginEdit(value) {
    if (this.editing || this.at >= this.tiles.length || this.states[this.at].is === "refused") return;
    this.editing = true;
    this.pen.classList.add("writing");
    if (value !== null) {
      this.pen.value = value;
      this.pen.setSelectionRange(value.length, value.length);
    }
    this.drawHints();
    this.focus();
  }

  endEdit(keep) {
    const n = this.at;
    const typed = this.pen.value.normalize("NFC").replace(/\s+/g, " ").trim();
    this.editing = false;
    const { value, instead } = this.tiles[n];
    const stood = this.states[n].is === "changed" ? this.states[n].value : value;
    if (keep && typed && typed !== stood) this.act([[n, "changed", "edit", typed]]);
    else if (keep && typed && this.states[n].is === "open" && !instead) this.act([[n, "confirmed", "accept", value]]);
    this.draw();
  }

  // --- keys -------------------------------------------------------------------------------

  key(name) {
    if (!this.tiles || this.over) return false;
    const deed = (this.editing ? this.typing : this.keys)[name];
    if (!deed) return false;
    deed.call(this);
    return true;
  }

  typing = {
    Enter() {
      this.endEdit(true);
      this.go(this.at + 1);
    },
    Tab() {
      this.endEdit(true);
      this.go(this.at + 1);
    },
    Escape: () => this.endEdit(false),
  };

  keys = {
    ArrowRight: () => this.at < this.tiles.length && this.go(this.at + 1),
    ArrowLeft: () => this.go(this.at - 1),
    ArrowDown: () => this.at < this.tiles.length && this.go(Math.min(this.at + this.columns, this.tiles.length)),
    ArrowUp: () => this.go(this.at - this.columns),
    PageDown: () => this.go(this.first + this.size),
    PageUp: () => this.go(this.at >= this.tiles.length ? this.tiles.length - 1 : this.first - this.size),
    Home: () => this.go(0),
    End: () => this.go(this.tiles.length - 1),
    " ": () => this.at < this.tiles.length && this.doubt(),
    Enter: this.confirm,
    "Ctrl+Enter": () => (this.at < this.tiles.length ? this.go(this.first + this.size) : null),
    "Ctrl+z": this.undo,
    F2: () => this.at < this.tiles.length && this.beginEdit(this.tiles[this.at].instead || this.states[this.at].value),
    Escape: this.goBack,
  };
}

const STATES = { accept: "confirmed", edit: "changed", doubt: "doubt" };

/** The size that nine in ten need. */
function spread(sizes) {
  const sorted = [...sizes].sort((a, b) => a - b);
  return sorted[Math.floor(0.9 * (sorted.length - 1))] ?? 0;
}

function marked(text, other) {
  return differences(text, other).map(([piece, differs]) => (differs ? h("em", {}, piece) : piece));
}
