// Captions and words as regions of the waveform: only those of the visible stretch exist.

const plugin = wave.registerPlugin(WaveSurfer.Regions.create());
// The plugin would measure the page for each region to see whether it is visible, which takes 50 ms for a screen of
// words. Here only visible ones are made.
plugin.virtualAppend = (region, box, made) => box.append(made);
const CUES_FROM = 6; // pixels per second below which captions are too narrow to be seen
const WORDS_FROM = 35;
const NARROWEST = 2; // pixels of a word
const shown = new Map(); // key -> {region, item, word, signature}

function regionKey(item, word) {
  return word === null ? `c${item.id}` : `w${item.id}-${word}`;
}

function addRegion(item, word, selected) {
  const span = word === null ? item : item.words[word];
  const tone = toneOf(item);
  const kind = word === null ? "cue" : "word";
  const region = plugin.addRegion({
    // The plugin makes the id a part name, so that `::part(cue)` and the like apply.
    id: `${kind} ${tone}${selected ? " chosen" : ""} ${regionKey(item, word)}`,
    start: span.start,
    end: span.end,
    color: "transparent",
    drag: false,
    resize: word === null || selected,
    minLength: SHORTEST,
  });
  const label = userText(word === null ? shownLines(item.text).join(" ") : span.text);
  label.setAttribute("part", `label ${kind}-label`);
  region.element.append(label);
  return region;
}

function signature(item, word, selected) {
  const span = word === null ? item : item.words[word];
  return `${span.start} ${span.end} ${toneOf(item)} ${selected}`;
}

/** Make the regions of the visible stretch, and remove the others. */
function syncRegions() {
  const [from, to] = visibleTimes();
  const margin = (to - from) * 0.1;
  const scale = pxPerSecond();
  const wanted = new Map();
  if (scale >= CUES_FROM)
    for (const item of itemsBetween(from - margin, to + margin)) {
      wanted.set(regionKey(item, null), [item, null]);
      if (scale < WORDS_FROM) continue;
      item.words.forEach((word, number) => {
        if (word.start === null || (word.end - word.start) * scale < NARROWEST) return;
        if (word.end >= from - margin && word.start <= to + margin)
          wanted.set(regionKey(item, number), [item, number]);
      });
    }
  for (const [key, { region, signature: old }] of shown) {
    const found = wanted.get(key);
    if (found && signature(...found, found[0].id === view.selected) === old) continue;
    region.remove();
    shown.delete(key);
  }
  for (const [key, [item, word]] of wanted) {
    if (shown.has(key)) continue;
    const selected = item.id === view.selected;
    const region = addRegion(item, word, selected);
    shown.set(key, { region, item, word, signature: signature(item, word, selected) });
  }
  markSounding();
}

function markSounding() {
  for (const { region, item, word } of shown.values())
    region.element.part.toggle("sounding", item.id === view.sounding && word !== null && word === view.soundingWord);
}

const laterRegions = oncePerFrame(syncRegions);
const ofRegion = (region) => [...shown.values()].find((one) => one.region === region);

plugin.on("region-clicked", (region, event) => {
  const found = ofRegion(region);
  if (!found) return;
  if (found.word !== null) {
    event.stopPropagation(); // else wavesurfer.js moves the playhead to the click
    select(found.item.id, { word: found.word, reveal: false });
    const word = found.item.words[found.word];
    playRange(word.start, word.end);
  } else select(found.item.id, { reveal: false });
});
plugin.on("region-double-clicked", (region, event) => {
  const found = ofRegion(region);
  if (!found || found.word !== null) return;
  event.stopPropagation();
  playRange(found.item.start, found.item.end);
});
plugin.on("region-update", (region, side) => {
  setText(byId("clock"), clock(side === "start" ? region.start : region.end));
});
plugin.on("region-updated", (region, side) => {
  const found = ofRegion(region);
  if (!found || !side) return;
  const time = side === "start" ? region.start : region.end;
  select(found.item.id, { word: found.word, reveal: false });
  editItem("drag an edge", (item) =>
    found.word === null ? withEdge(item, side, time) : withWordEdge(item, found.word, side, time),
  );
  laterRegions();
});
