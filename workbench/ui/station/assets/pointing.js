// Point and take: a word that is clicked, or a box that is drawn, becomes candidates for the field in hand.
// What the engines have read before answers at once; what they read anew in the box follows, one by one.

const release = new URL(import.meta.url).search;
const { h } = await import(`./dom.js${release}`);
const { chord } = await import(`./keys.js${release}`);

const CANDIDATES = 4; // one key each
const DRAWN = 5; // px; a shorter stroke is a click
const FINEST = 2400; // px; the words' frames are drawn no finer than this, the paper may be larger
const EDGES = /^[\s,;:_|]+|[\s,;:_|]+$/g; // what stands beside a value, not in it

/** The server's two answers, over HTTP: the words of a page, and what each engine reads in a box. */
export const overHttp = {
  async words(document, page) {
    const answer = await fetch(`/page-words/${document}/${page}`);
    if (!answer.ok) return {};
    return (await answer.json()).engines;
  },

  /** `heard({engine, text})` is called as each engine answers; resolves to what went wrong, or "". */
  async read(document, page, box, heard) {
    const answer = await fetch("/read-box", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ document, page, box }),
    });
    if (!answer.ok) throw new Error(String(answer.status));
    const lines = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    let wrong = "";
    for (let piece = await lines.read(); !piece.done; piece = await lines.read()) {
      rest += piece.value;
      const whole = rest.split("\n");
      rest = whole.pop();
      for (const said of whole.map((line) => JSON.parse(line)))
        if (said.wrong) wrong = said.wrong;
        else heard(said);
    }
    return wrong;
  },
};

export class Pointing {
  constructor(viewer, speak) {
    this.viewer = viewer;
    this.speak = speak;
    this.reach = null;
    this.on = false;
    this.known = new Map(); // "document/page" -> engine -> words
    this.asked = 0; // answers to an earlier question are not heard
    this.canvas = h("canvas.words", { "aria-hidden": "true" });
    this.band = h("div.band", { hidden: true });
    this.pick = h("div.pick", { hidden: true });
    this.hint = h("p.pointhint", { role: "status", hidden: true });
  }

  /**
   * From now on `reach` is asked, and `answer({document, page, box, candidates, take, waits, wrong})` is
   * told what stands at the place.
   */
  begin({ answer, reach }) {
    this.answer = answer;
    this.reach = reach;
    this.viewer.pointButton.hidden = false;
  }

  get elements() {
    return [this.canvas, this.band, this.pick];
  }

  // --- the words that are known -----------------------------------------------------------

  get place() {
    return `${this.viewer.sheet?.document}/${this.viewer.number}`;
  }

  /** Engine -> words of the page that is shown, [text, left, top, right, bottom]; empty until they are here. */
  get engines() {
    const engines = this.known.get(this.place);
    return engines && !(engines instanceof Promise) ? engines : {};
  }

  /** The words of the engine that saw most: these are drawn and walked through. */
  get words() {
    return Object.values(this.engines).reduce((most, words) => (words.length > most.length ? words : most), []);
  }

  /** Fetch the words of the page; resolves when they are here. */
  fetch() {
    const { place, viewer } = this;
    if (!this.reach || !viewer.sheet) return Promise.resolve();
    if (this.known.has(place)) return Promise.resolve(this.known.get(place));
    const coming = this.reach.words(viewer.sheet.document, viewer.number).then(
      (engines) => {
        this.known.set(place, engines);
        for (const oldest of this.known.keys()) {
          if (this.known.size <= 8) break;
          this.known.delete(oldest);
        }
        if (place === this.place) this.draw();
      },
      () => void this.known.delete(place), // the next look tries again
    );
    this.known.set(place, coming);
    return coming;
  }

  /** Another field is in hand: what was pointed at and not taken is forgotten. */
  moved() {
    const { sheet, field } = this.viewer;
    this.asked += 1;
    for (const name of sheet.pointed.keys()) if (name !== field?.name) sheet.point(name, null);
  }

  /** Another page or document is shown. */
  turned() {
    this.caret = this.anchor = null;
    this.pick.hidden = true;
    if (this.on) this.fetch();
    this.draw();
  }

  /** Frame every word, in one picture that moves and grows with the paper: thousands cost no more than one. */
  draw() {
    const { canvas, viewer, words } = this;
    canvas.hidden = !this.on;
    if (!this.on || !viewer.page) return;
    const wide = Math.min(FINEST, viewer.page.width * viewer.scale * (window.devicePixelRatio || 1));
    const tall = (wide * viewer.page.height) / viewer.page.width;
    canvas.width = Math.max(1, Math.round(wide));
    canvas.height = Math.max(1, Math.round(tall));
    canvas.dataset.words = String(words.length);
    const pen = canvas.getContext("2d");
    pen.strokeStyle = "#0b4fb3a0";
    pen.lineWidth = Math.max(1, wide / 1200);
    pen.beginPath();
    for (const [, left, top, right, bottom] of words)
      pen.rect(Math.round(left * wide) + 0.5, Math.round(top * tall) + 0.5, Math.round((right - left) * wide), Math.round((bottom - top) * tall));
    pen.stroke();
  }

  // --- the mode ---------------------------------------------------------------------------

  toggle(on = !this.on) {
    if (!this.reach || this.on === on) return;
    this.on = on;
    this.caret = this.anchor = null;
    this.pick.hidden = true;
    this.viewer.pane.classList.toggle("pointing", on);
    this.viewer.name();
    this.hint.hidden = !on;
    this.hint.textContent = on ? this.speak("point_hint") : "";
    this.draw();
    if (on) this.fetch().then(() => this.on && this.start());
  }

  /** Where the keys begin: on the field's own words, else at the top of what is in view. */
  start() {
    const { viewer, words } = this;
    if (!words.length || this.caret !== null) return;
    const [x, y] = viewer.field?.box && viewer.field.page === viewer.number ? [viewer.field.box[0], viewer.field.box[1]] : viewer.corner;
    const far = ([, left, top]) => Math.hypot((left - x) * 0.3, top - y);
    this.go(words.reduce((best, word, i) => (far(word) < far(words[best]) ? i : best), 0));
  }

  /** Do what a key stands for in this mode; false when it is not one of ours. */
  key(pressed) {
    if (!this.on) return false;
    if (pressed === "Escape") return this.toggle(false), true;
    if (!this.viewer.field && pressed !== "Escape") return false;
    const extend = pressed.startsWith("Shift+");
    const step = { ArrowRight: () => this.caret + 1, ArrowLeft: () => this.caret - 1, ArrowDown: () => this.line(1), ArrowUp: () => this.line(-1) }[
      pressed.replace("Shift+", "")
    ];
    if (step) {
      if (this.caret === null) this.start();
      else this.go(Math.min(this.words.length - 1, Math.max(0, step())), extend);
      return true;
    }
    if (pressed === "Enter" && this.caret !== null) {
      const alone = this.anchor === this.caret;
      this.ask(this.chosen, alone);
      return true;
    }
    return false;
  }

  /** The word nearest above (-1) or below (1) the caret. */
  line(way) {
    const { words, caret } = this;
    const [, left, top, right, bottom] = words[caret];
    const [x, y] = [(left + right) / 2, (top + bottom) / 2];
    let [best, least] = [caret, Infinity];
    words.forEach(([, l, t, r, b], i) => {
      const down = ((t + b) / 2 - y) * way;
      if (down < (bottom - top) * 0.6) return;
      const far = down * 3 + Math.abs((l + r) / 2 - x);
      if (far < least) [best, least] = [i, far];
    });
    return best;
  }

  go(caret, extend = false) {
    this.caret = caret;
    if (!extend || this.anchor === null) this.anchor = caret;
    const box = this.chosen;
    this.frame(this.pick, box);
    this.viewer.reveal(box);
    const [from, to] = [Math.min(this.anchor, caret), Math.max(this.anchor, caret)];
    this.hint.textContent = this.words.slice(from, to + 1).map(([text]) => text).join(" ") || this.speak("point_hint");
  }

  /** The box around the words between anchor and caret. */
  get chosen() {
    const [from, to] = [Math.min(this.anchor, this.caret), Math.max(this.anchor, this.caret)];
    return around(this.words.slice(from, to + 1));
  }

  frame(element, [left, top, right, bottom]) {
    element.hidden = false;
    Object.assign(element.style, {
      left: `${100 * left}%`,
      top: `${100 * top}%`,
      width: `${100 * (right - left)}%`,
      height: `${100 * (bottom - top)}%`,
    });
  }

  // --- the mouse --------------------------------------------------------------------------

  /** Whether a press begins a box: in this mode, or with Ctrl or Shift held. */
  begins(event) {
    return Boolean(this.reach && this.viewer.field && (this.on || event.ctrlKey || event.shiftKey));
  }

  /** Follow the pointer from where it was pressed; a box when it was drawn, a word when it was not. */
  drag(event) {
    const { viewer } = this;
    const { pane } = viewer;
    const from = viewer.at(event);
    const begun = [event.clientX, event.clientY];
    this.fetch();
    let drawn = false;
    const move = (now) => {
      drawn ||= Math.hypot(now.clientX - begun[0], now.clientY - begun[1]) >= DRAWN;
      if (drawn) this.frame(this.band, between(from, viewer.at(now)));
    };
    const end = (now) => {
      pane.removeEventListener("pointermove", move);
      pane.removeEventListener("pointerup", end);
      pane.removeEventListener("pointercancel", end);
      this.band.hidden = true;
      if (now.type !== "pointerup") return;
      if (drawn) this.ask(between(from, viewer.at(now)), false);
      else this.takeWord(...from);
    };
    pane.setPointerCapture(event.pointerId);
    pane.addEventListener("pointermove", move);
    pane.addEventListener("pointerup", end);
    pane.addEventListener("pointercancel", end);
  }

  /** Take the word at x, y once the words are here. */
  async takeWord(x, y) {
    const { place } = this;
    await this.fetch();
    const word = this.wordAt(x, y);
    if (word && place === this.place) this.ask(word.slice(1), true);
  }

  /** The smallest word of any engine at x, y. */
  wordAt(x, y) {
    const hit = ([, left, top, right, bottom]) => x >= left && x <= right && y >= top && y <= bottom;
    const size = ([, left, top, right, bottom]) => (right - left) * (bottom - top);
    return (
      this.words.find(hit) ??
      Object.values(this.engines)
        .flatMap((words) => words.filter(hit))
        .sort((a, b) => size(a) - size(b))[0]
    );
  }

  // --- the question and its answers -------------------------------------------------------

  /** Say what is known in the box; a word is taken as it is, anything larger is read anew. */
  async ask(box, isWord) {
    const { viewer } = this;
    if (!viewer.field) return;
    const asked = (this.asked += 1);
    const { document } = viewer.sheet;
    const page = viewer.number;
    const readings = new Map(Object.entries(this.engines).map(([engine, words]) => [engine, textIn(words, box)]));
    const tell = (more) => this.answer({ document, page, box, candidates: candidates(readings), take: false, waits: false, wrong: "", ...more });
    const taken = isWord && candidates(readings).length > 0;
    tell({ take: taken, waits: !taken });
    if (taken) return;
    let wrong = "";
    try {
      wrong = await this.reach.read(document, page, box, ({ engine, text }) => {
        readings.set(engine, text);
        if (asked === this.asked) tell({ waits: true });
      });
    } catch {
      wrong = this.speak("point_failed");
    }
    if (asked === this.asked) tell({ wrong });
  }
}

/** Let the desk take what is pointed at. A notebook says in `desk.reach` where its pages are read. */
export function install(desk) {
  const { viewer, keys } = desk;
  const { pointing } = viewer;
  if (desk.reach === null) return;
  const scan = { group: "scan" };
  keys.add({ id: "point", keys: ["b"], words: "map_point", act: () => pointing.toggle(), ...scan });
  pointing.begin({
    reach: desk.reach ?? overHttp,
    answer({ document, page, box, candidates: said, take, waits, wrong }) {
      const { sheet, field } = desk;
      if (sheet?.document !== document || !field) return;
      if (desk.editing) desk.endEdit(true);
      sheet.point(field.name, { page, box, candidates: said });
      if (take) desk.act(said[0].text === field.proposed ? "accept" : "candidate", said[0].text);
      desk.refresh();
      const words = { reading: "point_reading", nothing: "point_nothing", choose: "point_choose", taken: "point_taken" };
      const state = take ? "taken" : waits ? "reading" : said.length ? "choose" : "nothing";
      desk.panel.say(wrong || desk.speak(words[state]), Boolean(wrong) || state === "nothing");
    },
  });
  // Before the desk's own keys: while words are walked through, Enter and Esc mean them.
  desk.stage.addEventListener(
    "keydown",
    (event) => {
      if (event.isComposing || event.keyCode === 229 || desk.editing || desk.dialog || desk.mode) return;
      if (!pointing.key(chord(event))) return;
      event.preventDefault();
      event.stopPropagation();
      desk.tick(true);
    },
    true,
  );
}

/** What an engine's words inside `box` say, in its order. */
export function textIn(words, box) {
  const [left, top, right, bottom] = box;
  const inside = words.filter(([, l, t, r, b]) => {
    const middle = (t + b) / 2;
    const shared = Math.min(r, right) - Math.max(l, left);
    return middle >= top && middle <= bottom && shared >= 0.5 * (r - l);
  });
  return inside.map(([text]) => text).join(" ");
}

/** Readings as candidates: each text once, most voices first, a text that only lacks marks last. */
export function candidates(readings) {
  const voices = new Map();
  for (const [engine, said] of readings) {
    const text = said.normalize("NFC").replace(/\s+/g, " ").replace(EDGES, "");
    if (!text) continue;
    const voice = voices.get(text) ?? { text, engines: [], bare: false };
    voice.engines.push(engine);
    voices.set(text, voice);
  }
  const all = [...voices.values()];
  const marked = new Set(all.filter(({ text }) => bare(text) !== text).map(({ text }) => bare(text).toLowerCase()));
  for (const voice of all) voice.bare = bare(voice.text) === voice.text && marked.has(voice.text.toLowerCase());
  return all.sort((a, b) => a.bare - b.bare || b.engines.length - a.engines.length).slice(0, CANDIDATES);
}

function bare(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").replace(/đ/g, "d").replace(/Đ/g, "D");
}

function between([x0, y0], [x1, y1]) {
  return [Math.min(x0, x1), Math.min(y0, y1), Math.max(x0, x1), Math.max(y0, y1)];
}

function around(words) {
  return [
    Math.min(...words.map((w) => w[1])),
    Math.min(...words.map((w) => w[2])),
    Math.max(...words.map((w) => w[3])),
    Math.max(...words.map((w) => w[4])),
  ];
}
