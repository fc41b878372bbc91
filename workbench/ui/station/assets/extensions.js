// What is built on the desk beside the flow from field to field. Each module exports `install(desk)`.

const release = new URL(import.meta.url).search;

const MODULES = ["differences.js", "pointing.js", "beyond.js", "table.js", "letpass.js"];

export async function installers() {
  const found = await Promise.all(MODULES.map((file) => import(`./${file}${release}`)));
  return found.map((module) => module.install);
}
