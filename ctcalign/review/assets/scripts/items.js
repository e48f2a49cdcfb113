// Captions under review. An item is never changed: an edit makes a new one.

let lastId = BASE.length;

function changed(item, values) {
  return { ...item, ...values, id: ++lastId };
}

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const sameFrom = (a, b) => same(a.from, b.from);

function sameTimes(a, b) {
  return a.start === b.start && a.end === b.end;
}

/** Whether an item says anything else than the aligner did. */
function isTouched(item) {
  if (item.verdict !== null || item.from.length !== 1) return true;
  const base = BASE[PLACE.get(item.from[0])];
  if (base.id === item.id) return false;
  return !(
    item.text === base.text &&
    sameTimes(item, base) &&
    item.words.length === base.words.length &&
    item.words.every((word, i) => word.text === base.words[i].text && sameTimes(word, base.words[i]))
  );
}

/** What holds after the review: status, confidence and reason as `apply-edits` will write them. */
function outcome(item) {
  if (item.gap) return { status: "gap", confidence: null, reason: null, reviewed: null };
  if (item.verdict === "rejected")
    return { status: "not_spoken", confidence: null, reason: "rejected in review", reviewed: "rejected" };
  if (item.verdict === "accepted") return { status: "aligned", confidence: 1, reason: null, reviewed: "accepted" };
  if (isTouched(item)) return { status: "aligned", confidence: 1, reason: null, reviewed: "corrected" };
  return { status: item.status, confidence: item.confidence, reason: item.reason, reviewed: null };
}

/** Seconds of an item, 0 if it is not placed. */
function lengthOf(item) {
  return item.start === null || item.end === null ? 0 : item.end - item.start;
}

/** Consecutive items that together replace the same cues: [first, stop). */
function groupAt(items, place) {
  let first = place;
  let stop = place + 1;
  while (first > 0 && sameFrom(items[first - 1], items[place])) first--;
  while (stop < items.length && sameFrom(items[stop], items[place])) stop++;
  return [first, stop];
}

/** Entries of exported edits for the items that differ from the alignment. */
function entriesOf(items) {
  const entries = [];
  items.forEach((item, place) => {
    const alone = !(place > 0 && sameFrom(items[place - 1], item)) && !(items[place + 1] && sameFrom(items[place + 1], item));
    if (alone && !isTouched(item)) return;
    entries.push({
      from: item.from,
      text: item.text,
      start: rounded(item.start),
      end: rounded(item.end),
      verdict: item.verdict,
      words: item.words.map((word) => ({ text: word.text, start: rounded(word.start), end: rounded(word.end) })),
    });
  });
  return entries;
}

/** The items that entries describe: the inverse of `entriesOf`. Throws an Error that says what does not fit. */
function itemsOf(entries) {
  if (!Array.isArray(entries)) throw new Error('"cues" is not a list');
  const groups = new Map();
  for (const entry of entries) {
    const places = Array.isArray(entry?.from) ? entry.from.map((index) => PLACE.get(index)) : [];
    if (!places.length || places.some((place, i) => place === undefined || (i > 0 && place !== places[i - 1] + 1)))
      throw new Error(`this alignment has no captions ${JSON.stringify(entry?.from)} in a row`);
    const group = groups.get(places[0]) ?? { stop: places[places.length - 1] + 1, items: [] };
    group.items.push(itemOfEntry(entry, BASE[places[0]]));
    groups.set(places[0], group);
  }
  const items = [];
  for (let place = 0; place < BASE.length; ) {
    const group = groups.get(place);
    items.push(...(group ? group.items : [BASE[place]]));
    place = group ? group.stop : place + 1;
  }
  return items;
}

function itemOfEntry(entry, base) {
  const time = (value) => (Number.isFinite(value) ? value : null);
  if (typeof entry.text !== "string") throw new Error("an entry has no text");
  if (![null, "accepted", "rejected"].includes(entry.verdict ?? null)) throw new Error("an entry has an unknown verdict");
  const words = (Array.isArray(entry.words) ? entry.words : []).map((word, i) => {
    const known = base.words[i]?.text === word.text ? base.words[i] : { confidence: null, status: "aligned", reason: null };
    return { ...known, text: String(word.text), start: time(word.start), end: time(word.end) };
  });
  return changed(base, {
    from: [...entry.from],
    text: entry.text,
    start: time(entry.start),
    end: time(entry.end),
    verdict: entry.verdict ?? null,
    words,
  });
}
