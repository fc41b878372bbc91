// The scan: one page at a time, zoomed and panned, the active field framed and the rest a shade darker.

const release = new URL(import.meta.url).search;
const { h, svg, button } = await import(`./dom.js${release}`);
const { Pointing } = await import(`./pointing.js${release}`);

const READABLE = 980; // px of a page's width at which typed text is easy to read
const STEP = 1.25;
const REST = 140; // ms without a turn of the wheel after which the paper is drawn sharp again

export class Viewer {
  /** `pick(name)` is told which field's box was clicked; `speak` gives the words. */
  constructor({ pick, speak, images }) {
    this.pick = pick;
    this.speak = speak;
    this.images = images;
    this.pointing = new Pointing(this, speak);
    this.zoom = 1; // the reader's own wish, kept from field to field
    this.whole = false;
    this.tabs = h("div.tabs", { role: "tablist" });
    this.tools = h(
      "div.tools",
      {},
      button("tool.minus", () => this.zoomBy(1 / STEP), "−"),
      button("tool.plus", () => this.zoomBy(STEP), "+"),
      (this.contextButton = button("tool.wide", () => this.toggleContext())),
      (this.pointButton = button("tool.point", () => this.pointing.toggle())),
    );
    this.pointButton.hidden = true; // until pointing is answered
    this.sheetOfPaper = h("div.paper");
    this.overlay = svg("svg", { class: "overlay", preserveAspectRatio: "none", "aria-hidden": "true" });
    this.note = h("p.lost", { hidden: true });
    this.pane = h("div.pane", {}, this.sheetOfPaper, this.pointing.hint);
    this.element = h("section.scan", {}, h("div.bar", {}, this.tabs, this.tools), this.pane);
    this.element.addEventListener("mousedown", (event) => event.preventDefault()); // keeps the focus
    this.pane.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.pane.addEventListener("pointerdown", (event) => this.grab(event));
    this.pane.addEventListener("pointerenter", () => this.pointing.fetch()); // a click is then answered at once
    this.watch = new ResizeObserver(() => this.sheet && this.aim());
    this.watch.observe(this.pane);
  }

  name() {
    const { speak } = this;
    this.element.setAttribute("aria-label", speak("scan"));
    const [minus, plus] = this.tools.children;
    minus.title = `${speak("zoom_out")}  (−)`;
    plus.title = `${speak("zoom_in")}  (+)`;
    for (const tool of [minus, plus]) tool.setAttribute("aria-label", tool.title);
    const label = speak(this.whole ? "to_field" : "whole_page");
    this.contextButton.replaceChildren(label, h("kbd", {}, "G"));
    this.pointButton.replaceChildren(speak("point"), h("kbd", {}, "B"));
    this.pointButton.title = speak("point_hint");
    this.pointButton.setAttribute("aria-pressed", String(this.pointing.on));
  }

  /** Show `sheet` with the field `name` in view; null shows the first page whole. */
  show(sheet, name) {
    const field = name === null ? null : sheet.byName.get(name);
    const fresh = this.sheet?.document !== sheet.document;
    const moved = fresh || this.field?.name !== field?.name;
    if (moved) this.whole = false;
    this.sheet = sheet;
    this.field = field;
    const before = this.number;
    if (fresh) this.number = field?.page ?? sheet.fields.find((f) => f.page !== null)?.page ?? 0;
    else if (moved && field?.page != null) this.number = field.page;
    this.turn(moved);
    if (moved) this.pointing.moved();
    if (fresh || before !== this.number) this.pointing.turned();
  }

  /** Turn to page `number` (as the reader asked). */
  turnTo(number) {
    if (!this.sheet || number < 0 || number >= this.sheet.given.pages.length) return;
    this.number = number;
    this.turn(true);
    this.pointing.turned();
  }

  toggleContext() {
    if (!this.sheet) return;
    this.whole = !this.whole;
    if (!this.whole && this.field?.page != null && this.number !== this.field.page) return this.turnTo(this.field.page);
    this.turn(true);
  }

  zoomBy(factor) {
    this.whole = false;
    this.zoom = Math.min(6, Math.max(0.3, this.zoom * factor));
    this.name();
    this.aim();
  }

  turn(aim) {
    this.name();
    this.page = this.sheet.given.pages[this.number];
    this.drawTabs();
    this.element.classList.toggle("without", !this.page);
    if (!this.page) {
      this.image = null;
      this.note.hidden = false;
      this.note.classList.add("unscanned");
      this.note.textContent = this.speak("no_scan");
      return this.sheetOfPaper.replaceChildren(this.note);
    }
    const image = this.images.of(this.page.image);
    if (this.image !== image) {
      this.image = image;
      image.className = "page";
      image.alt = this.speak("page", { n: this.number + 1 });
      image.draggable = false;
    }
    this.drawBoxes();
    this.note.classList.remove("unscanned");
    const lost = image.complete && !image.naturalWidth;
    this.note.hidden = !lost;
    this.note.textContent = lost ? this.speak("no_image") : "";
    // What is there already stays: taken out and put back, the page would be drawn anew.
    if (this.sheetOfPaper.firstChild !== image)
      this.sheetOfPaper.replaceChildren(image, this.overlay, ...this.pointing.elements, this.note);
    if (aim) this.aim();
  }

  drawTabs() {
    const pages = this.sheet.given.pages;
    this.tabs.replaceChildren(
      ...pages.map((_, number) => {
        const tab = button("tab", () => this.turnTo(number), this.speak("page", { n: number + 1 }));
        tab.setAttribute("role", "tab");
        tab.setAttribute("aria-selected", String(number === this.number));
        const waits = this.sheet.waiting.some((field) => field.page === number);
        if (waits && pages.length > 1) tab.append(h("span.dot", { title: this.speak("flagged") }));
        return tab;
      }),
    );
  }

  drawBoxes() {
    const { width, height } = this.page;
    const here = this.sheet.fields.filter((field) => field.box && field.page === this.number);
    const drawn = [];
    const active = this.field?.box && this.field.page === this.number ? this.field : null;
    if (active) drawn.push(this.shade(active));
    for (const field of here)
      if (field !== active)
        drawn.push(svg("rect", { ...around(field, this.page, 4), class: `box ${field.state}` }));
    if (active) {
      // Two strokes, light under dark: the frame stands out on white paper, black ink and red stamps alike.
      const frame = around(active, this.page, 9);
      drawn.push(svg("rect", { ...frame, class: "halo" }), svg("rect", { ...frame, class: "frame" }));
    }
    this.overlay.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.overlay.replaceChildren(...drawn);
  }

  shade(field) {
    const { width, height } = this.page;
    const { x, y, width: w, height: t } = around(field, this.page, 9);
    const hole = `M${x} ${y}h${w}v${t}h${-w}Z`;
    return svg("path", { class: "shade", "fill-rule": "evenodd", d: `M0 0H${width}V${height}H0Z${hole}` });
  }

  /** Bring the field into view, always the same way: same scale, box in the middle, a bit above half. */
  aim() {
    if (!this.page) return;
    const { clientWidth: across, clientHeight: down } = this.pane;
    if (!across || !down) return;
    const { width, height } = this.page;
    const fitWidth = across / width;
    const fitPage = Math.min(fitWidth, down / height);
    const field = this.field?.box && this.field.page === this.number ? this.field : null;
    if (this.whole || !field) {
      this.scale = this.whole ? fitPage : fitPage * Math.max(1, this.zoom);
      return this.place((across - width * this.scale) / 2, this.field ? 0 : (down - height * this.scale) / 2);
    }
    const [left, top, right, bottom] = field.box;
    const wide = (right - left) * width;
    // A line of a table is read as a whole, so its page is not made wider than the pane.
    const plain = field.row === null ? Math.max(fitWidth, READABLE / width) : fitWidth;
    this.scale = Math.min(plain * this.zoom, (across * 0.94) / wide);
    const x = across / 2 - ((left + right) / 2) * width * this.scale;
    const y = down * 0.42 - ((top + bottom) / 2) * height * this.scale;
    return this.place(x, y);
  }

  /** Put the paper's corner at x, y, with its edges no further in than the pane's. */
  place(x, y) {
    const { clientWidth: across, clientHeight: down } = this.pane;
    this.stand(x, y);
    this.settle();
  }

  /** Lay the paper out at its scale: everything on it is drawn sharp. */
  settle() {
    clearTimeout(this.resting);
    this.resting = null;
    if (!this.page) return;
    const { style } = this.sheetOfPaper;
    this.laid = this.scale;
    style.width = `${this.page.width * this.scale}px`;
    style.height = `${this.page.height * this.scale}px`;
    this.stand(this.x, this.y);
    if (this.drawnAt !== this.scale) this.pointing.draw();
    this.drawnAt = this.scale;
  }

  /** Move and grow the paper as it was last laid out: the browser draws nothing anew for that. */
  stand(x, y) {
    const { clientWidth: across, clientHeight: down } = this.pane;
    const wide = this.page.width * this.scale;
    const tall = this.page.height * this.scale;
    this.x = wide <= across ? (across - wide) / 2 : Math.min(0, Math.max(across - wide, x));
    this.y = tall <= down ? (down - tall) / 2 : Math.min(0, Math.max(down - tall, y));
    const grown = this.scale / (this.laid ?? this.scale);
    const still = grown === 1;
    const [left, top] = still ? [Math.round(this.x), Math.round(this.y)] : [this.x, this.y];
    this.sheetOfPaper.style.transform = `translate(${left}px, ${top}px)${still ? "" : ` scale(${grown})`}`;
  }

  /** Bring `box` into the pane, moving the paper no further than needed. */
  reveal([left, top, right, bottom]) {
    const { clientWidth: across, clientHeight: down } = this.pane;
    const [wide, tall] = [this.page.width * this.scale, this.page.height * this.scale];
    const air = 24;
    const x = Math.max(air - left * wide, Math.min(across - air - right * wide, this.x));
    const y = Math.max(air - top * tall, Math.min(down - air - bottom * tall, this.y));
    if (x !== this.x || y !== this.y) this.place(x, y);
  }

  /** Where an event is on the page, in fractions of it. */
  at(event) {
    const { left, top } = this.pane.getBoundingClientRect();
    const x = (event.clientX - left - this.x) / (this.page.width * this.scale);
    const y = (event.clientY - top - this.y) / (this.page.height * this.scale);
    return [Math.min(1, Math.max(0, x)), Math.min(1, Math.max(0, y))];
  }

  /** What lies in the pane's upper left corner, in fractions of the page. */
  get corner() {
    return [Math.max(0, -this.x / (this.page.width * this.scale)), Math.max(0, -this.y / (this.page.height * this.scale))];
  }

  wheel(event) {
    if (!this.page) return;
    event.preventDefault();
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.settle(), REST);
    if (!event.ctrlKey) return this.stand(this.x - event.deltaX, this.y - event.deltaY);
    const { left, top } = this.pane.getBoundingClientRect();
    const [x, y] = [event.clientX - left, event.clientY - top];
    const before = this.scale;
    this.scale = Math.min(4, Math.max(0.1, before * Math.exp(-event.deltaY / 300)));
    this.zoom *= this.scale / before;
    return this.stand(x - ((x - this.x) * this.scale) / before, y - ((y - this.y) * this.scale) / before);
  }

  grab(event) {
    if (event.button !== 0 || !this.page) return;
    if (this.resting) this.settle();
    if (this.pointing.begins(event)) return this.pointing.drag(event);
    const from = { x: event.clientX, y: event.clientY, left: this.x, top: this.y };
    let dragged = false;
    const move = (now) => {
      const [dx, dy] = [now.clientX - from.x, now.clientY - from.y];
      if (!dragged && Math.hypot(dx, dy) < 4) return;
      dragged = true;
      this.pane.classList.add("dragging");
      this.stand(from.left + dx, from.top + dy);
    };
    const drop = (now) => {
      this.pane.removeEventListener("pointermove", move);
      this.pane.removeEventListener("pointerup", drop);
      this.pane.removeEventListener("pointercancel", drop);
      this.pane.classList.remove("dragging");
      if (!dragged && now.type === "pointerup") this.click(now);
    };
    this.pane.setPointerCapture(event.pointerId);
    this.pane.addEventListener("pointermove", move);
    this.pane.addEventListener("pointerup", drop);
    this.pane.addEventListener("pointercancel", drop);
  }

  /** The smallest box under the pointer is what was meant; outside of them all, the word. */
  click(event) {
    const [x, y] = this.at(event);
    const hit = this.sheet.fields
      .filter((f) => f.box && f.page === this.number && x >= f.box[0] && x <= f.box[2] && y >= f.box[1] && y <= f.box[3])
      .sort((a, b) => area(a.box) - area(b.box))[0];
    if (hit) this.pick(hit.name);
    else if (this.pointing.reach && this.field) this.pointing.takeWord(x, y);
  }

  close() {
    clearTimeout(this.resting);
    this.watch.disconnect();
  }
}

function around(field, page, margin) {
  const [left, top, right, bottom] = field.box;
  return {
    x: left * page.width - margin,
    y: top * page.height - margin,
    width: (right - left) * page.width + 2 * margin,
    height: (bottom - top) * page.height + 2 * margin,
    rx: 4,
  };
}

function area([left, top, right, bottom]) {
  return (right - left) * (bottom - top);
}
