// Elements and signs, made in one line each.

/** An element: `h("button.ghost", {onclick, title, "aria-label": …}, ...children)`. */
export function h(what, given = {}, ...children) {
  const [tag, ...classes] = what.split(".");
  const element = document.createElement(tag);
  element.classList.add(...classes);
  for (const [name, value] of Object.entries(given)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "data") Object.assign(element.dataset, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

/** A button for the mouse: what it does has a key of its own, so it is no stop for Tab. */
export function button(what, onclick, ...children) {
  return h(`button.${what}`, { type: "button", tabindex: "-1", onclick }, ...children);
}

const SVG = "http://www.w3.org/2000/svg";

export function svg(tag, given = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(given)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// Each state has a shape of its own: colour is never all that tells them apart.
const SIGNS = {
  waiting: ["M8 1.5 14.5 8 8 14.5 1.5 8Z", "M8 5v3.4M8 10.6v.4"],
  machine: ["M3 8.5 6.5 12 13 4.5"],
  accept: ["M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13Z", "M5 8.2 7.2 10.4 11 5.8"],
  candidate: ["M3 11.2 10.6 3.6l1.8 1.8L4.8 13H3Z"],
  edit: ["M3 11.2 10.6 3.6l1.8 1.8L4.8 13H3Z"],
  illegible: ["M2 8s2.2-4 6-4 6 4 6 4-2.2 4-6 4-6-4-6-4Z", "M3 13.5 13 2.5"],
  absent: ["M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2Z", "M4 12 12 4"],
  error: ["M8 1.8 15 14H1Z", "M8 6.2v3.6M8 11.8v.3"],
  undo: ["M5.5 3 2.5 6l3 3", "M2.5 6h7a4 4 0 0 1 0 8H6"],
  close: ["M4 4l8 8M12 4l-8 8"],
};

export function sign(name) {
  const drawn = svg("svg", { viewBox: "0 0 16 16", class: `sign ${name}`, "aria-hidden": "true" });
  drawn.append(...SIGNS[name].map((d) => svg("path", { d })));
  return drawn;
}

/** `words` as a function: the phrase by its name with its values filled in. */
export function speaker(words) {
  return (name, values = {}) =>
    (words[name] ?? name).replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}
