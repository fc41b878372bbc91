// The page with the form drawn over it: anchors, zones, what was found, and the words under the pointer.

const release = new URL(import.meta.url).search;
const { h, svg } = await import(`./dom.js${release}`);
const { around, corners, inverse, mapped, tidyBox } = await import(`./designmodel.js${release}`);

const NEAR = 4; // px that a hand trembles
const LEAST = 2; // mm; a smaller box was a slip
const NAMED = 0.6; // scale from which there is room for the names of what was found
const BESIDE = 0.012; // of the page's width: a click between two words means the nearer
const HANDLE = 9; // px
const FRESH = [40, 7]; // mm: a zone that is begun by key
const SIDES = { nw: [0, 1], n: [1], ne: [2, 1], e: [2], se: [2, 3], s: [3], sw: [0, 3], w: [0] }; // of a box: what it moves

export class Board {
  /** `room` is told what was done and asked what to draw; see design.js. */
  constructor(room) {
    this.room = room;
    this.fitted = "page"; // until the person has zoomed: "page", "width" or ""
    this.image = h("img.page", { alt: "", draggable: "false" });
    this.overlay = svg("svg", { class: "overlay drawn", preserveAspectRatio: "none", "aria-hidden": "true" });
    this.paper = h("div.paper", {}, this.image, this.overlay);
    this.hint = h("p.pointhint", { hidden: true });
    this.pane = h("div.pane.board", {}, this.paper, this.hint);
    this.pane.addEventListener("pointerdown", (event) => this.grab(event));
    this.pane.addEventListener("pointermove", (event) => this.hover(event));
    this.pane.addEventListener("pointerleave", () => this.point(null));
    this.pane.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.pane.addEventListener("mousedown", (event) => event.preventDefault()); // keeps the focus
    this.pane.addEventListener("auxclick", (event) => event.preventDefault());
    this.watch = new ResizeObserver(() => this.page && (this.fitted ? this.fit(this.fitted) : this.stand()));
    this.watch.observe(this.pane);
  }

  // --- what is shown ----------------------------------------------------------------------

  /** Show a page; `matrix` maps mm of the form to pixels of it. */
  show(page, matrix) {
    const fresh = this.page?.image !== page.image;
    const sized = !this.page || this.page.width !== page.width || this.page.height !== page.height;
    this.page = page;
    this.matrix = matrix;
    this.back = inverse(matrix);
    if (fresh) {
      this.image.src = page.image;
      this.hovered = null;
    }
    if (sized) this.fit(this.fitted || "page");
    this.draw();
  }

  draw() {
    const { page, room } = this;
    if (!page) return;
    this.overlay.setAttribute("viewBox", `0 0 ${page.width} ${page.height}`);
    const parts = [];
    for (const thing of room.things()) parts.push(...this.drawThing(thing));
    for (const word of this.hovered ? [this.hovered] : []) parts.push(this.rectangle(word.slice(1), "hovered"));
    if (room.phrase) parts.push(this.rectangle(around(room.phrase.words.flatMap((word) => corners(word.slice(1)))), "phrase"));
    if (this.band) parts.push(this.shape(this.band, "band"));
    this.overlay.replaceChildren(...parts);
  }

  /** A thing is {key, look, label, box in mm or strips in fractions, chosen, handles}. */
  drawThing(thing) {
    const classes = `${thing.look}${thing.chosen ? " chosen" : ""}`;
    const drawn = thing.box
      ? [this.shape(thing.box, classes, thing.chosen)]
      : thing.strips.map((strip) => this.rectangle(strip, classes, thing.chosen));
    if (thing.chosen && thing.read) drawn.push(...thing.read.map((strip) => this.rectangle(strip, "strip")));
    const group = svg("g", { class: "thing" }, ...drawn);
    group.dataset.thing = thing.key;
    const first = thing.box ? around(corners(thing.box).map((p) => mapped(this.matrix, p))) : this.pixels(thing.strips[0] ?? [0, 0, 0, 0]);
    const named = thing.chosen || thing.box || thing.key === this.over || this.scale > NAMED;
    if (named && thing.label && (thing.box || thing.strips.length)) group.append(...this.tag(first, thing));
    if (thing.handles) group.append(...this.handles(thing.box));
    return [group];
  }

  /** A box of the form, as it lies on this page. */
  shape(box, classes, chosen) {
    const points = corners(box).map((point) => mapped(this.matrix, point).map((v) => v.toFixed(1)).join(",")).join(" ");
    const polygon = (name) => svg("polygon", { points, class: name });
    return chosen ? svg("g", {}, polygon("halo"), polygon(classes)) : polygon(classes);
  }

  /** A box of the page. */
  rectangle(box, classes, chosen) {
    const [left, top, right, bottom] = this.pixels(box);
    const given = { x: left, y: top, width: Math.max(1, right - left), height: Math.max(1, bottom - top) };
    const rect = (name) => svg("rect", { ...given, class: name });
    return chosen ? svg("g", {}, rect("halo"), rect(classes)) : rect(classes);
  }

  /** The name of a thing: above it when chosen; else to its right, where it hides no value. */
  tag([left, top, right, bottom], { label, look, chosen }) {
    const size = 12 / this.scale;
    const wide = label.length * size * 0.52 + size * 0.7;
    const beside = !chosen && right + wide < this.page.width;
    const [x, y] = beside ? [right, (top + bottom) / 2 - size * 0.65] : [left, top - size * 1.3];
    const text = svg("text", { x: x + size * 0.35, y: y + size * 0.95, "font-size": size, class: "name" });
    text.textContent = label;
    const ground = svg("rect", { x, y, width: wide, height: size * 1.3, class: `ground ${look}${chosen ? " chosen" : ""}` });
    return [ground, text];
  }

  handles(box) {
    const [left, top, right, bottom] = box;
    const [middle, centre] = [(left + right) / 2, (top + bottom) / 2];
    const places = { nw: [left, top], n: [middle, top], ne: [right, top], e: [right, centre], se: [right, bottom], s: [middle, bottom], sw: [left, bottom], w: [left, centre] };
    const size = HANDLE / this.scale;
    return Object.entries(places).map(([side, place]) => {
      const [x, y] = mapped(this.matrix, place);
      const handle = svg("rect", { x: x - size / 2, y: y - size / 2, width: size, height: size, class: `handle ${side}` });
      handle.dataset.side = side;
      return handle;
    });
  }

  pixels([left, top, right, bottom]) {
    const { width, height } = this.page;
    return [left * width, top * height, right * width, bottom * height];
  }

  /** The box in mm around boxes of the page; where there are none, one in the middle of the pane. */
  onFormOf(boxes) {
    const points = boxes.flatMap((box) => corners(this.pixels(box)));
    if (points.length) return tidyBox(around(points.map((point) => mapped(this.back, point))));
    const { clientWidth: across, clientHeight: down } = this.pane;
    const [x, y] = mapped(this.back, [(across / 2 - this.x) / this.scale, (down / 2 - this.y) / this.scale]);
    return tidyBox([x - FRESH[0] / 2, y - FRESH[1] / 2, x + FRESH[0] / 2, y + FRESH[1] / 2]);
  }

  // --- zoom and pan -----------------------------------------------------------------------

  fit(how) {
    const { clientWidth: across, clientHeight: down } = this.pane;
    if (!this.page || !across || !down) return;
    this.fitted = how;
    const [wide, tall] = [(across - 16) / this.page.width, (down - 16) / this.page.height];
    this.scale = how === "page" ? Math.min(wide, tall) : wide;
    this.x = (across - this.page.width * this.scale) / 2;
    this.y = how === "page" ? (down - this.page.height * this.scale) / 2 : 8;
    this.stand();
    this.draw();
  }

  zoomBy(factor, at = null) {
    const { clientWidth: across, clientHeight: down } = this.pane;
    const [x, y] = at ?? this.focusPoint() ?? [across / 2, down / 2];
    const before = this.scale;
    this.fitted = "";
    this.scale = Math.min(4, Math.max(0.08, before * factor));
    this.x = x - ((x - this.x) * this.scale) / before;
    this.y = y - ((y - this.y) * this.scale) / before;
    this.stand();
    this.draw();
  }

  /** Zooming keeps what is chosen in its place. */
  focusPoint() {
    const box = this.chosenBox();
    if (!box) return null;
    const place = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2].map((v) => v * this.scale);
    const [x, y] = [place[0] + this.x, place[1] + this.y];
    const { clientWidth: across, clientHeight: down } = this.pane;
    return x > 0 && y > 0 && x < across && y < down ? [x, y] : null;
  }

  panBy(dx, dy) {
    this.fitted = "";
    this.x += dx;
    this.y += dy;
    this.stand();
  }

  stand() {
    const { clientWidth: across, clientHeight: down } = this.pane;
    const [wide, tall] = [this.page.width * this.scale, this.page.height * this.scale];
    const within = (place, room, size) => (size <= room - 16 ? (room - size) / 2 : Math.min(8, Math.max(room - size - 8, place)));
    this.x = within(this.x, across, wide);
    this.y = within(this.y, down, tall);
    const { style } = this.paper;
    style.width = `${wide}px`;
    style.height = `${tall}px`;
    style.transform = `translate(${Math.round(this.x)}px, ${Math.round(this.y)}px)`;
  }

  /** The box in pixels of the page of what is chosen, or null. */
  chosenBox() {
    const thing = this.room.things().find(({ chosen }) => chosen);
    if (!thing || (!thing.box && !thing.strips.length)) return null;
    if (thing.box) return around(corners(thing.box).map((point) => mapped(this.matrix, point)));
    return around(thing.strips.flatMap((strip) => corners(this.pixels(strip))));
  }

  /** Bring what is chosen into the pane, moving the paper no further than needed. */
  reveal() {
    const box = this.chosenBox();
    if (!box || this.fitted === "page") return;
    const { clientWidth: across, clientHeight: down } = this.pane;
    const air = 28;
    const [left, top, right, bottom] = box.map((v) => v * this.scale);
    this.x = Math.max(air - left, Math.min(across - air - right, this.x));
    this.y = Math.max(air - top, Math.min(down - air - bottom, this.y));
    this.stand();
  }

  wheel(event) {
    if (!this.page) return;
    event.preventDefault();
    if (!event.ctrlKey) return this.panBy(-event.deltaX, -event.deltaY);
    const { left, top } = this.pane.getBoundingClientRect();
    return this.zoomBy(Math.exp(-event.deltaY / 300), [event.clientX - left, event.clientY - top]);
  }

  // --- the pointer ------------------------------------------------------------------------

  /** Where an event is on the page, in its pixels. */
  at(event) {
    const { left, top } = this.pane.getBoundingClientRect();
    return [(event.clientX - left - this.x) / this.scale, (event.clientY - top - this.y) / this.scale];
  }

  onForm(event) {
    return mapped(this.back, this.at(event));
  }

  /** The printed word at an event, or the nearest of its line. */
  wordAt(event) {
    const [x, y] = this.at(event);
    const [across, down] = [x / this.page.width, y / this.page.height];
    const gap = ([, left, , right]) => Math.max(0, left - across, across - right);
    const level = this.page.words.filter((word) => down >= word[2] - 0.002 && down <= word[4] + 0.002 && gap(word) < BESIDE);
    return level.reduce((best, word) => (best && gap(best) <= gap(word) ? best : word), null);
  }

  hover(event) {
    if (!this.page || this.pulling) return;
    const thing = this.room.picking ? null : (event.target.closest?.("[data-thing]")?.dataset.thing ?? null);
    const moved = thing !== this.over;
    this.over = thing;
    this.point(thing ? null : this.wordAt(event));
    if (moved) this.draw();
  }

  point(word) {
    if (word === this.hovered) return;
    this.hovered = word;
    this.pane.classList.toggle("onword", Boolean(word));
    this.draw();
  }

  grab(event) {
    if (!this.page) return;
    this.room.focus();
    if (event.button === 1 || (event.button === 0 && event.altKey)) return this.pan(event);
    if (event.button !== 0) return;
    const side = event.target.dataset?.side;
    const key = this.room.picking ? null : event.target.closest?.("[data-thing]")?.dataset.thing;
    if (side) return this.resize(event, side);
    if (key) return this.move(event, key);
    return this.drawBand(event);
  }

  pan(event) {
    event.preventDefault();
    let last = [event.clientX, event.clientY];
    this.pane.classList.add("dragging");
    this.pull(event, {
      move: (now) => {
        this.panBy(now.clientX - last[0], now.clientY - last[1]);
        last = [now.clientX, now.clientY];
      },
      drop: () => this.pane.classList.remove("dragging"),
    });
  }

  resize(event, side) {
    const box = this.room.boxInHand();
    if (!box) return;
    const from = this.onForm(event);
    this.pull(event, {
      move: (now) => {
        const to = this.onForm(now);
        const sized = [...box];
        for (const edge of SIDES[side]) sized[edge] += edge % 2 ? to[1] - from[1] : to[0] - from[0];
        if (sized[2] - sized[0] >= LEAST && sized[3] - sized[1] >= LEAST) this.room.setBox(tidyBox(sized), "resize");
      },
    });
  }

  move(event, key) {
    this.room.select(key);
    const box = this.room.boxInHand();
    if (!box) return;
    const from = this.onForm(event);
    const start = [event.clientX, event.clientY];
    let moved = false;
    this.pull(event, {
      move: (now) => {
        moved ||= Math.hypot(now.clientX - start[0], now.clientY - start[1]) > NEAR;
        if (!moved) return;
        const to = this.onForm(now);
        const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
        this.room.setBox(tidyBox([box[0] + dx, box[1] + dy, box[2] + dx, box[3] + dy]), "move");
      },
    });
  }

  drawBand(event) {
    const from = this.onForm(event);
    const start = [event.clientX, event.clientY];
    const word = this.wordAt(event);
    let drawn = false;
    this.pull(event, {
      move: (now) => {
        drawn ||= Math.hypot(now.clientX - start[0], now.clientY - start[1]) > NEAR;
        if (!drawn) return;
        this.band = tidyBox([...from, ...this.onForm(now)]);
        this.draw();
      },
      drop: (now) => {
        const box = this.band;
        this.band = null;
        if (now.type !== "pointerup") return this.draw();
        if (!drawn) return word ? this.room.pick(word, now.shiftKey) : this.room.select(null);
        if (box && box[2] - box[0] >= LEAST && box[3] - box[1] >= LEAST) return this.room.drewBox(box);
        return this.draw();
      },
    });
  }

  /** Follow the pointer until it is let go. */
  pull(event, { move, drop }) {
    this.pulling = true;
    this.pane.setPointerCapture(event.pointerId);
    const end = (now) => {
      this.pulling = false;
      this.pane.removeEventListener("pointermove", move);
      for (const name of ["pointerup", "pointercancel"]) this.pane.removeEventListener(name, end);
      drop?.(now);
      this.room.dropped();
    };
    this.pane.addEventListener("pointermove", move);
    for (const name of ["pointerup", "pointercancel"]) this.pane.addEventListener(name, end);
  }

  close() {
    this.watch.disconnect();
  }
}
