// Errors that stand in the way of passing a document on: mended in their fields, or let pass with a reason.

const release = new URL(import.meta.url).search;
const { h, button, sign } = await import(`./dom.js${release}`);

export function install(desk) {
  const { keys, panel, speak } = desk;
  const told = new Map(); // document -> {errors, passed} as the server told since
  const bar = h("div.errors", { role: "status", hidden: true });
  panel.alert.after(bar);

  // What the server told of this very revision; else what came with the document.
  const known = () => {
    const given = desk.sheet?.given ?? {};
    const said = told.get(desk.document);
    return said?.revision === given.revision ? said : { errors: given.errors ?? [], passed: given.passed ?? [] };
  };

  // What was changed here since is for the server to judge again.
  const stands = (error) =>
    Object.entries(error.values).every(([name, value]) => (desk.sheet?.byName.get(name)?.value ?? value) === value);
  const open = () => known().errors.filter(stands);

  function draw() {
    const errors = open();
    const passed = known().passed;
    bar.hidden = !errors.length && !passed.length;
    bar.replaceChildren(
      ...passed.map((one) => h("p.passed", {}, sign("candidate"), h("span", {}, speak("passed_by", one)))),
      ...(errors.length
        ? [
            h("p", {}, sign("error"), h("span", {}, speak("errors_open", { n: errors.length }))),
            button("ghost", () => ask(), speak("let_pass"), h("kbd", {}, keys.label("let_pass"))),
          ]
        : []),
    );
  }

  const show = panel.show.bind(panel);
  panel.show = (given) => {
    show(given);
    draw();
  };

  desk.onExtra("errors", (given) => {
    for (const [document, found] of Object.entries(given ?? {})) told.set(document, found);
    if (desk.sheet && !desk.mode) draw();
  });

  const pass = desk.pass.bind(desk);
  desk.pass = () => {
    if (desk.sheet && !desk.sheet.waiting.length && open().length) return void ask(pass);
    return pass();
  };

  function ask(then) {
    const errors = open();
    if (!errors.length || desk.editing) return false;
    desk.openDialog((place, done) => askWhy(place, desk, errors, (reasons) => {
      done();
      if (!reasons) return;
      errors.forEach((error, i) => {
        desk.send({ what: "override", document: desk.document, rule: error.rule, fields: error.fields, reason: reasons[i] });
      });
      // As the server will have it: it is asked in the same order.
      const { passed } = known();
      told.set(desk.document, { revision: desk.sheet.given.revision, errors: [], passed: [...passed, ...errors.map((error, i) => ({ ...error, reason: reasons[i], by: "" }))] });
      draw();
      then?.();
    }));
    return true;
  }

  keys.add({ id: "let_pass", keys: ["v"], words: "map_let_pass", group: "document", act: () => ask() });
}

/** Ask for a reason of each error; `done(reasons)`, or null when it was called off. */
function askWhy(place, desk, errors, done) {
  const { speak } = desk;
  const asked = errors.map((error) => {
    const why = h("textarea", { rows: "2", "aria-label": speak("let_pass_why", error) });
    return { why, part: h("section", {}, h("p", {}, h("b", {}, error.label), " ", error.sentence), why) };
  });
  const missing = h("p.missing", { role: "alert" });
  const form = h(
    "form",
    { method: "dialog" },
    h("h3", {}, speak("let_pass_title")),
    h("p", {}, speak("let_pass_how")),
    ...asked.map(({ part }) => part),
    missing,
    h(
      "div.answers",
      {},
      h("button.ghost", { type: "button", onclick: () => finish(null) }, speak("cancel")),
      h("button.main", { type: "submit" }, speak("let_pass_do"), h("kbd", {}, "↵")),
    ),
  );
  const dialog = h("dialog.letpass", {}, form);
  const finish = (reasons) => {
    dialog.close();
    dialog.remove();
    done(reasons);
  };
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    finish(null);
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Enter" && !event.shiftKey && event.target.matches("textarea")) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const reasons = asked.map(({ why }) => why.value.normalize("NFC").trim());
    const empty = reasons.findIndex((reason) => !reason);
    if (empty < 0) return finish(reasons);
    missing.textContent = speak("reason_needed");
    return asked[empty].why.focus();
  });
  place.append(dialog);
  dialog.showModal();
  asked[0].why.focus();
  return dialog;
}
