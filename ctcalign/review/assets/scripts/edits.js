// Edits: functions from an item to its replacement, or from the list to [place, count, replacements].
// They throw a Refusal with a sentence for the user where an edit makes no sense.

class Refusal extends Error {}

const SHORTEST = 0.02; // seconds that an edge leaves of a caption or a word

const limitTo = (value, low, high) => Math.min(Math.max(value, low), high);

function withVerdict(item, verdict) {
  if (verdict === "accepted" && item.start === null)
    throw new Refusal("This caption has no time yet. Set its start and end first (keys 1 and 2), or reject it.");
  return changed(item, { verdict: item.verdict === verdict ? null : verdict });
}

/** The verdict after a correction: what was rejected is no longer so. */
const kept = (item) => (item.verdict === "rejected" ? null : item.verdict);

function withText(item, text) {
  if (!text.trim()) throw new Refusal("A caption cannot be empty. Reject it instead.");
  return changed(item, { text, words: wordsOfChanged(text, item.words), verdict: kept(item) });
}

/** Move an edge of a caption. Words follow: an outer edge at the same time moves along, others are cut. */
function withEdge(item, side, time) {
  let { start, end } = item;
  if (start === null || end === null) {
    // Placed for the first time: the other edge is two seconds away until it is set.
    start = side === "start" ? time : Math.max(0, time - 2);
    end = side === "end" ? time : Math.min(DURATION, time + 2);
    return changed(item, { start: rounded(start), end: rounded(end), verdict: null });
  }
  const old = item[side];
  if (side === "start") start = rounded(limitTo(time, 0, end - SHORTEST));
  else end = rounded(limitTo(time, start + SHORTEST, DURATION));
  const words = item.words.map((word) => {
    if (word.start === null || word.end === null) return word;
    let a = side === "start" && word.start === old ? start : word.start;
    let b = side === "end" && word.end === old ? end : word.end;
    a = limitTo(a, start, end);
    b = limitTo(b, a, end);
    return a === word.start && b === word.end ? word : { ...word, start: rounded(a), end: rounded(b) };
  });
  return changed(item, { start, end, words, verdict: kept(item) });
}

/** Move an edge of a word, between the words beside it; the caption grows with its outer words. */
function withWordEdge(item, number, side, time) {
  const word = item.words[number];
  if (word.start === null || word.end === null) throw new Refusal("This word has no time: it is mark-up, or was not placed.");
  const timed = (other) => other.start !== null && other.end !== null;
  const before = item.words.slice(0, number).filter(timed).pop();
  const after = item.words.slice(number + 1).find(timed);
  const values =
    side === "start"
      ? { start: rounded(limitTo(time, before ? before.end : 0, word.end - SHORTEST)) }
      : { end: rounded(limitTo(time, word.start + SHORTEST, after ? after.start : DURATION)) };
  const words = item.words.map((other, i) => (i === number ? { ...other, ...values } : other));
  const moved = words[number];
  let { start, end } = item;
  if (!before) start = item.start === word.start ? moved.start : Math.min(item.start, moved.start);
  if (!after) end = item.end === word.end ? moved.end : Math.max(item.end, moved.end);
  return changed(item, { words, start, end, verdict: kept(item) });
}

/** Divide the caption at `place` before its word `number`. */
function splitting(items, place, number) {
  const item = items[place];
  if (number <= 0 || number >= item.words.length) throw new Refusal("Put the playhead between two words of the caption, or select its second part first.");
  const places = locate(item.text, item.words);
  if (!places[number]) throw new Refusal("The words of this caption do not match its text. Edit the text first.");
  const cut = places[number][0];
  const first = item.words.slice(0, number);
  const second = item.words.slice(number);
  const timedEnd = first.filter((word) => word.end !== null).pop()?.end ?? null;
  const timedStart = second.find((word) => word.start !== null)?.start ?? null;
  let middle = timedEnd ?? timedStart;
  if (middle === null && item.start !== null) middle = rounded(item.start + (lengthOf(item) * cut) / item.text.length);
  const halves = [
    { text: item.text.slice(0, cut).trimEnd(), words: first, start: item.start, end: item.start === null ? null : timedEnd ?? middle },
    { text: item.text.slice(cut), words: second, start: item.end === null ? null : timedStart ?? middle, end: item.end },
  ];
  return [place, 1, halves.map((half) => changed(item, { ...half, verdict: kept(item) }))];
}

/** The word before which a caption is divided at a time: the boundary of words that is nearest. */
function nearestBoundary(item, time) {
  let best = 0;
  let least = Infinity;
  for (let i = 1; i < item.words.length; i++) {
    const a = item.words[i - 1].end;
    const b = item.words[i].start;
    if (a === null || b === null) continue;
    const distance = time < a ? a - time : time > b ? time - b : 0;
    if (distance < least) [best, least] = [i, distance];
  }
  return best;
}

/** Join the caption at `place` with the next one. Items that replaced parts of the same cues stay one group. */
function merging(items, place) {
  const [a, b] = [items[place], items[place + 1]];
  if (!b) throw new Refusal("There is no caption after this one.");
  const spaceless = SPACELESS.test(graphemes(a.text).pop() ?? "") && SPACELESS.test(graphemes(b.text)[0] ?? "");
  // A caption that is not spoken may have the times of the input: they say nothing about a spoken neighbour.
  const spoken = [a, b].filter((item) => outcome(item).status === "aligned");
  const times = (name, choose) => {
    const known = (spoken.length ? spoken : [a, b]).map((item) => item[name]).filter((time) => time !== null);
    return known.length ? choose(...known) : null;
  };
  const joined = changed(a, {
    text: a.text + (spaceless ? "" : " ") + b.text,
    words: [...a.words, ...b.words],
    start: times("start", Math.min),
    end: times("end", Math.max),
    status: a.status === "aligned" ? a.status : b.status,
    verdict: null,
  });
  const [first] = groupAt(items, place);
  const [, stop] = groupAt(items, place + 1);
  const from = [...new Set([...a.from, ...b.from])];
  const group = [...items.slice(first, place), joined, ...items.slice(place + 2, stop)];
  return [first, stop - first, group.map((item) => (sameFrom(item, { from }) ? item : changed(item, { from })))];
}

/** Give up all edits of the group at `place`. */
function reverting(items, place) {
  const [first, stop] = groupAt(items, place);
  return [first, stop - first, items[place].from.map((index) => BASE[PLACE.get(index)])];
}
