// The words of a text. A changed text keeps the times of the words that stayed; `apply-edits` divides it again by the
// rule of the aligner, so that the division here only has to be close.

const SPACELESS = /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Bopo}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}]/u;
const SOUNDS = /[\p{L}\p{N}]/u;
const GRAPHEMES = new Intl.Segmenter(undefined, { granularity: "grapheme" });

function graphemes(text) {
  return Array.from(GRAPHEMES.segment(text), (part) => part.segment);
}

/** Where each word stands in a text: [start, end) in characters, null for one that is not found. */
function locate(text, words) {
  let at = 0;
  return words.map((word) => {
    const start = text.indexOf(word.text, at);
    if (start < 0) return null;
    at = start + word.text.length;
    return [start, at];
  });
}

/** Parts of a text without white space: one each, or one for each character of a script without spaces. */
function parts(text) {
  const found = [];
  for (const token of text.split(/\s+/).filter(Boolean)) {
    if (!SPACELESS.test(token)) {
      found.push(token);
      continue;
    }
    let own = "";
    for (const sign of graphemes(token)) {
      const cut = SOUNDS.test(sign) && SOUNDS.test(own) && (SPACELESS.test(sign) || SPACELESS.test(own));
      if (cut) found.push(own);
      own = cut ? sign : own + sign;
    }
    if (own) found.push(own);
  }
  return found;
}

const MOST_COMPARED = 4e6; // pairs of words; beyond them all words count as changed

/** Pairs [i, j] of equal texts in two lists, as many as possible, in order (longest common subsequence). */
function matches(before, after) {
  if (before.length * after.length > MOST_COMPARED) return [];
  const width = after.length + 1;
  const best = new Uint16Array((before.length + 1) * width);
  for (let i = before.length - 1; i >= 0; i--)
    for (let j = after.length - 1; j >= 0; j--)
      best[i * width + j] =
        before[i] === after[j]
          ? best[(i + 1) * width + j + 1] + 1
          : Math.max(best[(i + 1) * width + j], best[i * width + j + 1]);
  const found = [];
  for (let i = 0, j = 0; i < before.length && j < after.length; ) {
    if (before[i] === after[j]) found.push([i++, j++]);
    else if (best[(i + 1) * width + j] >= best[i * width + j + 1]) i++;
    else j++;
  }
  return found;
}

/** Words of changed text in the stretch that some old words took; without such words they have no times. */
function replacements(texts, old) {
  const fresh = texts.map((text) => ({ text, start: null, end: null, confidence: null, status: "aligned", reason: null }));
  if (texts.length === old.length) return fresh.map((word, i) => ({ ...word, start: old[i].start, end: old[i].end }));
  const timed = old.filter((word) => word.start !== null && word.end !== null);
  if (!timed.length) return fresh;
  const begin = timed[0].start;
  const end = timed[timed.length - 1].end;
  const total = texts.reduce((sum, text) => sum + text.length, 0);
  let passed = 0;
  return fresh.map((word) => {
    const start = begin + ((end - begin) * passed) / total;
    passed += word.text.length;
    return { ...word, start: rounded(start), end: rounded(begin + ((end - begin) * passed) / total) };
  });
}

/** The words of a new text: those of the old ones that it still has keep their times. */
function wordsOfChanged(text, words) {
  const after = parts(text);
  // Both ends are mostly unchanged: only what lies between is compared.
  let first = 0;
  let last = 0;
  const most = Math.min(after.length, words.length);
  while (first < most && after[first] === words[first].text) first++;
  while (last < most - first && after[after.length - 1 - last] === words[words.length - 1 - last].text) last++;
  const middle = changedWords(after.slice(first, after.length - last), words.slice(first, words.length - last));
  return [...words.slice(0, first), ...middle, ...words.slice(words.length - last)];
}

/** The words of new parts of a text, in place of old words. */
function changedWords(after, words) {
  // What the aligner joins ("<i>Well,") or divides ("well-known") is one part here: its words stay together.
  const before = [];
  for (const word of words) {
    const last = before[before.length - 1];
    if (last && last.rest.startsWith(word.text)) {
      last.words.push(word);
      last.rest = last.rest.slice(word.text.length);
      continue;
    }
    const whole = after.find((part) => part !== word.text && part.startsWith(word.text)) ?? word.text;
    before.push({ text: whole, words: [word], rest: whole.slice(word.text.length) });
  }
  for (const part of before) if (part.rest) part.text = part.words.map((word) => word.text).join("");
  const found = [];
  let i = 0;
  let j = 0;
  for (const [a, b] of [...matches(before.map((part) => part.text), after), [before.length, after.length]]) {
    if (b > j) found.push(...replacements(after.slice(j, b), before.slice(i, a).flatMap((part) => part.words)));
    if (a < before.length) found.push(...before[a].words);
    i = a + 1;
    j = b + 1;
  }
  return found;
}
