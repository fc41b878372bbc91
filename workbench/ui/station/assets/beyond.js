// What reaches beyond the document in hand: what was read alike in its batch, remarks, the page's text.

const release = new URL(import.meta.url).search;
const { h, button, sign } = await import(`./dom.js${release}`);

export function install(desk) {
  const { keys, panel, speak } = desk;
  const alike = h("div.alike", { role: "status", hidden: true });
  panel.alert.after(alike);
  let found = null; // {act, document, n}: what the server found read alike
  const told = new Map(); // document -> its remarks, as the server told them since

  const see = () => {
    if (!found) return false;
    location.assign(`/carpet?like=${encodeURIComponent(found.act)}`);
    return true;
  };

  desk.onExtra("alike", (given) => {
    if (given === undefined || JSON.stringify(given) === JSON.stringify(found)) return;
    found = given;
    alike.hidden = !found;
    if (!found) return;
    alike.replaceChildren(
      sign("candidate"),
      h("span", {}, speak("alike", { n: found.n })),
      button("ghost", see, speak("alike_see"), h("kbd", {}, keys.label("alike"))),
    );
  });

  desk.onExtra("remarks", (given) => {
    for (const [document, threads] of Object.entries(given ?? {})) told.set(document, threads);
    draw();
  });

  // --- remarks ----------------------------------------------------------------------------

  const count = button("ghost.remarks", () => remark(), "");
  panel.alert.before(count);

  const threads = () => told.get(desk.document) ?? desk.sheet?.given.remarks ?? [];

  function draw() {
    const open = threads().filter((thread) => !thread.answered).length;
    count.hidden = !open;
    count.replaceChildren(speak("remarks_open", { n: open }), h("kbd", {}, keys.label("remark")));
  }

  // The panel draws itself whenever the document changes: what stands in it follows.
  const show = panel.show.bind(panel);
  panel.show = (given) => {
    show(given);
    draw();
  };

  function remark() {
    if (!desk.sheet || desk.editing) return;
    desk.openDialog((place, done) => askRemark(place, desk, threads(), done));
  }

  keys.add({ id: "alike", keys: ["m"], words: "map_alike", group: "beyond", act: see });
  keys.add({ id: "remark", keys: ["c"], words: "map_remark", group: "beyond", act: remark });
  keys.add({
    id: "text",
    keys: ["w"],
    words: "map_text",
    group: "beyond",
    act: () => {
      if (!desk.document) return false;
      location.assign(`/text?document=${encodeURIComponent(desk.document)}&page=${desk.viewer.number ?? 0}`);
      return true;
    },
  });
}

/** Show what was remarked and ask for another remark, or an answer. */
function askRemark(place, desk, threads, done) {
  const { speak, sheet, field } = desk;
  const label = (name) => sheet.byName.get(name)?.label ?? speak("remark_document");
  const option = (value, words) => h("option", { value }, words);
  const about = h(
    "select",
    { "aria-label": speak("remark_on") },
    ...(field ? [option(`on ${field.name}`, field.label)] : []),
    option("on ", speak("remark_document")),
    ...threads.map((thread) => option(`to ${thread.id}`, speak("remark_answer", { text: thread.said[0].text.slice(0, 60) }))),
  );
  const text = h("textarea", { rows: "3", "aria-label": speak("remark_text"), placeholder: speak("remark_text") });
  const difficulty = h("input", { type: "checkbox" });
  const tick = h("label", {}, difficulty, speak("remark_difficulty"));
  const missing = h("p.missing", { role: "alert" });
  about.addEventListener("change", () => (tick.hidden = about.value.startsWith("to ")));
  const said = threads.map((thread) =>
    h(
      "li",
      {},
      h("b", {}, label(thread.field)),
      thread.answered ? h("small", {}, speak("remark_answered")) : null,
      ...thread.said.map(({ text: words, by }) => h("p", {}, h("i", {}, by), " ", words)),
    ),
  );
  const finish = () => {
    dialog.close();
    dialog.remove();
    done();
  };
  const form = h(
    "form",
    { method: "dialog" },
    h("h3", {}, speak("remark_title")),
    said.length ? h("ul.said", {}, ...said) : h("p", {}, speak("remark_none")),
    h("label", {}, speak("remark_on"), about),
    text,
    tick,
    missing,
    h(
      "div.answers",
      {},
      h("button.ghost", { type: "button", onclick: finish }, speak("cancel")),
      h("button.main", { type: "submit" }, speak("remark_do"), h("kbd", {}, "↵")),
    ),
  );
  const dialog = h("dialog.remark", {}, form);
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    finish();
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Enter" && !event.shiftKey && event.target === text) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const words = text.value.normalize("NFC").trim();
    if (!words) {
      missing.textContent = speak("remark_empty");
      return text.focus();
    }
    const [how, which] = [about.value.slice(0, 2), about.value.slice(3)];
    desk.send({
      what: "comment",
      document: sheet.document,
      field: how === "on" ? which : "",
      text: words,
      difficulty: how === "on" && difficulty.checked,
      answers: how === "to" ? which : "",
    });
    return finish();
  });
  place.append(dialog);
  dialog.showModal();
  text.focus();
  return dialog;
}
