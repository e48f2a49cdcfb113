// The ruler above the waveform: times of the visible stretch, drawn on a canvas as wide as the window.

const STEPS = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600];

/** A canvas in the size that it is seen in, cleared; its context measures CSS pixels. */
function cleared(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

function drawRuler() {
  const { context, width, height } = cleared(byId("ruler"));
  const [from, to] = visibleTimes();
  const scale = width / Math.max(to - from, 1e-6);
  const step = STEPS.find((one) => one * scale >= 90) ?? STEPS[STEPS.length - 1];
  const decimals = step < 0.1 ? 2 : step < 1 ? 1 : 0;
  context.fillStyle = colour("text-weak");
  context.font = "11px system-ui, sans-serif";
  for (let i = Math.ceil(from / step); i * step <= to; i++) {
    const x = (i * step - from) * scale;
    context.fillRect(x, height - 6, 1, 6);
    context.fillText(clock(i * step, decimals), x + 4, height - 6);
  }
}
