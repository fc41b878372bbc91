// The piece of the scan that holds the value, at the size of the text below it, starting where it starts.

const INDENT = 12; // px from the edge to the text, as in the value's own box
const TALLEST = 132;

/** Draw the field's strip on `canvas`; `line` is how tall one typed line of the value is, in px. */
export function drawSnippet(canvas, image, page, field, { line, usual }) {
  const wide = canvas.clientWidth;
  const [left, top, right, bottom] = field.box;
  const box = { x: left * page.width, y: top * page.height, w: (right - left) * page.width, h: (bottom - top) * page.height };
  const lines = Math.max(1, Math.round(box.h / usual));
  const margin = 0.3 * (box.h / lines);
  const scale = Math.min(
    (line * lines) / box.h,
    (wide - 2 * INDENT) / box.w,
    TALLEST / (box.h + 2 * margin),
  );
  const tall = Math.ceil((box.h + 2 * margin) * scale);
  const sharp = window.devicePixelRatio || 1;
  canvas.style.height = `${tall}px`;
  canvas.width = Math.round(wide * sharp);
  canvas.height = Math.round(tall * sharp);
  const pen = canvas.getContext("2d");
  pen.imageSmoothingQuality = "high";
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  // From page pixels to canvas pixels, so that the box begins INDENT px from the left.
  pen.setTransform(scale * sharp, 0, 0, scale * sharp, (INDENT - box.x * scale) * sharp, (margin - box.y) * scale * sharp);
  pen.drawImage(image, 0, 0, page.width, page.height);
  pen.fillStyle = "rgba(20, 32, 48, 0.16)"; // what is not the value stands back
  const [from, to] = [(-INDENT / scale + box.x), (box.x + (wide - INDENT) / scale)];
  pen.fillRect(from, box.y - margin, box.x - margin / 2 - from, box.h + 2 * margin);
  pen.fillRect(box.x + box.w + margin / 2, box.y - margin, to - box.x - box.w, box.h + 2 * margin);
}

/** The usual height of one line in the boxes of a page, in page pixels. */
export function usualLine(fields, page, number) {
  const heights = fields
    .filter((field) => field.box && field.page === number)
    .map((field) => (field.box[3] - field.box[1]) * page.height)
    .sort((a, b) => a - b);
  // The lower quartile: boxes over several lines must not pass for one.
  return heights[Math.floor(heights.length / 4)] || 1;
}
