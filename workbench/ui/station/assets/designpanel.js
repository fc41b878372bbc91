// What is known of the thing in hand and of the form as a whole: fields to fill in, and the text.

const release = new URL(import.meta.url).search;
const { h } = await import(`./dom.js${release}`);
const { wayOf, WAYS } = await import(`./designmodel.js${release}`);

const TABS = ["thing", "form", "rules", "text"];
const KINDS = ["text", "name", "address", "date", "document_number", "id_number", "org_number", "count", "phone"];
const CLAIMS = ["critical", "personal", "required", "closed"];
const PARTS = { letterhead: ["superior", "issuer", "number"], closing: ["date", "office", "rank", "signer"] };
const SEVERITIES = ["error", "warning", "information"];
const CHECKS = { in_order: 2, same: 2, counts_items: 1, born_before: 2 }; // how many fields each is about

export class Panel {
  constructor(room) {
    this.room = room;
    this.tab = "form";
    this.tabs = h("div.tabs", { role: "tablist" });
    this.body = h("div.properties", {});
    this.element = h("section.sidepanel", {}, this.tabs, this.body);
  }

  tell(name, values) {
    return this.room.tell(name, values);
  }

  turn(tab) {
    this.tab = tab;
    this.draw();
  }

  /** Into what can be filled in, or into one of it. */
  focus(name = null) {
    const wanted = name ? this.body.querySelector(`[data-name="${name}"]`) : this.body.querySelector("input, select, textarea, button");
    wanted?.focus();
    if (wanted?.matches("input, textarea") && name !== "text") wanted.select?.();
  }

  draw() {
    const { room } = this;
    if (!room.history) return;
    const held = this.held();
    if (room.thing() || room.phrase) {
      if (this.tab !== "text" && this.shown !== room.selected) this.tab = "thing";
    } else if (this.tab === "thing") this.tab = "form";
    if (this.tab === "proposed" && !room.ghosts.length) this.tab = "form";
    this.shown = room.selected;
    this.drawTabs();
    const parts = { thing: () => this.ofThing(), form: () => this.ofForm(), rules: () => this.ofRules(), text: () => this.ofText(), proposed: () => this.ofProposed() };
    const top = this.body.scrollTop;
    this.body.replaceChildren(...parts[this.tab]().filter(Boolean));
    if (held.tab === this.tab) this.body.scrollTop = top;
    held.tab = this.tab;
    this.hold(held);
  }

  /** Where one is typing, so that it is the same place when all was drawn anew. */
  held() {
    const root = this.room.place?.host ? this.room.place : document;
    const { activeElement: at } = root;
    if (!at || !this.body.contains(at)) return { tab: this.drawnTab };
    const ends = at.matches("input:not([type=checkbox]), textarea") ? [at.selectionStart, at.selectionEnd] : null;
    return { name: at.dataset.name, ends, tab: this.drawnTab };
  }

  hold({ name, ends, tab }) {
    this.drawnTab = tab;
    const at = name && this.body.querySelector(`[data-name="${name}"]`);
    if (!at) return;
    at.focus({ preventScroll: true });
    if (ends) at.setSelectionRange?.(...ends);
  }

  drawTabs() {
    const { room } = this;
    const thing = room.thing() || room.phrase;
    const names = [...(thing ? ["thing"] : []), ...(room.ghosts.length ? ["proposed"] : []), ...TABS.slice(1)];
    this.tabs.replaceChildren(
      ...names.map((name) => {
        const errors = name === "text" && room.errors.length ? h("b.count", {}, String(room.errors.length)) : "";
        return h("button.tab", { type: "button", role: "tab", "aria-selected": String(name === this.tab), data: { tab: name }, onclick: () => this.turn(name) }, this.tell(`tab_${name}`), errors);
      }),
    );
  }

  /** The server has answered: what it read and what is wrong, without disturbing who types. */
  told() {
    this.drawTabs();
    this.readings?.replaceWith((this.readings = this.ofReadings()));
    this.foundOn?.replaceWith((this.foundOn = this.ofFound(Number(this.room.selected?.slice(7)))));
    if (this.tab === "text") this.drawText();
    if (this.tab === "form") this.list?.replaceWith((this.list = this.listOfFields()));
  }

  /** A box was moved: its numbers follow, and nothing else. */
  placed() {
    const box = this.room.boxInHand();
    if (!box) return;
    for (const [n, value] of box.entries()) {
      const input = this.body.querySelector(`[data-name="box.${n}"]`);
      if (input) input.value = String(value);
    }
  }

  // --- what is filled in ------------------------------------------------------------------

  row(words, control, more = null) {
    const label = h("label.prop", {}, h("span", {}, this.tell(words)), control);
    return more ? h("div", {}, label, more) : label;
  }

  /** A line to type in; `keep(value)` at every letter, or with `late` when it is left. */
  line(name, value, keep, { late = false, placeholder = "", mono = false } = {}) {
    const input = h(`input${mono ? ".mono" : ""}`, { type: "text", value: value ?? "", placeholder, spellcheck: "false", autocomplete: "off", data: { name } });
    const tell = () => keep(input.value.normalize("NFC"));
    input.addEventListener(late ? "change" : "input", tell);
    input.addEventListener("keydown", (event) => {
      if (event.isComposing || event.keyCode === 229 || event.key !== "Enter") return;
      event.preventDefault();
      event.stopPropagation();
      if (late) tell();
      this.room.focus();
    });
    return input;
  }

  lines(name, values, keep) {
    const area = h("textarea", { rows: String(Math.max(1, Math.min(4, values.length))), spellcheck: "false", data: { name } });
    area.value = values.join("\n");
    area.addEventListener("change", () => keep(area.value.normalize("NFC").split("\n").map((line) => line.trim()).filter(Boolean)));
    return area;
  }

  choice(name, value, options, keep) {
    const list = h("select", { data: { name } }, ...options.map(([key, words]) => h("option", { value: key, selected: key === value }, words)));
    list.addEventListener("change", () => keep(list.value));
    return list;
  }

  tick(name, value, words, keep) {
    const box = h("input", { type: "checkbox", checked: value, data: { name } });
    box.addEventListener("change", () => keep(box.checked));
    return h("label.tick", { title: this.tell(`${words}_why`) }, box, this.tell(words));
  }

  deed(words, act, key = "", kind = "ghost") {
    return h(`button.${kind}`, { type: "button", onclick: act }, this.tell(words), key ? h("kbd", {}, key) : "");
  }

  /** Change the field or column in hand; `name` makes letters typed one after another one step. */
  set(name, act, quietly = true) {
    const { room } = this;
    const key = room.selected;
    const find = (drawn) => {
      const [what, own] = key.split(/:(.*)/s);
      return (what === "column" ? drawn.items.columns : drawn.fields).find((field) => field.name === own);
    };
    room.change(`${key}:${name}`, (drawn) => act(find(drawn), drawn), { quietly });
  }

  // --- one thing --------------------------------------------------------------------------

  ofThing() {
    const { room } = this;
    this.readings = this.foundOn = null;
    if (room.phrase) return this.ofPhrase();
    const thing = room.thing();
    if (!thing) return [];
    if (room.selected.startsWith("anchor:")) return this.ofAnchor(thing);
    if (room.selected.startsWith("ghost:")) return this.ofGhost(thing, Number(room.selected.slice(6)));
    return this.ofField(thing, room.selected.startsWith("column:"));
  }

  ofPhrase() {
    const { room } = this;
    const until = room.phraseFor && wayOf(room.form.fields.find(({ name }) => name === room.phraseFor) ?? {}) === "after";
    return [
      h("p.quoted", {}, room.phrase.text),
      h("p.note", {}, this.tell("phrase_hint")),
      h(
        "div.deeds",
        {},
        this.deed("do_anchor", () => room.makeAnchor(), "A", "main"),
        this.deed("do_label", () => room.makeField(), "V"),
        until ? this.deed("do_until", () => room.makeUntil(), "U") : null,
        this.deed("do_recognised", () => room.makeRecognised(), "R"),
        this.deed("do_column", () => room.makeColumn(), "H"),
      ),
    ];
  }

  ofAnchor(anchor) {
    const { room } = this;
    const n = Number(room.selected.slice(7));
    this.foundOn = this.ofFound(n);
    return [
      h("p.note", {}, this.tell("anchor_what")),
      this.row("printed", this.line("anchor.text", anchor.text, (text) => room.change("anchor", (drawn) => (drawn.anchors[n].text = text), { quietly: true }))),
      h("p.note", {}, anchor.at ? this.tell("anchor_at", { place: anchor.at.join(" · ") }) : this.tell("anchor_nowhere")),
      this.foundOn,
      h("div.deeds", {}, this.deed("do_recognised", () => room.makeRecognised(), "R"), this.deed("do_remove", () => room.remove(), "Del")),
    ];
  }

  /** On which scans an anchor is found. */
  ofFound(n) {
    const { room } = this;
    const said = (scan) => {
      const sight = room.seen?.scans[scan];
      if (!sight?.anchors[n]) return "…";
      return this.tell(sight.anchors[n].length ? "anchor_found" : "anchor_missed");
    };
    return h("ul.told", {}, ...room.body.scans.map((_, scan) => h("li", {}, h("b", {}, this.tell("scan_n", { n: scan + 1 })), said(scan))));
  }

  ofGhost(ghost, n) {
    const { room } = this;
    return [
      h("p.note", {}, this.tell(`ghost_${ghost.what}`)),
      ghost.what === "field"
        ? h("div", {}, this.row("label_vi", this.line("ghost.vi", ghost.label.vi, (vi) => (ghost.label.vi = vi))), this.row("name", this.line("ghost.name", ghost.name, (name) => (ghost.name = name), { late: true, mono: true })))
        : h("p.quoted", {}, ghost.text),
      ghost.why ? h("p.note", {}, ghost.why) : null,
      ghost.examples?.length ? h("ul.told", {}, ...ghost.examples.map((example, scan) => h("li", {}, h("b", {}, this.tell("scan_n", { n: scan + 1 })), h("span.value", {}, example || "—")))) : null,
      h("div.deeds", {}, this.deed("do_accept", () => room.accept(n), "↵", "main"), this.deed("do_drop", () => room.dropGhost(n), "Del"), this.deed("do_accept_all", () => room.acceptAll(), "Ctrl ↵")),
    ];
  }

  ofField(field, column) {
    const { room } = this;
    const label = (language) =>
      this.line(`label.${language}`, field.label[language], (value) => this.set(`label.${language}`, (own) => worded(own.label, language, value)));
    const catalogue = [["", this.tell("no_catalogue")], ...room.body.catalogues.map((name) => [name, name])];
    this.readings = column ? null : this.ofReadings();
    return [
      this.row("label_vi", label("vi")),
      this.row("label_en", label("en")),
      this.row("name", this.line("name", field.name, (value) => (column ? this.renameColumn(value) : room.renameField(value)), { late: true, mono: true })),
      this.readings,
      column
        ? this.row("heading", this.line("heading", field.heading, (value) => this.set("heading", (own) => (own.heading = value))))
        : this.ofZone(field),
      h(
        "div.two",
        {},
        this.row("kind", this.choice("kind", field.kind ?? "text", KINDS.map((kind) => [kind, this.tell(`kind_${kind}`)]), (kind) => this.set("kind", (own) => (own.kind = kind)))),
        this.row("catalogue", this.choice("catalogue", field.catalogue ?? "", catalogue, (name) => this.set("catalogue", (own) => {
          if (name) own.catalogue = name;
          else for (const key of ["catalogue", "closed"]) delete own[key];
        }, false))),
      ),
      this.row("pattern", this.line("pattern", field.pattern, (pattern) => this.set("pattern", (own) => {
        if (pattern) own.pattern = pattern;
        else delete own.pattern;
      }), { mono: true })),
      h("div.ticks", {}, ...CLAIMS.filter((claim) => claim !== "closed" || field.catalogue).map((claim) => this.tick(claim, field[claim] ?? claim === "required", claim, (is) => this.set(claim, (own) => (own[claim] = is))))),
      h("div.deeds", {}, column ? null : this.deed("do_copy", () => room.copy(), "C"), this.deed("do_remove", () => room.remove(), "Del")),
    ];
  }

  renameColumn(value) {
    const { room } = this;
    const from = room.selected.slice(7);
    const name = value.trim();
    if (!/^[a-z][a-z0-9_]*$/.test(name) || room.form.items.columns.some((column) => column.name === name)) return this.draw();
    room.selected = `column:${name}`;
    room.change("", (drawn) => (drawn.items.columns.find((column) => column.name === from).name = name));
    return undefined;
  }

  ofZone(field) {
    const { room } = this;
    const way = wayOf(field);
    const choose = this.choice("way", way, WAYS.map((name) => [name, this.tell(`way_${name}`)]), (wanted) => this.turnWay(field, wanted));
    const put = (name, keep) => (value) => this.set(`zone.${name}`, (own) => keep(own.zone, value));
    const texts = (name) => this.lines(`zone.${name}`, field.zone[name] ?? [], put(name, (zone, values) => {
      if (values.length || name === "after") zone[name] = values.length ? values : [""];
      else delete zone[name];
    }));
    const parts = {
      box: () => [h("div.four", {}, ...["left", "top", "right", "bottom"].map((side, n) => this.row(`side_${side}`, this.line(`box.${n}`, String(field.zone.box[n]), (value) => {
        const given = Number(value.replace(",", "."));
        if (Number.isFinite(given)) room.setBox(field.zone.box.map((old, at) => (at === n ? given : old)), `typed${n}`);
      }, { late: true, mono: true }))))],
      after: () => [this.row("after", texts("after")), this.row("until", texts("until"))],
      line: () => [this.row("line", this.line("zone.line", field.zone.line, put("line", (zone, value) => (zone.line = value)), { mono: true })), h("p.note", {}, this.tell("line_what"))],
      letterhead: () => [this.part("letterhead", field)],
      closing: () => [this.part("closing", field)],
      heading: () => [],
      constant: () => [this.row("constant", this.line("zone.constant", field.zone.constant, put("constant", (zone, value) => (zone.constant = value))))],
    };
    return h("div.zoneway", {}, this.row("way", choose), ...parts[way]());
  }

  part(way, field) {
    const options = PARTS[way].map((part) => [part, this.tell(`${way}_${part}`)]);
    return this.row("which", this.choice(`zone.${way}`, field.zone[way], options, (part) => this.set("zone", (own) => (own.zone = { [way]: part }))));
  }

  /** Find the field another way; what stood there begins the new way where it can. */
  turnWay(field, way) {
    const { room } = this;
    const fresh = {
      box: () => ({ box: this.boxOf(field), page: room.page + 1 }),
      after: () => ({ after: [field.label.vi || "…"] }),
      line: () => ({ line: "^(.+)$" }),
      letterhead: () => ({ letterhead: "number" }),
      heading: () => ({ heading: true }),
      closing: () => ({ closing: "date" }),
      constant: () => ({ constant: room.valueOf(field) || field.label.vi }),
    };
    const zone = fresh[way]();
    this.set("way", (own) => (own.zone = zone), false);
  }

  /** Where the engines found it, in mm; else a box in the middle of what is shown. */
  boxOf(field) {
    const { room } = this;
    const strips = (room.sight?.fields[field.name]?.strips ?? []).filter(([page]) => page === room.page);
    return room.board.onFormOf(strips.map(([, ...box]) => box));
  }

  // --- what is read there -----------------------------------------------------------------

  ofReadings() {
    const { room } = this;
    const field = room.fieldInHand();
    if (!field) return h("div", { hidden: true });
    const again = room.read[field.name];
    const rows = room.body.scans.map((scan, n) => {
      const sight = room.seen?.scans[n];
      const read = sight?.fields[field.name];
      const value = read?.value ?? "";
      const voices = Object.entries(again?.[n] ?? read?.engines ?? {});
      const state = !sight ? "asking" : !sight.stands && field.zone?.box ? "unplaced" : value ? (read.fits ? "fits" : "unfit") : "empty";
      const said = { asking: "…", unplaced: this.tell("not_placed"), empty: this.tell("nothing_read") }[state] ?? value;
      return h(
        "details",
        { open: n === room.scan, data: { scan: String(n) } },
        h("summary", {}, h("b", {}, String(n + 1)), h(`span.value.${state}`, {}, said), state === "unfit" ? h("small", {}, this.tell("unfit")) : ""),
        h("dl", {}, ...voices.flatMap(([engine, text]) => [h("dt", {}, engine), h("dd", {}, text || "—")])),
      );
    });
    const words = room.reading ? "reading_now" : again ? "read_again" : "read_here";
    return h("div.readings", { "aria-live": "polite" }, h("h4", {}, this.tell(words), this.deed("do_read", () => room.readAgain(), "S")), ...rows);
  }

  // --- the form as a whole ----------------------------------------------------------------

  ofForm() {
    const { room } = this;
    const { form: drawn } = room;
    const title = (language) =>
      this.line(`title.${language}`, drawn.title[language], (value) => room.change(`title.${language}`, (own) => worded(own.title, language, value), { quietly: true }));
    const recognised = (name) =>
      this.lines(`recognised.${name}`, drawn.recognised_by[name] ?? [], (values) => room.change("", (own) => (own.recognised_by[name] = values), { quietly: true }));
    this.list = this.listOfFields();
    const empty = !drawn.fields.length && !drawn.anchors.length;
    return [
      empty ? h("div.start", {}, h("p", {}, this.tell("start_hint")), this.deed(room.proposing ? "proposing_now" : "do_propose", () => room.propose(), "P", "main")) : null,
      this.row("title_vi", title("vi")),
      this.row("title_en", title("en")),
      h("h4", {}, this.tell("fields")),
      this.list,
      h("h4", {}, this.tell("anchors")),
      drawn.anchors.length ? this.listOfAnchors() : h("p.note", {}, this.tell("no_anchors")),
      this.row("all_of", recognised("all_of")),
      this.row("none_of", recognised("none_of")),
      h("h4", {}, this.tell("items")),
      ...this.ofItems(drawn.items),
      h("h4", {}, this.tell("holder")),
      ...this.ofHolder(drawn.holder),
      empty ? null : h("div.deeds", {}, this.deed(room.proposing ? "proposing_now" : "do_propose", () => room.propose(), "P")),
    ];
  }

  /** Every field with what is read in it on the scan that is shown. */
  listOfFields() {
    const { room } = this;
    if (!room.form.fields.length) return h("p.note", {}, this.tell("no_fields"));
    return h(
      "ul.told.fields",
      {},
      ...room.form.fields.map((field) => {
        const read = room.sight?.fields[field.name];
        const value = field.zone?.constant ?? read?.value ?? "";
        return h("li", {}, h("button.linklike", { type: "button", onclick: () => room.select(`field:${field.name}`) }, room.labelOf(field)), h(`span.value${value ? "" : ".empty"}`, {}, value || this.tell("nothing_read")));
      }),
    );
  }

  listOfAnchors() {
    const { room } = this;
    return h(
      "ul.told",
      {},
      ...room.form.anchors.map((anchor, n) => {
        const found = (room.sight?.anchors[n] ?? []).length > 0;
        return h("li", {}, h("button.linklike", { type: "button", onclick: () => room.select(`anchor:${n}`) }, anchor.text), found ? "" : h("small.empty", {}, this.tell("anchor_missed")));
      }),
    );
  }

  ofItems(items) {
    const { room } = this;
    if (!items) return [h("p.note", {}, this.tell("items_hint"))];
    const put = (name, keep) => (value) => room.change(`items.${name}`, (own) => keep(own.items, value), { quietly: true });
    return [
      h("div.two", {}, this.row("items_name", this.line("items.name", items.name, put("name", (own, value) => (own.name = value)), { late: true, mono: true })), this.row("ordinal", this.line("items.ordinal", items.ordinal, put("ordinal", (own, value) => (own.ordinal = value))))),
      this.row("until", this.lines("items.until", items.until ?? [], put("until", (own, values) => (own.until = values)))),
      h("ul.told", {}, ...items.columns.map((column) => h("li", {}, h("button.linklike", { type: "button", onclick: () => room.select(`column:${column.name}`) }, room.labelOf(column)), h("span.value", {}, column.heading)))),
      h("div.deeds", {}, this.deed("drop_items", () => room.change("", (own) => (own.items = null)))),
    ];
  }

  ofHolder(holder) {
    const { room } = this;
    const fields = (empty) => [...(empty ? [["", this.tell(empty)]] : []), ...room.form.fields.map((field) => [field.name, room.labelOf(field)])];
    const put = (act, quietly = true) => (value) => room.change("", (own) => act(own, value), { quietly });
    const kinds = ["", "person", "organisation"].map((kind) => [kind, this.tell(`holder_${kind || "none"}`)]);
    const kind = this.row("holder_kind", this.choice("holder.kind", holder?.kind ?? "", kinds, put((own, value) => {
      if (!value) own.holder = null;
      else own.holder = { name: own.fields[0]?.name ?? "", ...own.holder, kind: value };
    }, false)));
    if (!holder) return [kind];
    const number = (given, n) =>
      h(
        "fieldset",
        {},
        h("div.two", {}, this.row("holder_number", this.choice(`holder.${n}.field`, given.field, fields(""), put((own, value) => (own.holder.numbers[n].field = value)))), this.row("holder_within", this.choice(`holder.${n}.within`, given.within ?? "", fields("holder_nowhere"), put((own, value) => {
          if (value) own.holder.numbers[n].within = value;
          else delete own.holder.numbers[n].within;
        })))),
        this.row("holder_kinds", this.lines(`holder.${n}.kinds`, given.kinds.map(([pattern, what]) => `${pattern} → ${what}`), put((own, lines) => (own.holder.numbers[n].kinds = lines.map((line) => line.split(/\s*→\s*/)).filter((pair) => pair.length === 2))))),
        this.deed("do_remove", () => room.change("", (own) => own.holder.numbers.splice(n, 1))),
      );
    const more = () => room.change("", (own) => (own.holder.numbers = [...(own.holder.numbers ?? []), { field: own.fields[0]?.name ?? "", kinds: [[".+", "other"]] }]));
    return [
      h("div.two", {}, kind, this.row("holder_name", this.choice("holder.name", holder.name, fields(""), put((own, value) => (own.holder.name = value))))),
      ...(holder.numbers ?? []).map(number),
      h("div.deeds", {}, this.deed("holder_more", more)),
    ];
  }

  // --- rules between fields ---------------------------------------------------------------

  ofRules() {
    const { room } = this;
    const fields = room.form.fields.map((field) => [field.name, room.labelOf(field)]);
    if (!fields.length) return [h("p.note", {}, this.tell("no_fields"))];
    const rule = (given, n) => {
      const put = (act, quietly = true) => (value) => room.change(`rule.${n}`, (own) => act(own.rules[n], value), { quietly });
      const sentence = (language) => this.row(`says_${language}`, this.line(`rule.${n}.${language}`, given.says[language], put((own, value) => (own.says[language] = value))));
      return h(
        "fieldset",
        {},
        h("legend", {}, this.tell("rule_n", { n: n + 1 })),
        this.row("check", this.choice(`rule.${n}.check`, given.check, Object.keys(CHECKS).map((check) => [check, this.tell(`check_${check}`)]), put((own, check) => {
          own.check = check;
          own.fields = fit(own.fields, CHECKS[check], fields);
          own.says = this.sentence(check, own.fields);
        }, false))),
        ...given.fields.map((name, at) => this.row(`check_field_${Math.min(at, 1)}`, this.choice(`rule.${n}.field.${at}`, name, fields, put((own, value) => {
          const before = this.sentence(own.check, own.fields);
          own.fields[at] = value;
          if (own.says.vi === before.vi && own.says.en === before.en) own.says = this.sentence(own.check, own.fields);
        }, false)))),
        this.row("severity", this.choice(`rule.${n}.severity`, given.severity ?? "warning", SEVERITIES.map((name) => [name, this.tell(`severity_${name}`)]), put((own, value) => (own.severity = value)))),
        sentence("vi"),
        sentence("en"),
        h("div.deeds", {}, this.deed("do_remove", () => room.change("", (own) => own.rules.splice(n, 1)))),
      );
    };
    const more = () =>
      room.change("", (own) => {
        const named = fit([], 2, fields);
        own.rules.push({ check: "in_order", fields: named, severity: "warning", says: this.sentence("in_order", named) });
      });
    return [h("p.note", {}, this.tell("rules_what")), ...room.form.rules.map(rule), h("div.deeds", {}, this.deed("rule_more", more, "", "main"))];
  }

  /** What a rule says where nobody has worded it better, in both languages. */
  sentence(check, names) {
    const { room } = this;
    const label = (name, language) => {
      const field = room.form.fields.find((own) => own.name === name);
      return field?.label[language] || field?.label.vi || name;
    };
    const worded = (language) =>
      room.body.sentences[check][language].replace("{a}", label(names[0], language)).replace("{b}", label(names[1] ?? names[0], language));
    return { vi: worded("vi"), en: worded("en") };
  }

  // --- proposals --------------------------------------------------------------------------

  ofProposed() {
    const { room } = this;
    return [
      h("p.note", {}, this.tell("proposed_what")),
      h("ul.told.fields", {}, ...room.ghosts.map((ghost, n) => h("li", {}, h("button.linklike", { type: "button", onclick: () => room.select(`ghost:${n}`) }, ghost.what === "field" ? room.labelOf(ghost) : ghost.text), h("span.value", {}, ghost.examples?.[room.scan] ?? this.tell(`short_${ghost.what}`))))),
      h("div.deeds", {}, this.deed("do_accept_all", () => room.acceptAll(), "Ctrl ↵", "main")),
    ];
  }

  // --- the text ---------------------------------------------------------------------------

  ofText() {
    const { room } = this;
    this.area = h("textarea.source", { spellcheck: "false", wrap: "off", "aria-label": this.tell("text_label"), data: { name: "text" } });
    this.area.value = room.text;
    this.area.addEventListener("input", () => room.write(this.area.value));
    this.wrong = h("ul.wrong", { role: "status" });
    this.drawText();
    return [h("p.note", {}, this.tell("text_what")), this.area, this.wrong];
  }

  drawText() {
    const { room } = this;
    if (!this.area) return;
    const root = room.place?.host ? room.place : document;
    if (!room.textual && root.activeElement !== this.area && this.area.value !== room.text) this.area.value = room.text;
    this.wrong.replaceChildren(
      ...room.errors.map(({ line, says, severity }) => h(`li.${severity}`, {}, h("button.linklike", { type: "button", onclick: () => this.goTo(line) }, this.tell("line_n", { n: line })), h("span", {}, `${this.tell(`severity_${severity}`)}: ${says}`))),
      ...(room.errors.length ? [] : [h("li.fine", {}, this.tell("text_fine"))]),
    );
  }

  goTo(line) {
    const rows = this.area.value.split("\n");
    const start = rows.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    this.area.focus();
    this.area.setSelectionRange(start, start + (rows[line - 1] ?? "").length);
    this.area.scrollTop = Math.max(0, (line - 4) * parseFloat(getComputedStyle(this.area).lineHeight));
  }
}

/** Put words in one language; until somebody has worded the English, it follows the Vietnamese. */
function worded(label, language, value) {
  if (language === "vi" && (!label.en || label.en === label.vi)) label.en = value;
  label[language] = value;
}

/** So many field names as a rule is about, those that there are first. */
function fit(names, count, fields) {
  const all = [...names, ...fields.map(([name]) => name).filter((name) => !names.includes(name))];
  return Array.from({ length: count }, (_, n) => all[n] ?? all[0]);
}
