// Vietnamese syllables: what they could be, so that a key mends what an engine misread.

const TONES = ["", "\u0300", "\u0301", "\u0309", "\u0303", "\u0323"]; // ngang huyền sắc hỏi ngã nặng
const TONE = /[\u0300\u0301\u0303\u0309\u0323]/;
const OPEN = ["oa", "oe", "uy"]; // hoà, hòa: the tone of these stands on either vowel

// Longer ones first: "ngh" before "ng" before "n".
const ONSETS = [
  "ngh", "ch", "gh", "gi", "kh", "ng", "nh", "ph", "qu", "th", "tr",
  "b", "c", "d", "đ", "g", "h", "k", "l", "m", "n", "p", "r", "s", "t", "v", "x", "",
]; // prettier-ignore

// Every rhyme that is written, without its tone.
const RHYMES = (
  "a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây " +
  "e ec em en eng eo ep et ê êch êm ên ênh êp êt êu i ia ich im in inh ip it iu iêc iêm iên iêng iêp iêt iêu " +
  "o oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oc oe oen oeo oet oi om on ong ooc oong op ot " +
  "ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt u ua uân uâng uât uây uc uê uêch uênh ui um un ung uơ up ut uy uya uych uyêt uyên uynh uyt uyu " +
  "uôc uôi uôm uôn uông uôt ư ưa ưc ưi ưng ươc ươi ươm ươn ương ươp ươt ươu ưt ưu " +
  "y yêm yên yêng yêt yêu yt"
).split(" ");
const WRITTEN = new Set(RHYMES);

/** A syllable as {onset, rhyme, tone}, in lower case; null where it is none. */
export function parse(syllable) {
  const parts = syllable.toLowerCase().normalize("NFD");
  const tone = TONE.exec(parts)?.[0] ?? "";
  const plain = parts.replace(TONE, "").normalize("NFC");
  for (const onset of ONSETS) {
    if (!plain.startsWith(onset)) continue;
    const rhyme = plain.slice(onset.length);
    if (WRITTEN.has(rhyme)) return { onset, rhyme, tone };
  }
  // "gì" is gi + i, "quốc" is qu + ôc; "gin" is g + in: all found above. What is left is no syllable.
  return null;
}

/** Whether a tone can stand on a rhyme: before c, ch, p, t only sắc and nặng. */
function fits(rhyme, tone) {
  return !/(c|ch|p|t)$/.test(rhyme) || tone === "\u0301" || tone === "\u0323";
}

/** Whether an onset is written before a rhyme: c, g, ng before a, o, u; k, gh, ngh before e, i. */
function joins(onset, rhyme) {
  if (onset === "qu") return !/^u/.test(rhyme);
  if (onset === "gi") return !/^[iy]/.test(rhyme);
  if (["k", "gh", "ngh"].includes(onset)) return /^[ieêy]/.test(rhyme);
  if (["c", "ng"].includes(onset)) return /^[^ieêy]/.test(rhyme);
  return !/^y./.test(rhyme) || onset === "";
}

/** The written syllable; `late` puts the tone of oa, oe, uy on the second vowel (hoà). */
export function compose({ onset, rhyme, tone }, late = false) {
  if (!tone) return onset + rhyme;
  const vowels = [...rhyme].map((letter, i) => (/[aăâeêioôơuưy]/.test(letter) ? i : -1)).filter((i) => i >= 0);
  const letters = [...rhyme];
  const marked = vowels.findLast((i) => /[ăâêôơư]/.test(letters[i]));
  const closed = vowels.at(-1) < letters.length - 1;
  let at = marked;
  if (at === undefined && vowels.length === 1) at = vowels[0];
  if (at === undefined && closed) at = vowels.at(-1);
  if (at === undefined) at = OPEN.includes(rhyme) && onset !== "qu" ? vowels[late ? 1 : 0] : vowels.length === 3 ? vowels[1] : onset === "qu" ? vowels.at(-1) : vowels[0];
  if (at === undefined) return onset + rhyme;
  letters[at] = (letters[at] + tone).normalize("NFC");
  return (onset + letters.join("")).normalize("NFC");
}

function bare(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").replace(/đ/g, "d");
}

/** Whether a syllable is written the late way: hoà, not hòa. */
function isLate(syllable) {
  const at = parse(syllable);
  return Boolean(at?.tone && OPEN.includes(at.rhyme) && at.onset !== "qu" && compose(at, true) === syllable.toLowerCase().normalize("NFC"));
}

/**
 * What a syllable could be, the nearest first, without itself: other tones, then other marks on the
 * same letters, then one vowel that was dropped ("quyt": quýt, quỵt, quyết, quyệt). Case is kept.
 */
export function variants(syllable) {
  const now = syllable.normalize("NFC");
  const lower = now.toLowerCase();
  const folded = bare(lower);
  const known = parse(lower);
  const late = isLate(lower);
  const found = [];
  const add = (distance, onset, rhyme) => {
    for (const tone of TONES) {
      if (!fits(rhyme, tone)) continue;
      const own = known && known.tone === tone && tone !== "" ? 0 : 0.1 * TONES.indexOf(tone) + 0.1;
      found.push([distance + own, compose({ onset, rhyme, tone }, late)]);
    }
  };
  for (const onset of ONSETS) {
    const start = bare(onset);
    if (!folded.startsWith(start)) continue;
    const rest = folded.slice(start.length);
    for (const rhyme of RHYMES) {
      if (!joins(onset, rhyme)) continue;
      const letters = bare(rhyme);
      if (letters === rest) add(known?.onset === onset && known?.rhyme === rhyme ? 0 : known?.onset === onset ? 1 : 2, onset, rhyme);
      // What cannot be said as it stands has lost a letter as likely as a tone.
      else if (rest && isShort(rest, letters)) add(known && !fits(known.rhyme, known.tone) ? 0.05 : 5, onset, rhyme);
    }
  }
  const unique = new Set(found.sort((a, b) => a[0] - b[0]).map(([, text]) => text));
  unique.delete(lower);
  return [...unique].map((text) => alike(text, now));
}

/** Whether `long` is `short` with one vowel more. */
function isShort(short, long) {
  if (long.length !== short.length + 1) return false;
  for (let i = 0; i < long.length; i++)
    if (/[aeiouy]/.test(long[i]) && long.slice(0, i) + long.slice(i + 1) === short) return true;
  return false;
}

/** `text` in the case of `model`: QUYẾT, Quyết, quyết. */
export function alike(text, model) {
  const letters = model.replace(/[^\p{L}]/gu, "");
  if (letters.length > 1 && letters === letters.toUpperCase()) return text.toUpperCase();
  if (/^\p{Lu}/u.test(letters)) return text.charAt(0).toUpperCase() + text.slice(1);
  return text;
}

/** The syllable around `caret`: [from, to], without the signs beside it; null between spaces. */
export function syllableAt(text, caret) {
  for (const found of text.matchAll(/[\p{L}\p{M}]+/gu)) {
    const [from, to] = [found.index, found.index + found[0].length];
    if (caret >= from && caret <= to) return [from, to];
  }
  return null;
}

/** What other readings have in the place of the `index`-th word of `text`, nearest first. */
export function readingsAt(text, index, others) {
  const words = text.split(/\s+/).filter(Boolean);
  const found = [];
  for (const other of others) {
    const theirs = other.split(/\s+/).filter(Boolean);
    const match = aligned(words, theirs)[index];
    if (match !== undefined && theirs[match] !== words[index]) found.push(theirs[match]);
  }
  return [...new Set(found)];
}

/** For each word of `a` the index of the word of `b` that stands for it, by the least changes. */
function aligned(a, b) {
  const cost = (x, y) => (x === y ? 0 : bare(x.toLowerCase()) === bare(y.toLowerCase()) ? 0.4 : x[0] === y[0] ? 0.8 : 1);
  const least = Array.from({ length: a.length + 1 }, () => new Float64Array(b.length + 1));
  for (let i = a.length; i >= 0; i--)
    for (let j = b.length; j >= 0; j--) {
      if (i === a.length || j === b.length) least[i][j] = a.length - i + b.length - j;
      else least[i][j] = Math.min(cost(a[i], b[j]) + least[i + 1][j + 1], 1 + least[i + 1][j], 1 + least[i][j + 1]);
    }
  const matches = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (least[i][j] === cost(a[i], b[j]) + least[i + 1][j + 1]) matches[i++] = j++;
    else if (least[i][j] === 1 + least[i + 1][j]) i++;
    else j++;
  }
  return matches;
}
