// The table of items as a table: one cell in hand, arrows and Tab move, typing corrects.
//
// A row is `muc.N`. One that the machine missed is an act on the row itself (its value: the row above)
// and acts on its cells; one that is none is struck out by making every cell absent.

const release = new URL(import.meta.url).search;
const { h, button, sign } = await import(`./dom.js${release}`);

export function install(desk) {
  const table = new Table(desk);
  desk.addMode(table);
  const open = () => {
    if (!desk.sheet) return false;
    if (!desk.sheet.given.table) return desk.panel.say(desk.speak("table_none"), true);
    return desk.enter("items");
  };
  desk.keys.add({ id: "table", keys: ["t"], words: "map_table", group: "document", act: open });
  const also = { where: "items", typing: "also", group: "table" };
  desk.keys.add({ ...also, id: "row_add", keys: ["F9"], words: "map_row_add", act: () => table.addRow() });
  desk.keys.add({ ...also, id: "row_strike", keys: ["F8"], words: "map_row_strike", act: () => table.strike() });
  desk.keys.add({ ...also, id: "row_copy", keys: ["F4"], words: "map_row_copy", act: () => table.copyAbove() });
}

class Table {
  name = "items";
  beside = true;

  constructor(desk) {
    this.desk = desk;
    this.cell = null; // the name of the field in hand
    this.wanted = null; // a row that is being added: go there once it stands
    this.groups = []; // what one Ctrl+Z takes back: fields, each once an act
    this.pen = h("textarea.cellpen", { rows: 1, spellcheck: "false", autocomplete: "off" });
    this.body = h("div.whole");
    this.foot = h("footer.foot");
    this.notice = h("p.notice", { role: "status" });
    this.element = h("section.panel.itemstable", {}, h("header.head", {}, (this.title = h("h2"))), this.body, this.notice, this.foot);
    this.pen.addEventListener("input", () => {
      this.writing = true;
      this.pen.classList.add("writing");
    });
    this.pen.addEventListener("paste", (event) => this.paste(event));
    this.element.addEventListener("keydown", (event) => this.key(event));
    this.element.addEventListener("mousedown", (event) => event.target !== this.pen && event.preventDefault());
  }

  get focus() {
    return this.pen;
  }

  open() {
    const { sheet } = this.desk;
    const items = this.items();
    this.writing = false;
    this.groups = [];
    this.document = sheet.document;
    const here = items.find((field) => field.name === this.desk.name);
    this.cell = (here ?? items.find((field) => field.flagged && field.act === null) ?? items[0])?.name ?? null;
  }

  close() {
    this.keepCell();
  }

  // --- what stands in the table -----------------------------------------------------------

  items() {
    return this.desk.sheet?.fields.filter((field) => field.row !== null) ?? [];
  }

  /** Rows in order: [{name: "muc.3", cells: Map column -> field}]. */
  rows() {
    const rows = new Map();
    for (const field of this.items()) {
      const name = field.name.slice(0, field.name.lastIndexOf("."));
      if (!rows.has(name)) rows.set(name, { name, cells: new Map() });
      rows.get(name).cells.set(field.column, field);
    }
    return [...rows.values()];
  }

  get columns() {
    return this.desk.sheet.given.table.columns;
  }

  refresh() {
    const { desk } = this;
    const { speak, sheet } = desk;
    if (!sheet || sheet.document !== this.document) return desk.leaveMode();
    const rows = this.rows();
    if (this.wanted && rows.some((row) => row.name === this.wanted)) {
      this.wanted = null; // the cell in hand is there now, with what was typed into it meanwhile
    }
    if (!this.wanted && this.cell && !sheet.byName.has(this.cell)) this.cell = this.items()[0]?.name ?? null;
    this.title.textContent = speak("table");
    this.element.setAttribute("aria-label", speak("table"));
    const head = h("tr", {}, h("th", {}, speak("row")), ...this.columns.map((column) => h("th", {}, column.label)));
    const typed = this.writing ? [this.pen.value, this.pen.selectionStart] : null;
    this.body.replaceChildren(
      h("table.items", { role: "grid" }, h("thead", {}, head), h("tbody", {}, ...rows.map((row, n) => this.line(row, n)), this.coming())),
    );
    const hint = h("p.hint", {}, speak("table_hint"));
    this.foot.replaceChildren(
      hint,
      this.deed("row_add", () => this.addRow()),
      this.deed("row_strike", () => this.strike()),
      this.deed("row_copy", () => this.copyAbove()),
      button("ghost", () => desk.leaveMode(), speak("table_back"), h("kbd", {}, "Esc")),
    );
    this.settlePen(typed);
    desk.viewer.show(sheet, this.cell);
    return undefined;
  }

  /** The row that is being added, until the server has it: what is typed goes there and nowhere else. */
  coming() {
    if (!this.wanted) return "";
    return h("tr.coming", {}, h("th", {}, "+"), h("td.active", { colspan: String(this.columns.length) }, "…"));
  }

  deed(name, act) {
    return button("ghost", act, this.desk.speak(name), h("kbd", {}, this.desk.keys.label(name)));
  }

  line(row, n) {
    const struck = [...row.cells.values()].every((field) => field.act === "absent");
    return h(
      `tr${struck ? ".struck" : ""}`,
      {},
      h("th", { scope: "row" }, String(n + 1)),
      ...this.columns.map(({ name }) => {
        const field = row.cells.get(name);
        if (!field) return h("td.missing");
        const active = field.name === this.cell;
        return h(
          `td.${field.state}${active ? ".active" : ""}`,
          { role: "gridcell", data: { field: field.name }, "aria-selected": String(active), onclick: () => this.go(field.name) },
          field.state === "machine" ? null : sign(field.state),
          h("span", {}, field.value || "—"),
        );
      }),
    );
  }

  settlePen(typed) {
    const home = this.body.querySelector("td.active");
    const field = this.desk.sheet.byName.get(this.cell);
    if (!home) return this.body.append(this.pen);
    home.append(this.pen);
    const says = field ? `${field.label}: ${field.value || this.desk.speak("empty_value")}` : this.desk.speak("row_add");
    this.pen.setAttribute("aria-label", says);
    this.pen.value = typed ? typed[0] : "";
    this.pen.classList.toggle("writing", Boolean(typed));
    if (!this.desk.dialog) this.pen.focus({ preventScroll: true });
    if (typed) this.pen.setSelectionRange(typed[1], typed[1]);
    home.scrollIntoView({ block: "nearest", inline: "nearest" });
    return undefined;
  }

  // --- what can be done -------------------------------------------------------------------

  go(name) {
    this.keepCell();
    this.cell = name;
    this.notice.textContent = "";
    this.refresh();
  }

  /** Move by rows and columns; past the end of a row Tab goes on in the next. */
  step(down, across, wrap = false) {
    const rows = this.rows();
    let r = rows.findIndex((row) => this.cell?.startsWith(`${row.name}.`));
    let c = this.columns.findIndex(({ name }) => this.cell?.endsWith(`.${name}`));
    if (r < 0) return;
    c += across;
    if (wrap && c >= this.columns.length) [r, c] = [r + 1, 0];
    if (wrap && c < 0) [r, c] = [r - 1, this.columns.length - 1];
    r = Math.max(0, Math.min(r + down, rows.length - 1));
    c = Math.max(0, Math.min(c, this.columns.length - 1));
    const next = rows[r].cells.get(this.columns[c].name);
    if (next) this.go(next.name);
  }

  /** Keep acts: [field, act, value], taken back together. */
  act(deeds) {
    if (!deeds.length) return;
    const { desk, document } = this;
    this.groups.push(deeds.map(([field]) => field));
    for (const [field, act, value] of deeds)
      desk.outbox.add({ what: "act", document, field, act, value, keys: 0, milliseconds: 0 });
    desk.sheet.settle(desk.outbox.acts(document));
  }

  undo() {
    const { desk, document } = this;
    const last = this.groups.pop();
    if (!last) return;
    for (const field of last.reverse()) desk.outbox.add({ what: "act", document, field, act: "undo", value: "", keys: 0, milliseconds: 0 });
    desk.sheet.settle(desk.outbox.acts(document));
    if (!last.includes(this.cell) && desk.sheet.byName.has(last[0])) this.cell = last[0];
    this.refresh();
  }

  /** What is to be kept of `text` in a field: accepted, changed or absent; null where it says so already. */
  deedOf(name, text) {
    const field = this.desk.sheet.byName.get(name);
    if (!field) return text ? [name, "edit", text] : null;
    if (text === field.value && field.act !== null) return null;
    if (!text) return field.act === "absent" ? null : [name, "absent", ""];
    return text === field.proposed ? [name, "accept", text] : [name, "edit", text];
  }

  keepCell() {
    if (!this.writing) return;
    this.writing = false;
    const text = clean(this.pen.value);
    const deed = this.deedOf(this.cell, text);
    if (deed) this.act([deed]);
  }

  /** Confirm the cell as it stands, or keep what was typed, and go down. */
  confirm() {
    if (this.writing) this.keepCell();
    else {
      const field = this.desk.sheet.byName.get(this.cell);
      if (field && field.act === null && field.value) this.act([[field.name, "accept", field.value]]);
    }
    this.step(1, 0);
  }

  nextRow(taken = []) {
    const { name } = this.desk.sheet.given.table;
    const used = [...this.rows().map((row) => row.name), ...this.desk.outbox.acts(this.document).map((e) => e.field), ...taken];
    const numbers = used.map((field) => Number(field.split(".")[1])).filter(Boolean);
    return `${name}.${Math.max(0, ...numbers) + 1}`;
  }

  addRow() {
    this.keepCell();
    const rows = this.rows();
    const here = rows.find((row) => this.cell?.startsWith(`${row.name}.`)) ?? rows.at(-1);
    if (this.wanted) return;
    this.wanted = this.nextRow();
    this.cell = `${this.wanted}.${this.columns[0].name}`;
    this.act([[this.wanted, "edit", here ? here.name.split(".")[1] : "0"]]);
    this.refresh();
  }

  strike() {
    this.keepCell();
    const row = this.rows().find(({ name }) => this.cell?.startsWith(`${name}.`));
    if (!row) return;
    const cells = [...row.cells.values()];
    const left = cells.filter((field) => field.act !== "absent");
    this.act(left.length ? left.map((field) => [field.name, "absent", ""]) : cells.map((field) => [field.name, "undo", ""]));
    this.refresh();
  }

  copyAbove() {
    const rows = this.rows();
    const at = rows.findIndex((row) => this.cell?.startsWith(`${row.name}.`));
    if (at < 1) return;
    const column = this.cell.slice(this.cell.lastIndexOf(".") + 1);
    this.writing = false;
    const deed = this.deedOf(this.cell, rows[at - 1].cells.get(column)?.value ?? "");
    if (deed) this.act([deed]);
    this.refresh();
  }

  /** Cells copied from a spreadsheet go into the table from here on; rows that are missing are added. */
  paste(event) {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (!/[\t\n]/.test(text.replace(/\r?\n$/, ""))) return; // one value: the cell takes it as it is typed
    event.preventDefault();
    const lines = text.replace(/\r/g, "").replace(/\n$/, "").split("\n").map((line) => line.split("\t").map(clean));
    const names = this.rows().map((row) => row.name);
    const from = Math.max(0, names.findIndex((name) => this.cell?.startsWith(`${name}.`)));
    const first = Math.max(0, this.columns.findIndex(({ name }) => this.cell?.endsWith(`.${name}`)));
    const deeds = [];
    let pasted = 0;
    for (const [n, values] of lines.entries()) {
      if (from + n >= names.length) {
        const above = names.at(-1)?.split(".")[1] ?? "0";
        names.push(this.nextRow(names));
        deeds.push([names.at(-1), "edit", above]);
      }
      for (const [i, value] of values.entries()) {
        const column = this.columns[first + i];
        const deed = column && this.deedOf(`${names[from + n]}.${column.name}`, value);
        if (deed) deeds.push(deed);
        pasted += column ? 1 : 0;
      }
    }
    this.writing = false;
    this.act(deeds);
    this.refresh();
    this.notice.textContent = this.desk.speak("table_pasted", { n: pasted });
  }

  // --- keys -------------------------------------------------------------------------------

  key(event) {
    if (event.isComposing || event.keyCode === 229 || event.altKey || this.desk.dialog) return;
    const control = event.ctrlKey || event.metaKey;
    const name = `${control ? "Ctrl+" : ""}${event.shiftKey && event.key.length > 1 ? "Shift+" : ""}${event.key.length === 1 ? event.key.toLowerCase() : event.key}`;
    const deed = (this.writing ? { ...this.keys, ...this.typing } : this.keys)[name];
    if (!deed) return; // letters are typed; the rest is the desk's
    event.preventDefault();
    event.stopPropagation();
    deed.call(this);
  }

  typing = {
    ArrowLeft: undefined, // within the text
    ArrowRight: undefined,
    Escape() {
      this.writing = false;
      this.refresh();
    },
    "Ctrl+z": undefined,
  };

  keys = {
    ArrowUp: () => this.step(-1, 0),
    ArrowDown: () => this.step(1, 0),
    ArrowLeft: () => this.step(0, -1),
    ArrowRight: () => this.step(0, 1),
    Tab: () => this.step(0, 1, true),
    "Shift+Tab": () => this.step(0, -1, true),
    Enter: this.confirm,
    "Ctrl+z": this.undo,
    F2() {
      const field = this.desk.sheet.byName.get(this.cell);
      this.writing = true;
      this.pen.value = field?.value ?? "";
      this.pen.classList.add("writing");
      this.pen.setSelectionRange(this.pen.value.length, this.pen.value.length);
    },
    Escape: () => this.desk.leaveMode(),
  };
}

function clean(text) {
  return text.normalize("NFC").replace(/\s+/g, " ").trim();
}
