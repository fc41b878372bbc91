// Which key does what: one registry for the desk, its map of keys and what a person binds differently.
//
// A deed      {id, keys: [chord…], words, act(desk, event), where, typing, group, repeats, always}
//   chord     "x", "F2", "Ctrl+z", "Ctrl+Shift+z", "Alt+ArrowUp"; Cmd counts as Ctrl
//   words     the phrase that says in the map what it does; deeds with the same words share a line
//   where     "desk" (the default), the name of a mode, or "*" for everywhere
//   typing    false (the default): outside text fields; true: inside them; "also": both
//   group     what it stands under in the map: "field", "document", "scan", "desk"
//   repeats   a key held down counts again and again
//   always    also when no document lies on the desk
//   fixed     cannot be bound differently
// `act` returns false when the key was not for it after all; the browser then does what it does.

const MODIFIERS = new Set(["Shift", "Control", "Alt", "Meta", "AltGraph", "CapsLock", "NumLock"]);

// What a browser, an office computer or a Vietnamese input method keeps for itself.
const OWNED = [
  /^Ctrl\+(Shift\+)?[a-x]$/, /^Ctrl\+(Shift\+)?\d$/, /^Ctrl\+(Shift\+)?[-+=0 ]$/,
  /^Ctrl\+(Shift\+)?(Tab|PageUp|PageDown|F4|F5|Escape|Delete|Insert|Home|End|Backspace)$/,
  /^(Ctrl\+)?(Shift\+)?F(1|3|5|6|7|10|11|12)$/, /^Alt\+(Shift\+)?[a-z0-9 ]$/, /^Ctrl\+Alt\+/,
  /^Alt\+(Shift\+)?(F4|Tab|ArrowLeft|ArrowRight|Home|Enter|Escape|Backspace)$/,
  /^(Shift\+)?(Backspace|Delete|Insert| |Process|Dead|Unidentified|ContextMenu|Home|End)$/,
]; // prettier-ignore

const SIGNS = {
  Enter: "↵", Escape: "Esc", ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→",
  PageUp: "PgUp", PageDown: "PgDn", "-": "−",
}; // prettier-ignore

/** What a key press is called; "" for a modifier alone. */
export function chord(event) {
  const { key, code } = event;
  if (MODIFIERS.has(key)) return "";
  const control = event.ctrlKey || event.metaKey;
  // The Vietnamese keyboard of Windows has ă â ê ô where others have digits.
  const digit = !control && !event.altKey && !event.shiftKey && key.length === 1 && /^(?:Digit|Numpad)([0-4])$/.exec(code)?.[1];
  if (digit) return digit;
  const plain = key.length === 1;
  const name = plain ? key.toLowerCase() : key;
  const shift = event.shiftKey && (!plain || control || event.altKey);
  return `${control ? "Ctrl+" : ""}${event.altKey ? "Alt+" : ""}${shift ? "Shift+" : ""}${name}`;
}

/** Whether somebody else owns a key, so that it must not be bound. */
export function isOwned(pressed) {
  return OWNED.some((pattern) => pattern.test(pressed));
}

/** Whether a key is one character without a modifier (WCAG 2.1.4). */
export function isCharacter(pressed) {
  return pressed.length === 1;
}

/** A chord as people write it: ["Ctrl", "↵"]. */
export function written(pressed) {
  const parts = pressed === "+" ? ["+"] : pressed.split(/\+(?=.)/);
  return parts.map((part) => SIGNS[part] ?? (part.length === 1 ? part.toUpperCase() : part));
}

export class Keys {
  constructor() {
    this.deeds = new Map(); // id -> deed
    this.wishes = {}; // id -> chords, where the person wants other keys
    this.characters = true; // whether keys of one character are heard
  }

  add(deed) {
    this.deeds.set(deed.id, { where: "desk", typing: false, group: "desk", ...deed });
    this.table = null;
  }

  /** Hear the person's own keys; what no deed or a foreign owner has is left out. */
  wish({ keys = {}, characters = true } = {}) {
    this.wishes = {};
    for (const [id, chords] of Object.entries(keys)) {
      const fits = this.deeds.has(id) && !this.deeds.get(id).fixed && Array.isArray(chords);
      if (fits) this.wishes[id] = chords.filter((pressed) => typeof pressed === "string" && !isOwned(pressed));
    }
    this.characters = characters;
    this.table = null;
  }

  /** The keys of a deed as they are bound now. */
  of(id) {
    const deed = this.deeds.get(id);
    const chords = this.wishes[id] ?? deed?.keys ?? [];
    return chords.filter((pressed) => this.characters || !isCharacter(pressed) || deed.typing === true);
  }

  /** The first key of a deed in one word, for buttons: "Ctrl ↵"; "" when it has none. */
  label(id) {
    const [first] = this.of(id);
    return first ? written(first).join(" ") : "";
  }

  /** The deed that a key stands for in `mode` ("desk" where there is none), or undefined. */
  find(pressed, { mode, typing }) {
    this.table ??= this.lay();
    const heard = (this.table.get(pressed) ?? []).filter(
      (deed) => (deed.typing === "also" || deed.typing === typing) && [mode, "*"].includes(deed.where),
    );
    return heard.find((deed) => deed.where === mode) ?? heard[0];
  }

  lay() {
    const table = new Map();
    for (const [id, deed] of this.deeds)
      for (const pressed of this.of(id)) table.set(pressed, [...(table.get(pressed) ?? []), deed]);
    return table;
  }

  /** The deed that already has a key where `id` would be heard too. */
  rival(id, pressed) {
    const { where, typing } = this.deeds.get(id);
    const meets = (deed) =>
      (deed.where === where || deed.where === "*" || where === "*") &&
      (deed.typing === typing || deed.typing === "also" || typing === "also");
    for (const [other, deed] of this.deeds) if (other !== id && meets(deed) && this.of(other).includes(pressed)) return other;
    return null;
  }

  /** The lines of the map for a mode: [{group, words, chords, ids}…], complete. */
  lines(mode) {
    const lines = new Map();
    for (const [id, deed] of this.deeds) {
      if (![mode, "*"].includes(deed.where)) continue;
      const line = lines.get(deed.words) ?? { group: deed.group, words: deed.words, chords: [], ids: [] };
      line.chords.push(...this.of(id).filter((pressed) => !line.chords.includes(pressed)));
      line.ids.push(id);
      lines.set(deed.words, line);
    }
    return [...lines.values()];
  }
}
