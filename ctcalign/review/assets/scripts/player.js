// The player: wavesurfer.js over an audio element. Everything that plays or moves the playhead goes through it.

const media = byId("media");
const listeners = new Map();

/** Call `listener` when `emit(name, ...)` is called. */
function on(name, listener) {
  listeners.set(name, [...(listeners.get(name) ?? []), listener]);
}

function emit(name, ...values) {
  for (const listener of listeners.get(name) ?? []) listener(...values);
}

const RATES = [0.5, 0.75, 1, 1.25, 1.5, 2];
let stopAt = null; // where playing ends; null: at the end of the recording
let loop = null; // [start, end] that is repeated

function peaksOfData() {
  if (!DATA.sound.peaksPerSecond) return new Float32Array(2);
  const levels = takeBytes(byId("peaks"));
  const peaks = new Float32Array(levels.length);
  for (let i = 0; i < levels.length; i++) peaks[i] = levels[i] / 255;
  return peaks;
}

const wave = WaveSurfer.create({
  container: byId("wave"),
  media,
  peaks: [peaksOfData()],
  duration: DURATION,
  height: "auto",
  cspNonce: document.body.dataset.nonce,
  waveColor: colour("wave"),
  progressColor: colour("wave-played"),
  cursorColor: colour("accent"),
  cursorWidth: 2,
  autoScroll: false,
  minPxPerSec: 1,
  plugins: [],
});
// The waveform is drawn over the decoded length; headers of files may state another one.
wave.getDuration = () => DURATION;

function setSource(address, name) {
  media.src = address;
  setText(byId("sound-name"), name);
  byId("chooser").hidden = true;
}

function openSound() {
  if (DATA.sound.mime) {
    const blob = new Blob([takeBytes(byId("sound"))], { type: DATA.sound.mime });
    setSource(URL.createObjectURL(blob), DATA.alignment.audio);
  } else if (DATA.sound.source) setSource(DATA.sound.source, DATA.alignment.audio);
  else askForSound("This page was made without its recording.");
}

function askForSound(reason) {
  setText(byId("chooser-reason"), reason);
  byId("chooser").hidden = false;
}

media.addEventListener("error", () => {
  if (media.getAttribute("src")) askForSound("The recording was not found, or this browser cannot play it.");
});
byId("sound-file").addEventListener("change", (event) => {
  const [file] = event.target.files;
  if (file) setSource(URL.createObjectURL(file), file.name);
});

const now = () => media.currentTime;
const isPlaying = () => !media.paused;

function seek(time) {
  const target = limitTo(time, 0, DURATION);
  wave.setTime(target);
  emit("time", target);
}

async function play() {
  try {
    await media.play();
  } catch (error) {
    if (error.name !== "AbortError") {
      stopAt = null;
      askForSound("The recording was not found, or this browser cannot play it.");
      announce("Nothing to play: choose the recording.");
    }
  }
}

function togglePlaying() {
  stopAt = null;
  if (isPlaying()) media.pause();
  else play();
}

/** Play [start, end); without an end, to the end of the recording. */
function playRange(start, end = null) {
  stopAt = end;
  seek(start);
  play();
}

function setLoop(range) {
  loop = range;
  byId("loop").setAttribute("aria-pressed", String(range !== null));
}

function setRate(rate) {
  media.playbackRate = rate;
  media.defaultPlaybackRate = rate;
  byId("rate").value = String(rate);
}

function stepRate(step) {
  const place = RATES.indexOf(media.playbackRate);
  setRate(RATES[limitTo(place + step, 0, RATES.length - 1)]);
}

/** Keep to the loop and to the end of the range. */
function steer(time) {
  if (loop && (time >= loop[1] || time < loop[0] - 0.3)) seek(loop[0]);
  else if (stopAt !== null && time >= stopAt) {
    media.pause();
    const end = stopAt;
    stopAt = null;
    seek(end);
  }
}

function frame() {
  if (!isPlaying()) return;
  steer(now());
  emit("time", now());
  requestAnimationFrame(frame);
}

media.addEventListener("play", () => {
  emit("playing", true);
  requestAnimationFrame(frame);
});
for (const name of ["pause", "ended"])
  media.addEventListener(name, () => {
    emit("playing", false);
    emit("time", now());
  });
media.addEventListener("timeupdate", () => {
  if (isPlaying()) steer(now()); // frames stop while the page is hidden
});
media.addEventListener("ended", () => loop && playRange(loop[0]));
wave.on("interaction", (time) => {
  stopAt = null;
  emit("time", time);
});
