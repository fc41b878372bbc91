// Put into the page before its own scripts: times what a reviewer sees, from inside the browser.

(() => {
  let sends = 0;
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function counted(message) {
    sends += 1;
    return send.call(this, message);
  };

  let found = null;
  function station() {
    if (found?.isConnected) return found;
    for (const host of document.querySelectorAll("*")) {
      found = host.shadowRoot?.querySelector("main.station") ?? null;
      if (found) return found;
    }
    return null;
  }

  const open = () => station()?.dataset.document ?? "";
  const highlight = () => station()?.querySelector(".overlay .frame")?.outerHTML ?? "";

  function isDrawn() {
    const place = station();
    const image = place?.querySelector("img.page");
    return Boolean(place?.dataset.shown && place.dataset.shown === place.dataset.document && image?.complete && image.naturalWidth);
  }

  const isFocused = () => Boolean(station()?.getRootNode().activeElement === station());

  // What a wait is over with, given how things stood when the key was pressed.
  const READY = {
    next: (before) => open() !== before.open && isDrawn() && isFocused(),
    highlight: (before) => highlight() !== "" && highlight() !== before.highlight,
  };

  let watched = null;

  /** Time from the next key's own time stamp to the end of the frame in which `ready` holds. */
  function watch(ready) {
    const before = { open: open(), highlight: highlight() };
    watched = new Promise((done) => {
      const pressed = (event) => {
        if (["Control", "Shift", "Alt"].includes(event.key)) return;
        window.removeEventListener("keydown", pressed, true);
        const look = () => {
          if (!READY[ready](before)) return requestAnimationFrame(look);
          // Handled once the frame that is being made now has been drawn.
          const drawn = new MessageChannel();
          drawn.port1.onmessage = () => done(performance.now() - event.timeStamp);
          drawn.port2.postMessage(null);
        };
        requestAnimationFrame(look);
      };
      window.addEventListener("keydown", pressed, true);
    });
  }

  /** Turn the wheel in every frame for a while; when each frame began, in ms. */
  function move(how, milliseconds) {
    const pane = station().querySelector(".pane");
    const { left, top, width, height } = pane.getBoundingClientRect();
    const stamps = [];
    return new Promise((done) => {
      const begun = performance.now();
      const turn = (now) => {
        stamps.push(now);
        if (now - begun > milliseconds) return done(stamps);
        const way = Math.floor((now - begun) / 700) % 2 ? -1 : 1;
        pane.dispatchEvent(
          new WheelEvent("wheel", {
            deltaY: how === "zoom" ? -9 * way : 24 * way,
            ctrlKey: how === "zoom",
            clientX: left + width / 2,
            clientY: top + height / 2,
            bubbles: true,
            cancelable: true,
          }),
        );
        requestAnimationFrame(turn);
      };
      requestAnimationFrame(turn);
    });
  }

  window.bench = {
    document: open,
    isOpen: () => isDrawn(),
    isQuiet: () => station()?.querySelector(".mark")?.dataset.state === "saved",
    framed: () => Number(station()?.querySelector("canvas.words")?.dataset.words ?? 0),
    asked: () => [
      station().querySelector(".rows .active")?.dataset.field,
      [...station().querySelectorAll(".candidates .choice .text")].map((text) => text.textContent),
    ],
    sends: () => sends,
    watch,
    watched: () => watched,
    move,
  };
})();
