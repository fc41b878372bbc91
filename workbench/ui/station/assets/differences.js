// Where the engines differ: one line for each field they read differently, what they agree on is left out.

const release = new URL(import.meta.url).search;
const { h, button, sign } = await import(`./dom.js${release}`);
const { differences } = await import(`./sheet.js${release}`);

const NAME = "differences";

/** Give the desk its list of differences; it opens beside the scan. */
export function install(desk) {
  const list = h("div.differences", { tabindex: "-1" });
  const title = h("h3");
  const away = button("ghost", () => desk.leaveMode());
  const element = h("section.panel.aside", {}, h("header.head", {}, title, away), list);
  const mode = { name: NAME, element, beside: true, open, refresh, focus: element };
  element.tabIndex = -1;
  element.addEventListener("mousedown", (event) => event.preventDefault()); // keeps the focus
  desk.addMode(mode);

  const { keys } = desk;
  const add = (id, chords, words, act, more = {}) => keys.add({ id, keys: chords, words, act, group: "field", ...more });
  const here = { where: NAME };
  add("differences", ["d"], "map_differences", () => (desk.clock.context(), desk.enter(NAME)), { group: "document" });
  add("differences_close", ["d", "Escape"], "map_differences_close", () => desk.leaveMode(), here);
  add("differences_after", ["ArrowDown", "Enter"], "map_differences_walk", () => walk(1), { ...here, repeats: true });
  add("differences_before", ["ArrowUp", "Shift+Enter"], "map_differences_walk", () => walk(-1), { ...here, repeats: true });
  for (const n of [1, 2, 3, 4]) add(`differences_take${n}`, [String(n)], "map_digits", () => take(n), here);

  /** The fields that engines read differently; a reading that only lacks the marks does not count. */
  function disputed() {
    return (desk.sheet?.order ?? []).filter((field) => field.candidates.filter((c) => !c.bare).length > 1);
  }

  function open() {
    const all = disputed();
    if (!all.some((field) => field.name === desk.name)) desk.go(all[0]?.name);
  }

  function walk(step) {
    const all = disputed();
    const at = all.findIndex((field) => field.name === desk.name);
    desk.go(all[Math.min(all.length - 1, Math.max(0, at + step))]?.name);
  }

  function take(number) {
    const { name } = desk;
    const before = desk.field?.candidates[number - 1];
    if (!before) return;
    desk.set(before.text, "candidate");
    desk.name = name;
    walk(1);
    desk.refresh();
  }

  function refresh() {
    const { speak } = desk;
    const all = disputed();
    title.textContent = speak("differences");
    away.replaceChildren(speak("close"), h("kbd", {}, "Esc"));
    element.setAttribute("aria-label", speak("differences"));
    if (!all.length) return list.replaceChildren(h("p.none", {}, speak("differences_none")));
    list.replaceChildren(...all.map((field) => entry(field)));
    list.querySelector(".active")?.scrollIntoView({ block: "nearest" });
  }

  function entry(field) {
    const active = field.name === desk.name;
    const shown = field.candidates.filter((c) => !c.bare);
    return h(
      `article.difference${active ? ".active" : ""}`,
      { data: { field: field.name }, "aria-current": active ? "true" : null, onclick: () => desk.byHand("go", field.name) },
      h("h4", {}, sign(field.state), field.label),
      h("ol", {}, ...field.candidates.map((c, i) => (c.bare ? null : reading(field, c, i, shown))).filter(Boolean)),
    );
  }

  function reading(field, candidate, i, shown) {
    const others = shown.filter((c) => c !== candidate).map((c) => c.text);
    const cuts = others.map((other) => differences(candidate.text, other));
    const text = differences(candidate.text, candidate.text).map(([piece], n) =>
      cuts.some((cut) => cut[n][1]) ? h("em", {}, piece) : piece,
    );
    const stands = field.act !== null && candidate.text === field.value;
    return h(
      `li${stands ? ".chosen" : ""}`,
      { onclick: () => field.name === desk.name && (desk.tick(false), take(i + 1)) },
      h("kbd", {}, String(i + 1)),
      h("span.text", {}, ...text),
      h("span.engines", {}, candidate.engines.join(" · ")),
    );
  }
}
