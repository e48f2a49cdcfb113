// Puts the parts together.

const BUTTONS = {
  undo, redo, merge, revert,
  theme: nextTheme,
  "help-open": toggleHelp,
  "help-close": toggleHelp,
  export: exportEdits,
  import: () => byId("import-file").click(),
  play: togglePlaying,
  previous: () => stepRow(-1),
  next: () => stepRow(1),
  loop: toggleLoop,
  fit: zoomToItem,
  "spectrogram-toggle": toggleSpectrogram,
  accept: () => verdict("accepted"),
  reject: () => verdict("rejected"),
  "play-cue": playSelected,
  "gap-play": playSelected,
  "next-open": stepOpen,
  split: splitHere,
};
for (const [id, action] of Object.entries(BUTTONS)) byId(id).addEventListener("click", () => action());
// The text keeps the focus, so that the split is at its cursor.
byId("split").addEventListener("mousedown", (event) => event.preventDefault());
byId("follow").addEventListener("click", (event) => {
  view.follow = !view.follow;
  event.currentTarget.setAttribute("aria-pressed", String(view.follow));
});
byId("rate").addEventListener("change", (event) => setRate(Number(event.target.value)));
byId("zoom").addEventListener("input", (event) => zoomTo(2 ** Number(event.target.value)));
byId("wave").addEventListener("wheel", (event) => {
  if (!event.ctrlKey) return;
  event.preventDefault();
  const { left, width } = byId("wave").getBoundingClientRect();
  const [from, to] = visibleTimes();
  zoomTo(view.pxPerSecond * (event.deltaY < 0 ? 1.25 : 0.8), from + ((to - from) * (event.clientX - left)) / width);
}, { passive: false });

const FILTERS = { status: "status", sort: "sort" };
for (const [id, name] of Object.entries(FILTERS))
  byId(id).addEventListener("change", (event) => {
    filter[name] = event.target.value;
    refilter();
  });
byId("search").addEventListener("input", (event) => {
  filter.text = event.target.value.trim().toLocaleLowerCase();
  refilter();
});
byId("reverse").addEventListener("click", (event) => {
  filter.reverse = !filter.reverse;
  event.currentTarget.setAttribute("aria-pressed", String(filter.reverse));
  refilter();
});
function setWorst(on) {
  filter.worst = on ? Math.max(1, Number(byId("worst-count").value) || 1) : null;
  byId("worst").setAttribute("aria-pressed", String(on));
  refilter();
}
byId("worst").addEventListener("click", () => {
  if (filter.worst === null) byId("sort").value = filter.sort = "confidence";
  setWorst(filter.worst === null);
});
byId("worst-count").addEventListener("change", () => setWorst(filter.worst !== null));
const refilterLater = oncePerFrame(refilter);
byId("threshold").addEventListener("input", (event) => {
  filter.threshold = Number(event.target.value);
  showKept();
  if (["kept", "left"].includes(filter.status)) refilterLater();
});

on("playing", (playing) => {
  byId("play").setAttribute("aria-label", playing ? "Pause" : "Play");
  setText(byId("play"), playing ? "❚❚" : "▶");
});
on("time", laterOverview);
on("sounding", () => {
  markSounding();
  markWords();
  markChips();
});
on("selected", (item, listToo) => {
  fillPanel();
  laterRegions();
  const place = listToo && item ? rows.indexOf(item) : -1;
  if (place >= 0) revealRow(place);
  laterRows();
});

let lastStart = 0; // of the visible stretch in the last frame
let settling = null;

const viewed = oncePerFrame(() => {
  drawRuler();
  drawOverview();
  const [from, to] = visibleTimes();
  const far = Math.abs(from - lastStart) > (to - from) / 2;
  lastStart = from;
  clearTimeout(settling);
  // While the scroll bar is dragged over minutes, regions and pictures of each place would be seen for one frame.
  if (far) settling = setTimeout(viewed, 80);
  else {
    drawSpectrogram();
    syncRegions();
  }
});
on("viewed", viewed);

review.listeners.push(() => {
  fillPanel();
  laterRegions();
  redrawOverview();
  showHistogram();
  showKept();
  showProgress();
  if (view.selected !== null) emit("time", now());
});

function start() {
  for (const side of EDGES) edgeControls(side);
  fillHelp();
  setText(byId("length"), clock(DURATION, 0));
  strip.setAttribute("aria-valuemax", DURATION.toFixed(1));
  byId("spectrogram-toggle").hidden = !DATA.sound.tileSeconds;
  indexTimes();
  showFacts();
  showHistogram();
  showKept();
  showProgress();
  setTheme(stored("ctcalign-review-theme") ?? "auto");
  refilter();
  // Reachable by keyboard, as everything that scrolls.
  scroller().tabIndex = 0;
  scroller().setAttribute("role", "group");
  scroller().setAttribute("aria-label", "Waveform");
  scroller().addEventListener("scroll", viewed, { passive: true });
  const least = scroller().clientWidth / DURATION;
  const most = Math.min(1000, (FULL * 1e6) / 2 / DURATION);
  byId("zoom").min = Math.log2(Math.min(least, most)).toFixed(1);
  byId("zoom").max = Math.log2(most).toFixed(1);
  zoomTo(byId("wave").clientWidth < 600 ? 90 : 130, 0);
  openSound();
  document.body.dataset.ready = "yes";
}

new ResizeObserver(() => {
  redrawOverview();
  viewed();
  laterRows();
}).observe(byId("wave"));
new ResizeObserver(laterRows).observe(list);
if (wave.getDecodedData()) start();
else wave.once("ready", start);
