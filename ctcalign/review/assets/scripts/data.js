// The data that Python wrote into the page (ctcalign/review/document.py).

const DATA = JSON.parse(byId("data").textContent);
const DURATION = Math.max(DATA.duration, 0.01);
const STATUSES = ["aligned", "not_spoken", "failed"];

/** The bytes of an element that holds base64; the text is dropped from the page, so that it is not kept twice. */
function takeBytes(node) {
  const base64 = node.textContent;
  node.textContent = "";
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** A word of the alignment. */
function wordOf(row) {
  return {
    text: row[0],
    start: row[1],
    end: row[2],
    confidence: row[3],
    status: STATUSES[row[4] ?? 0],
    reason: row[5] ?? null,
  };
}

/** A caption of the alignment. `from`: the `index` of the cues that it stands for. */
function itemOf(row, id) {
  return {
    id,
    from: [row[0]],
    text: row[1],
    start: row[2],
    end: row[3],
    status: STATUSES[row[4]],
    confidence: row[5],
    reason: row[6],
    speaker: row[7],
    words: row[8].map(wordOf),
    alternatives: row[9],
    verdict: null,
  };
}

/** The captions as the aligner left them, in order. */
const BASE = DATA.cues.map(itemOf);
/** The place of a caption in BASE, by its `index`. */
const PLACE = new Map(BASE.map((item, place) => [item.from[0], place]));
/** Speech without a caption: rows of the list beside the captions. */
const GAPS = DATA.unwritten.map(([start, end], number) => ({ id: `gap${number}`, gap: true, start, end }));
