// The two things that are asked or shown on top: why a rescan is needed, and what the keys do.

const release = new URL(import.meta.url).search;
const { h } = await import(`./dom.js${release}`);
const { chord, isOwned, written } = await import(`./keys.js${release}`);

const RESCAN = ["rescan_blurred", "rescan_cut", "rescan_missing"];
const ASKED = ["escalate_unsure", "escalate_form", "escalate_secret"];

/** Ask why a document must be scanned again; `done(reason)` gets the words, or null when it was called off. */
export function askRescan(place, speak, done) {
  return ask(place, speak, done, { title: "rescan_title", why: "rescan_why", reasons: RESCAN, go: "rescan_do" });
}

/** Ask what an approver or a manager shall decide; `done` as above. */
export function askReason(place, speak, done) {
  return ask(place, speak, done, { title: "escalate_title", why: "escalate_why", reasons: ASKED, go: "escalate_do" });
}

function ask(place, speak, done, { title, why, reasons, go }) {
  const other = h("textarea", { rows: "2", "aria-label": speak("rescan_other") });
  const missing = h("p.missing", { role: "alert" });
  const choices = [...reasons, "rescan_other"].map((name, i) =>
    h("label", {}, h("input", { type: "radio", name: "why", value: name, checked: i === 0 }), speak(name)),
  );
  const form = h(
    "form",
    { method: "dialog" },
    h("h3", {}, speak(title)),
    h("p", {}, speak(why)),
    ...choices,
    other,
    missing,
    h(
      "div.answers",
      {},
      h("button.ghost", { type: "button", onclick: () => finish(null) }, speak("cancel")),
      h("button.main", { type: "submit" }, speak(go)),
    ),
  );
  const dialog = h("dialog", {}, form);
  const finish = (reason) => {
    dialog.close();
    dialog.remove();
    done(reason);
  };
  const picked = () => form.querySelector("input:checked").value;
  other.addEventListener("focus", () => (choices.at(-1).firstChild.checked = true));
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    finish(null);
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Enter" && !event.shiftKey && event.target === other) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const typed = other.value.normalize("NFC").trim();
    if (picked() !== "rescan_other") return finish(speak(picked()));
    if (typed) return finish(typed);
    missing.textContent = speak("reason_needed");
    other.focus();
  });
  place.append(dialog);
  dialog.showModal();
  choices[0].firstChild.focus();
  return dialog;
}

const GROUPS = ["field", "document", "typing", "scan", "desk"];

/** Show the map of keys, `lines` as the registry gives them; any key puts it away, `bind()`, where it is given, changes them. */
export function showMap(place, speak, lines, { done, bind }) {
  const groups = [...GROUPS, ...new Set(lines.map((line) => line.group).filter((group) => !GROUPS.includes(group)))];
  const close = () => dialog.close();
  const part = (group, its) =>
    h(
      "section",
      {},
      h("h4", {}, speak(`map_group_${group}`)),
      h("dl", {}, ...its.flatMap(({ chords, words }) => [h("dt", {}, ...chords.map(cap)), h("dd", {}, speak(words))])),
    );
  const parts = groups.map((group) => [group, lines.filter((line) => line.group === group && line.chords.length)]);
  const dialog = h(
    "dialog.map",
    { tabindex: "-1" },
    h("h3", {}, speak("map")),
    h("div.groups", {}, ...parts.filter(([, its]) => its.length).map(([group, its]) => part(group, its))),
    h(
      "div.answers",
      {},
      bind ? h("button.ghost.bind", { type: "button", onclick: () => ((binds = true), close()) }, speak("bind")) : null,
      h("button.main", { type: "button", onclick: close }, speak("close")),
    ),
  );
  let binds = false;
  dialog.addEventListener("close", () => {
    dialog.remove();
    done();
    if (binds) bind();
  });
  dialog.addEventListener("keydown", (event) => {
    const forButton = event.composedPath()[0] !== dialog && ["Enter", " "].includes(event.key);
    if (["Shift", "Control", "Alt", "Meta", "Tab"].includes(event.key) || forButton) return;
    event.preventDefault();
    dialog.close();
  });
  place.append(dialog);
  dialog.showModal();
  dialog.focus({ preventScroll: true }); // on none of the buttons: any key puts it away
  return dialog;
}

function cap(pressed) {
  return h("kbd", {}, written(pressed).join(" "));
}

/** Let the person bind other keys: press the key that a deed shall have. `keep({keys, characters})` at the end. */
export function bindKeys(place, speak, keys, { done, keep }) {
  const before = { keys: keys.wishes, characters: keys.characters };
  const deeds = [...keys.deeds].filter(([, deed]) => !deed.fixed && deed.typing !== true);
  const said = h("p.missing", { role: "status" });
  const list = h("div.bindings", { role: "list" });
  const letters = h("input", { type: "checkbox", checked: keys.characters });
  letters.addEventListener("change", () => (keys.wish({ keys: keys.wishes, characters: letters.checked }), draw()));
  let asked = null; // the deed that waits for its key
  const row = ([id, deed]) => {
    const shown = asked === id ? [speak("press_key")] : keys.of(id).length ? keys.of(id).map(cap) : ["—"];
    const given = { type: "button", onclick: () => ((asked = id), draw(id)), data: { deed: id } };
    const which = /\d$/.test(id) ? ` ${id.at(-1)}` : "";
    return h("div.binding", { role: "listitem" }, h("span", {}, speak(deed.words) + which), h(`button.ghost${asked === id ? ".asked" : ""}`, given, ...shown));
  };
  const draw = (at) => {
    list.replaceChildren(...deeds.map(row));
    if (at) list.querySelector(`[data-deed="${at}"]`)?.focus();
  };
  const finish = (wish) => {
    keys.wish(wish);
    dialog.close();
    dialog.remove();
    done();
  };
  const commit = () => {
    const wish = { keys: keys.wishes, characters: keys.characters };
    finish(wish);
    keep(wish);
  };
  const reset = () => {
    keys.wish({});
    letters.checked = true;
    asked = null;
    draw();
  };
  const answer = (what, onclick, words) => h(`button.${what}`, { type: "button", onclick }, speak(words));
  const dialog = h(
    "dialog.map",
    {},
    h("h3", {}, speak("bind")),
    h("p", {}, speak("bind_how")),
    h("label", {}, letters, speak("characters")),
    list,
    said,
    h("div.answers", {}, answer("ghost", reset, "bind_reset"), answer("ghost", () => finish(before), "cancel"), answer("main", commit, "commit")),
  );
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    if (asked === null) return finish(before);
    asked = null;
    draw();
  });
  dialog.addEventListener("keydown", (event) => {
    if (asked === null || event.isComposing || event.keyCode === 229 || event.key === "Escape") return;
    const pressed = chord(event);
    event.preventDefault();
    event.stopPropagation();
    if (!pressed) return;
    const key = written(pressed).join(" ");
    const rival = keys.rival(asked, pressed);
    if (isOwned(pressed)) said.textContent = speak("key_owned", { key });
    else if (rival) said.textContent = speak("key_taken", { key, deed: speak(keys.deeds.get(rival).words) });
    else {
      keys.wish({ keys: { ...keys.wishes, [asked]: [pressed] }, characters: keys.characters });
      said.textContent = "";
      const at = asked;
      asked = null;
      draw(at);
    }
  });
  draw();
  place.append(dialog);
  dialog.showModal();
  return dialog;
}
