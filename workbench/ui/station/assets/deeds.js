// The keys of the desk itself. What a deed is, and how another module adds its own, stands in keys.js.

/** Give the desk its own keys. */
export function install(desk) {
  const { keys } = desk;
  const add = (id, chords, words, act, more = {}) => keys.add({ id, keys: chords, words, act, ...more });
  const typing = { typing: true, fixed: true, group: "typing" };
  const field = { group: "field" };
  const paper = { group: "document" };
  const scan = { group: "scan" };

  add("accept", ["Enter"], "map_enter", () => desk.accept(), { ...field, fixed: true });
  add("back", ["Shift+Enter"], "map_back", () => desk.go(desk.sheet.before(desk.name) ?? undefined), field);
  add("next", ["Tab"], "map_tab", () => desk.step(1), { ...field, fixed: true, repeats: true });
  add("previous", ["Shift+Tab"], "map_tab", () => desk.step(-1), { ...field, fixed: true, repeats: true });
  for (const n of [1, 2, 3, 4]) add(`take${n}`, [String(n)], "map_digits", () => desk.candidate(n), field);
  add("edit", ["F2"], "map_edit", () => desk.edit(), field);
  add("illegible", ["x"], "map_illegible", () => desk.illegible(), field);
  add("absent", ["0"], "map_absent", () => desk.absent(), field);

  add("turn_on", ["Alt+ArrowDown"], "map_syllable", () => desk.turnSyllable(1), { ...field, typing: "also", repeats: true });
  add("turn_back", ["Alt+ArrowUp"], "map_syllable", () => desk.turnSyllable(-1), { ...field, typing: "also", repeats: true });
  add("syllable_after", ["ArrowRight"], "map_syllable_move", () => desk.moveSyllable(1), { ...field, repeats: true });
  add("syllable_before", ["ArrowLeft"], "map_syllable_move", () => desk.moveSyllable(-1), { ...field, repeats: true });

  add("pass", ["Ctrl+Enter"], "map_pass", () => desk.pass(), paper);
  add("undo", ["Ctrl+z"], "map_undo", () => desk.undo(), { ...paper, always: true });
  add("redo", ["Ctrl+y", "Ctrl+Shift+z"], "map_redo", () => desk.redo(), paper);
  add("postpone", ["p"], "map_postpone", () => desk.postpone(), paper);
  add("escalate", ["l"], "map_escalate", () => desk.escalate(), paper);

  add("context", ["g"], "map_context", () => (desk.clock.context(), desk.viewer.toggleContext()), scan);
  add("page_after", ["PageDown"], "map_pages", () => desk.viewer.turnTo(desk.viewer.number + 1), scan);
  add("page_before", ["PageUp"], "map_pages", () => desk.viewer.turnTo(desk.viewer.number - 1), scan);
  add("larger", ["+", "="], "map_zoom", () => desk.viewer.zoomBy(1.25), { ...scan, repeats: true });
  add("smaller", ["-"], "map_zoom", () => desk.viewer.zoomBy(0.8), { ...scan, repeats: true });

  add("help", ["?"], "map_help", () => desk.showKeys(), { where: "*", always: true });
  add("dismiss", ["Escape"], "map_dismiss", () => desk.panel.warn(""), { fixed: true });

  desk.onExtra("keys", (wish) => desk.wish(wish));
  desk.onExtra("day", (day) => (desk.day = day));
  desk.onExtra("idle", (minutes) => (desk.idleMinutes = minutes));
  desk.onExtra("answers", (answers) => desk.hearAnswers(answers));
  desk.onExtra("taken_back", (document) => document && desk.broughtBack(document));

  add("keep", ["Enter"], "map_keep", () => (desk.endEdit(true), desk.onward()), typing);
  add("keep_back", ["Shift+Enter"], "map_keep_back", () => (desk.endEdit(true), desk.go(desk.sheet.before(desk.name))), typing);
  add("keep_pass", ["Ctrl+Enter"], "map_pass", () => (desk.endEdit(true), desk.pass()), typing);
  add("keep_next", ["Tab"], "map_keep_tab", () => (desk.endEdit(true), desk.step(1)), typing);
  add("keep_previous", ["Shift+Tab"], "map_keep_tab", () => (desk.endEdit(true), desk.step(-1)), typing);
  add("restore", ["Escape"], "map_restore", () => desk.endEdit(false), typing);
}
