// The strip of the whole recording: captions in the colour of their confidence, speech without a caption, the visible
// stretch and the playhead. A click moves the playhead; with the keyboard it is a slider.

const strip = byId("overview");
let picture = null; // the strip without playhead and frame

function drawCaptions() {
  const { width, height } = strip.getBoundingClientRect();
  const ratio = window.devicePixelRatio || 1;
  picture = new OffscreenCanvas(Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio)));
  const context = picture.getContext("2d");
  const scale = picture.width / DURATION;
  for (const item of timed) {
    const tone = toneOf(item);
    context.fillStyle = colour(`tone-${tone}`);
    // Poor captions are also shorter, so that the colour is not all there is.
    const tall = { sure: 0.5, likely: 0.5, unknown: 0.5, doubtful: 0.75 }[tone] ?? 1;
    context.fillRect(item.start * scale, picture.height * (1 - tall), Math.max(1, (item.end - item.start) * scale - 0.5), picture.height * tall);
  }
  context.fillStyle = colour("tone-gap");
  for (const gap of GAPS) context.fillRect(gap.start * scale, 0, Math.max(1, (gap.end - gap.start) * scale), picture.height * 0.22);
}

function drawOverview() {
  if (!picture) drawCaptions();
  const { context, width, height } = cleared(strip);
  context.drawImage(picture, 0, 0, width, height);
  const scale = width / DURATION;
  const [from, to] = visibleTimes();
  if (to - from < DURATION * 0.999) {
    context.strokeStyle = colour("text");
    context.lineWidth = 2;
    context.strokeRect(from * scale + 1, 1, Math.max(4, (to - from) * scale - 2), height - 2);
  }
  context.fillStyle = colour("accent");
  context.fillRect(now() * scale - 1, 0, 2, height);
  strip.setAttribute("aria-valuenow", now().toFixed(1));
  strip.setAttribute("aria-valuetext", `${clock(now(), 0)} of ${clock(DURATION, 0)}`);
}

const laterOverview = oncePerFrame(drawOverview);

function redrawOverview() {
  picture = null;
  laterOverview();
}

function seekInStrip(event) {
  const { left, width } = strip.getBoundingClientRect();
  const time = limitTo((event.clientX - left) / width, 0, 1) * DURATION;
  seek(time);
  scrollToTime(time, 0.5);
}

strip.addEventListener("pointerdown", (event) => {
  strip.setPointerCapture(event.pointerId);
  seekInStrip(event);
});
strip.addEventListener("pointermove", (event) => {
  if (strip.hasPointerCapture(event.pointerId)) seekInStrip(event);
});
strip.addEventListener("keydown", (event) => {
  const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -30, PageUp: 30 };
  const target = { Home: 0, End: DURATION }[event.key] ?? (event.key in steps ? now() + steps[event.key] : null);
  if (target === null || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  event.stopPropagation();
  seek(target);
  scrollToTime(target, 0.5);
});
