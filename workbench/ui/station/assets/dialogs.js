// The two things that are asked or shown on top: why a rescan is needed, and what the keys do.

const release = new URL(import.meta.url).search;
const { h } = await import(`./dom.js${release}`);
const { written } = await import(`./keys.js${release}`);

const REASONS = ["rescan_blurred", "rescan_cut", "rescan_missing"];

/** Ask why; `done(reason)` gets the words, or null when it was called off. */
export function askReason(place, speak, done) {
  const other = h("textarea", { rows: "2", "aria-label": speak("rescan_other") });
  const missing = h("p.missing", { role: "alert" });
  const choices = [...REASONS, "rescan_other"].map((name, i) =>
    h("label", {}, h("input", { type: "radio", name: "why", value: name, checked: i === 0 }), speak(name)),
  );
  const form = h(
    "form",
    { method: "dialog" },
    h("h3", {}, speak("rescan_title")),
    h("p", {}, speak("rescan_why")),
    ...choices,
    other,
    missing,
    h(
      "div.answers",
      {},
      h("button.ghost", { type: "button", onclick: () => finish(null) }, speak("cancel")),
      h("button.main", { type: "submit" }, speak("rescan_do")),
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

/** Show the map of keys, `lines` as the registry gives them; any key puts it away. */
export function showMap(place, speak, lines, done) {
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
    {},
    h("h3", {}, speak("map")),
    h("div.groups", {}, ...parts.filter(([, its]) => its.length).map(([group, its]) => part(group, its))),
    h("div.answers", {}, h("button.main", { type: "button", onclick: close }, speak("close"))),
  );
  dialog.addEventListener("close", () => {
    dialog.remove();
    done();
  });
  dialog.addEventListener("keydown", (event) => {
    if (["Shift", "Control", "Alt", "Meta", "Tab", "Enter", " "].includes(event.key)) return;
    event.preventDefault();
    dialog.close();
  });
  place.append(dialog);
  dialog.showModal();
  return dialog;
}

function cap(pressed) {
  return h("kbd", {}, written(pressed).join(" "));
}
