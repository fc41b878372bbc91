// The door that notebooks know. SCRIPTS and LOOK, the station's own files as text, stand before this.

const loaded = new Map(); // file -> promise of its module

/** What an import of a file beside this one is elsewhere: here a script has no address, only its text. */
function load(file) {
  const [name] = file.split("?");
  if (!loaded.has(name)) {
    const text = SCRIPTS[name].replaceAll("import(`./", "globalThis.workbenchStation.load(`");
    const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    loaded.set(name, import(address));
  }
  return loaded.get(name);
}

globalThis.workbenchStation ??= { load };

/** Questions about a place on the scan, asked and answered by messages of the widget. */
function reachOver(model) {
  const open = new Map(); // id -> what to do with each answer
  model.on("msg:custom", (said) => open.get(said.to)?.(said));
  const ask = (question, heard) =>
    new Promise((done) => {
      const id = `${Math.random()}`.slice(2);
      open.set(id, (said) => {
        if (!said.done) return heard(said);
        open.delete(id);
        return done(said);
      });
      model.send({ ...question, id });
    });
  return {
    words: async (document, page) => (await ask({ what: "words", document, page })).engines,
    read: async (document, page, box, heard) => (await ask({ what: "read", document, page, box }, heard)).wrong,
  };
}

async function render({ model, el }) {
  const { Desk } = await load("desk.js");
  const look = new CSSStyleSheet();
  await look.replace(LOOK);
  const host = document.createElement("div");
  host.dataset.lmSuppressShortcuts = "true"; // Jupyter's own keys rest while the desk has the focus
  const place = host.attachShadow({ mode: "open" });
  el.append(host);
  const desk = await Desk.make(look);
  desk.isGuest = true; // keys that were meant for nobody are not ours here
  desk.reach = reachOver(model);
  const setStateValue = (name, value) => {
    model.set(name, value);
    model.save_changes();
  };
  const hear = () => desk.hear({ data: model.get("data"), setStateValue });
  desk.sit(place);
  hear();
  model.on("change:data", hear);
  return () => {
    model.off("change:data", hear);
    desk.close();
  };
}

export default { render };
