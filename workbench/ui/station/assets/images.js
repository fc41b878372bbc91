// Page images, fetched before they are wanted and drawn without a blink.

const KEPT = 40;

export class Images {
  constructor(prefix) {
    this.prefix = prefix;
    this.byDigest = new Map(); // oldest first
  }

  /** The image element of a page; the same one each time. */
  of(digest) {
    let image = this.byDigest.get(digest);
    if (image && image.complete && !image.naturalWidth) image = null; // it failed: try anew
    if (!image) {
      image = new Image();
      image.decoding = "sync"; // shown together with the text, not a frame later
      image.src = this.prefix + digest;
    }
    this.byDigest.delete(digest);
    this.byDigest.set(digest, image);
    for (const oldest of this.byDigest.keys()) {
      if (this.byDigest.size <= KEPT) break;
      this.byDigest.delete(oldest);
    }
    return image;
  }

  /** Fetch the pages of these documents; decode the first page of the next two. */
  prepare(sheets) {
    sheets.forEach((sheet, place) => {
      for (const [number, page] of sheet.given.pages.entries()) {
        const image = this.of(page.image);
        if (place < 2 && number === 0) image.decode().catch(() => {});
      }
    });
  }
}

/** `then()` once the image can be drawn, or never could be. */
export function whenDrawn(image, then) {
  if (image.complete) return then();
  image.addEventListener("load", then, { once: true });
  image.addEventListener("error", then, { once: true });
}
