// The door that Streamlit knows: a desk, and the place on the page it stands in for the time being.
//
// Streamlit calls this again for every change of `data`, and may take a place down and build another
// at any time. It also runs the cleanup of a call that was overtaken by the next while it was loading,
// with the place still standing. So the desk outlives its places: it moves, with all that lies on it.
// Everything else is fetched with the release in its address (`?…`), which the other scripts pass on
// in their own imports: an upgraded server never meets yesterday's half in a browser's cache.

const seats = new WeakMap(); // place (parentElement) -> seat
const desks = new Map(); // desk and journal -> Desk, or the promise of one

export default function station(component) {
  const place = component.parentElement;
  const seat = seats.get(place) ?? take(place, component.data);
  seat.latest = component;
  seat.hear?.();
  return seat.leave;
}

function take(place, { desk: key, journal, release }) {
  const seat = { desk: null, latest: null, hear: null };
  const name = `${key} ${journal}`;
  const sit = (desk) => {
    desks.set(name, desk);
    desk.gone = () => desks.delete(name);
    seat.desk = desk;
    seat.hear = () => {
      desk.sit(place);
      desk.hear(seat.latest);
    };
  };
  seat.leave = () => {
    if ((place.host ?? place).isConnected) return; // only overtaken
    seats.delete(place);
    seat.desk?.leave(place);
  };
  seats.set(place, seat);
  const known = desks.get(name);
  if (known && !(known instanceof Promise)) sit(known);
  else {
    const coming = known ?? furnish(release);
    desks.set(name, coming);
    coming.then((desk) => {
      sit(desk);
      seat.hear();
    });
  }
  return seat;
}

async function furnish(release) {
  const address = (file) => new URL(`${file}?${release}`, import.meta.url).href;
  const look = new CSSStyleSheet();
  const dressed = fetch(address("station.css"))
    .then((answer) => answer.text())
    .then((text) => look.replace(text))
    .catch(() => {}); // a plain desk is better than none
  const [{ Desk }] = await Promise.all([import(address("desk.js")), dressed]);
  return Desk.make(look);
}
