// What is seen and selected: the stretch of the waveform, the caption, the word, and what sounds now.

const review = new Review(restoredItems());
const view = { selected: null, word: null, sounding: null, soundingWord: null, follow: true, pxPerSecond: 80 };
const FULL = 33; // a browser's widest element is about 33 million pixels; wavesurfer.js makes one of the whole recording

let timed = []; // items with times, by their start
let longest = 0; // seconds of the longest of them

function indexTimes() {
  timed = review.items.filter((item) => item.start !== null && outcome(item).status !== "not_spoken");
  timed.sort((a, b) => a.start - b.start);
  longest = timed.reduce((most, item) => Math.max(most, lengthOf(item)), 0);
}

/** The first place in a list whose `start` is after a time. */
function placeAfter(list, time) {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle].start <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Timed items that touch [start, end]. */
function itemsBetween(start, end) {
  const stop = placeAfter(timed, end);
  const found = [];
  for (let i = placeAfter(timed, start - longest - 1); i < stop; i++) if (timed[i].end >= start) found.push(timed[i]);
  const chosen = selectedItem(); // also if it is not spoken: its times in the input can be seen and moved
  if (chosen && chosen.start !== null && !found.includes(chosen) && chosen.start <= end && chosen.end >= start) found.push(chosen);
  return found;
}

const selectedPlace = () => (view.selected === null ? -1 : review.placeOf(view.selected));
const selectedItem = () => review.items[selectedPlace()] ?? null;
const gapOf = (id) => GAPS.find((gap) => gap.id === id) ?? null;

/** Select a caption, or a gap, by its id. */
function select(id, { word = null, reveal = true, listToo = true } = {}) {
  view.selected = id;
  view.word = word;
  const item = selectedItem() ?? gapOf(id);
  if (loop && item && item.start !== null) setLoop([item.start, item.end]);
  if (reveal && item && item.start !== null) revealTimes(item.start, item.end);
  emit("selected", item, listToo);
}

/** Do an edit of the selected caption; a Refusal is told to the user. */
function edit(label, change) {
  const place = selectedPlace();
  if (place < 0) {
    announce("Select a caption first.");
    return false;
  }
  try {
    const [first, count, items] = change(review.items, place);
    review.replace(first, count, items, label);
    return true;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    announce(error.message);
    return false;
  }
}

/** An edit that replaces the selected caption by one other. */
const editItem = (label, change) => edit(label, (items, place) => [place, 1, [change(items[place])]]);

review.listeners.push(({ first, removed, added }) => {
  const place = removed.findIndex((item) => item.id === view.selected);
  if (place >= 0) {
    // The same caption in a list of equal length, else the nearest of those that replace it.
    const follows = added[Math.min(place, added.length - 1)] ?? review.items[Math.min(first, review.items.length - 1)];
    view.selected = follows?.id ?? null;
    if (!follows || view.word >= follows.words.length) view.word = null;
  }
  indexTimes();
  keepEdits(review.items);
});

// --- the visible stretch

const scroller = () => wave.getWrapper().parentElement;
const totalWidth = () => wave.getWrapper().clientWidth;

/** Start and end of the visible stretch in seconds. */
function visibleTimes() {
  const start = (scroller().scrollLeft / totalWidth()) * DURATION;
  return [start, start + (scroller().clientWidth / totalWidth()) * DURATION];
}

const pxPerSecond = () => totalWidth() / DURATION;

function scrollToTime(time, fraction = 0.15) {
  scroller().scrollLeft = time * pxPerSecond() - fraction * scroller().clientWidth;
}

function revealTimes(start, end) {
  const [from, to] = visibleTimes();
  if (start < from || Math.min(end, start + (to - from) * 0.8) > to) scrollToTime(start);
}

/** Change the zoom so that a time stays where it is seen. */
function zoomTo(wanted, around = null) {
  const most = Math.min(1000, (FULL * 1e6) / 2 / DURATION);
  const least = scroller().clientWidth / DURATION;
  view.pxPerSecond = limitTo(wanted, Math.min(least, most), most);
  const [from, to] = visibleTimes();
  const fixed = around ?? (now() >= from && now() <= to ? now() : (from + to) / 2);
  const fraction = limitTo((fixed - from) / Math.max(to - from, 1e-6), 0, 1);
  wave.zoom(view.pxPerSecond);
  scrollToTime(fixed, fraction);
  byId("zoom").value = String(Math.log2(view.pxPerSecond));
  byId("zoom").setAttribute("aria-valuetext", `${view.pxPerSecond.toFixed(0)} pixels per second`);
  emit("viewed");
}

function zoomToItem() {
  const item = selectedItem() ?? gapOf(view.selected);
  if (!item || item.start === null) return;
  zoomTo((scroller().clientWidth * 0.8) / Math.max(item.end - item.start, 0.2), item.start);
  scrollToTime(item.start, 0.1);
}

// --- what sounds

function soundingAt(time) {
  for (let i = placeAfter(timed, time) - 1; i >= 0 && timed[i].start >= time - longest; i--)
    if (timed[i].end > time) return timed[i];
  return null;
}

on("time", (time) => {
  const item = soundingAt(time);
  const words = item ? item.words : [];
  const number = words.findIndex((word) => word.start !== null && word.start <= time && word.end > time);
  setText(byId("clock"), clock(time));
  if (view.follow && isPlaying()) {
    const [from, to] = visibleTimes();
    if (time < from || time > to - 0.1 * (to - from)) scrollToTime(time, 0.1);
  }
  if ((item?.id ?? null) === view.sounding && number === view.soundingWord) return;
  view.sounding = item?.id ?? null;
  view.soundingWord = number;
  emit("sounding", item, number);
});
