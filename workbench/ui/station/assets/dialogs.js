// The two things that are asked or shown on top: why a rescan is needed, and what the keys do.

const release = new URL(import.meta.url).search;
const { h } = await import(`./dom.js${release}`);

const REASONS = ["rescan_blurred", "rescan_cut", "rescan_missing"];

const MAP = [
  [["↵"], "map_enter"],
  [["Shift ↵"], "map_back"],
  [["Tab", "Shift Tab"], "map_tab"],
  [["1", "2", "3", "4"], "map_digits"],
  [["F2"], "map_edit"],
  [["X"], "map_illegible"],
  [["0"], "map_absent"],
  [["Ctrl ↵"], "map_pass"],
  [["Ctrl Z"], "map_undo"],
  [["G"], "map_context"],
  [["PgUp", "PgDn"], "map_pages"],
  [["+", "−"], "map_zoom"],
  [["?"], "map_help"],
];

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

/** Show the map of keys; any key puts it away. */
export function showMap(place, speak, done) {
  const dialog = h(
    "dialog.map",
    {},
    h("h3", {}, speak("map")),
    h(
      "dl",
      {},
      ...MAP.flatMap(([keys, words]) => [
        h("dt", {}, ...keys.map((key) => h("kbd", {}, key))),
        h("dd", {}, speak(words)),
      ]),
    ),
    h("div.answers", {}, h("button.main", { type: "button", onclick: () => dialog.close() }, speak("close"))),
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
