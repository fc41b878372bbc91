// The keys of the drawing board. What a deed is stands in keys.js.

const FINE = 0.2; // mm
const COARSE = 1;
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export function install(room) {
  const { keys } = room;
  const add = (id, chords, words, act, more = {}) => keys.add({ id, keys: chords, words, act, ...more });
  const zone = { group: "zone" };
  const text = { group: "words" };
  const scan = { group: "scan" };
  const whole = { group: "board" };
  const ghost = { group: "proposals" };
  const held = (options) => ({ ...options, repeats: true });
  const inWords = () => room.picking || room.phrase;

  add("next", ["Tab"], "key_tab", () => room.step(1), held(zone));
  add("previous", ["Shift+Tab"], "key_tab", () => room.step(-1), held(zone));
  add("properties", ["Enter", "F2"], "key_properties", () => enter(room), zone);
  for (const [key, [dx, dy]] of Object.entries(WAYS)) {
    const walk = dx ? () => room.walkWords(dx, false) : () => room.walkLines(dy);
    const reach = dx ? () => room.walkWords(dx, true) : () => room.walkLines(dy);
    add(`move${key}`, [key], "key_move", () => (inWords() ? walk() : room.nudge(COARSE * dx, COARSE * dy, false)), held(zone));
    add(`fine${key}`, [`Shift+${key}`], "key_fine", () => (inWords() ? reach() : room.nudge(FINE * dx, FINE * dy, false)), held(zone));
    add(`size${key}`, [`Ctrl+${key}`], "key_size", () => room.nudge(COARSE * dx, COARSE * dy, true), held(zone));
    add(`sizefine${key}`, [`Ctrl+Shift+${key}`], "key_size_fine", () => room.nudge(FINE * dx, FINE * dy, true), held(zone));
  }
  add("new", ["n"], "key_new", () => room.newZone(), zone);
  add("copy", ["c", "Ctrl+d"], "key_copy", () => room.copy(), zone);
  add("remove", ["Delete", "Backspace"], "key_remove", () => room.remove(), zone);
  add("read", ["s"], "key_read", () => room.readAgain(), zone);

  add("words", ["w"], "key_words", () => room.togglePicking(), text);
  add("anchor", ["a"], "key_anchor", () => room.makeAnchor(), text);
  add("recognised", ["r"], "key_recognised", () => room.makeRecognised(), text);
  add("label", ["v"], "key_label", () => room.makeField(), text);
  add("until", ["u"], "key_until", () => room.makeUntil(), text);
  add("column", ["h"], "key_column", () => room.makeColumn(), text);

  for (const n of [1, 2, 3, 4, 5]) add(`scan${n}`, [String(n)], "key_scan", () => room.turnScan(n - 1), scan);
  add("page_after", ["PageDown"], "key_pages", () => room.turnPage(room.page + 1), scan);
  add("page_before", ["PageUp"], "key_pages", () => room.turnPage(room.page - 1), scan);
  add("larger", ["+", "="], "key_larger", () => room.board.zoomBy(1.25), held(scan));
  add("smaller", ["-"], "key_smaller", () => room.board.zoomBy(0.8), held(scan));
  add("page", ["0"], "key_whole", () => room.board.fit("page"), scan);
  add("width", ["9"], "key_width", () => room.board.fit("width"), scan);

  add("propose", ["p"], "key_propose", () => room.propose(), ghost);
  add("accept_all", ["Ctrl+Enter"], "key_accept_all", () => room.acceptAll(), ghost);

  const anywhere = { ...whole, typing: "also" };
  add("undo", ["Ctrl+z"], "key_undo", () => room.undo(), held(whole));
  add("redo", ["Ctrl+y", "Ctrl+Shift+z"], "key_redo", () => room.redo(), held(whole));
  add("help", ["?", "F1"], "key_help", () => room.showKeys(), whole);
  add("help_typing", ["F1"], "key_help", () => room.showKeys(), { ...whole, typing: true });
  add("over", ["F6"], "key_over", () => over(room), anywhere);
  add("text", ["t"], "key_text", () => (room.panel.turn("text"), room.panel.focus("text")), whole);
  add("leave", ["Escape"], "key_escape", () => leave(room), anywhere);
}

/** Enter takes a proposal or what was picked; else it goes to what is known of the thing. */
function enter(room) {
  if (room.selected?.startsWith("ghost:")) return room.accept(Number(room.selected.slice(6)));
  if (room.phrase) return room.makeAnchor();
  room.panel.turn(room.selected ? "thing" : room.panel.tab);
  return room.panel.focus();
}

function over(room) {
  const { activeElement } = room.place.host ? room.place : document;
  return room.panel.element.contains(activeElement) ? room.focus() : room.panel.focus();
}

/** One step out: of a text field, of what was picked, of what is chosen. */
function leave(room) {
  const { activeElement } = room.place.host ? room.place : document;
  if (room.panel.element.contains(activeElement)) return room.focus();
  if (room.phrase) {
    room.phrase = null;
    room.panel.draw();
    return room.board.draw();
  }
  if (room.picking) return room.togglePicking(false);
  if (room.selected) return room.select(null);
  return false;
}
