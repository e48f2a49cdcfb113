// The spectrogram below the waveform: pictures of 30 seconds, of which only the visible ones are in the page.

const lane = byId("spectrogram");
const TILES = Array.from(document.querySelectorAll("script[data-tile]"));
const tiles = new Map(); // number -> image

function tileImage(number) {
  const bytes = takeBytes(TILES[number]);
  const address = URL.createObjectURL(new Blob([bytes], { type: "image/png" }));
  TILES[number] = address;
  return address;
}

function drawSpectrogram() {
  if (lane.hidden || !DATA.sound.tileSeconds) return;
  const [from, to] = visibleTimes();
  const scale = pxPerSecond();
  const long = DATA.sound.tileSeconds;
  const first = Math.floor(from / long);
  const last = Math.min(TILES.length - 1, Math.floor(to / long));
  for (const [number, image] of tiles)
    if (number < first || number > last) {
      image.remove();
      tiles.delete(number);
    }
  for (let number = first; number <= last; number++) {
    if (!tiles.has(number)) {
      const address = typeof TILES[number] === "string" ? TILES[number] : tileImage(number);
      const image = element("img", { alt: "", src: address });
      tiles.set(number, image);
      lane.append(image);
    }
    const image = tiles.get(number);
    // A column is 20 ms; the last picture is as wide as its columns.
    const place = () => {
      image.style.width = `${image.naturalWidth * 0.02 * pxPerSecond()}px`;
    };
    image.style.transform = `translateX(${(number * long - from) * scale}px)`;
    if (image.complete) place();
    else image.addEventListener("load", place, { once: true });
  }
}

function toggleSpectrogram() {
  if (!DATA.sound.tileSeconds) {
    announce("This page has no spectrogram: make it again with --spectrogram.");
    return;
  }
  lane.hidden = !lane.hidden;
  byId("spectrogram-toggle").setAttribute("aria-pressed", String(!lane.hidden));
  drawSpectrogram();
}
