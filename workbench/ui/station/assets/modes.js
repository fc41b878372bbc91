// The door that Streamlit knows for the ways of working beside the desk: many papers at once, the text
// of one page. What is being done outlives its place on the page, which Streamlit may take down and
// build anew at any time.

const ROOMS = { carpet: ["carpet.js", "Carpet"], text: ["textmode.js", "TextMode"], entry: ["entry.js", "Entry", "entry.css"], design: ["design.js", "Design", "design.css"] };

const seats = new WeakMap(); // place (parentElement) -> seat
const rooms = new Map(); // mode, place in the app and journal -> the promise of a room

export default function modes(component) {
  const place = component.parentElement;
  const seat = seats.get(place) ?? take(place, component.data);
  seat.latest = component;
  seat.hear?.();
  return seat.leave;
}

function take(place, { mode, key, journal, release }) {
  const seat = { latest: null, hear: null, room: null };
  seat.leave = () => {
    if ((place.host ?? place).isConnected) return; // only overtaken by a newer call
    seats.delete(place);
    seat.room?.leave(place);
  };
  seats.set(place, seat);
  const name = `${mode} ${key} ${journal}`;
  if (!rooms.has(name)) rooms.set(name, furnish(mode, release));
  rooms.get(name).then((room) => {
    room.gone = () => rooms.delete(name);
    seat.room = room;
    seat.hear = () => {
      room.sit(place);
      room.hear(seat.latest);
    };
    seat.hear();
  });
  return seat;
}

async function furnish(mode, release) {
  const [file, kind, ...own] = ROOMS[mode];
  const address = (name) => new URL(`${name}?${release}`, import.meta.url).href;
  const looks = ["station.css", "modes.css", ...own].map(async (name) => {
    const look = new CSSStyleSheet();
    await look.replace(await (await fetch(address(name))).text());
    return look;
  });
  const [script, ...dressed] = await Promise.all([import(address(file)), ...looks]);
  return new script[kind](dressed);
}
