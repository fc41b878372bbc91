// The door that Streamlit knows: one desk for each place on the page, however often it is called.
//
// Streamlit calls this again for every change of `data` and runs only the last cleanup it was given.
// Everything else is fetched with the release in its address (`?…`), which the other scripts pass on
// in their own imports: an upgraded server never meets yesterday's half in a browser's cache.

const seats = new WeakMap(); // parentElement -> seat

export default function station(component) {
  const place = component.parentElement;
  const seat = seats.get(place) ?? take(place, component.data.release);
  seat.latest = component;
  seat.desk?.hear(component);
  return seat.leave;
}

function take(place, release) {
  const seat = { desk: null, latest: null, left: false };
  seat.leave = () => {
    seat.left = true;
    seat.desk?.close();
    seats.delete(place);
  };
  seats.set(place, seat);
  furnish(place, release).then((desk) => {
    if (seat.left) return desk.close();
    seat.desk = desk;
    desk.hear(seat.latest);
  });
  return seat;
}

async function furnish(place, release) {
  const address = (file) => new URL(`${file}?${release}`, import.meta.url).href;
  const look = document.createElement("link");
  look.rel = "stylesheet";
  look.href = address("station.css");
  const dressed = new Promise((done) => (look.onload = look.onerror = done));
  place.append(look);
  const [{ Desk }] = await Promise.all([import(address("desk.js")), dressed]);
  return new Desk(place, look);
}
