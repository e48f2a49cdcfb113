// Figures: how much is kept at a confidence and how precise that is expected to be, how much is reviewed.

const BINS = 25;

/** What is kept at the confidence of the slider. Expected precision: the mean confidence, as `ctcalign filter` has it. */
function keptFigures() {
  let [cues, all, seconds, total, sum, known] = [0, 0, 0, 0, 0, 0];
  for (const item of review.items) {
    const { status, confidence } = outcome(item);
    all++;
    if (status !== "aligned") continue;
    total += lengthOf(item);
    if (!isKept(item)) continue;
    cues++;
    seconds += lengthOf(item);
    if (confidence !== null) [sum, known] = [sum + confidence, known + 1];
  }
  return { cues, all, seconds, total, precision: known ? sum / known : null };
}

function showKept() {
  const { cues, all, seconds, total, precision } = keptFigures();
  const figure = (value, label) => element("span", { class: "figure" }, element("b", {}, value), ` ${label}`);
  byId("kept").replaceChildren(
    figure(`≥ ${filter.threshold.toFixed(2)}`, "confidence"),
    figure(`${cues} of ${all}`, "captions kept"),
    figure(`${(seconds / 3600).toFixed(seconds < 360 ? 3 : 2)} of ${(total / 3600).toFixed(seconds < 360 ? 3 : 2)} h`, "kept"),
    figure(precision === null ? "–" : `${(100 * precision).toFixed(1)} %`, "expected precision"),
  );
  byId("threshold").setAttribute("aria-valuetext", filter.threshold.toFixed(2));
  Array.from(byId("histogram").children).forEach((bar, i) => bar.classList.toggle("out", (i + 0.5) / BINS < filter.threshold));
}

function showHistogram() {
  const counts = new Array(BINS).fill(0);
  for (const item of review.items) {
    const { status, confidence } = outcome(item);
    if (status === "aligned" && confidence !== null) counts[Math.min(BINS - 1, Math.floor(confidence * BINS))]++;
  }
  const most = Math.max(1, ...counts);
  const bars = byId("histogram");
  if (!bars.children.length) bars.append(...counts.map(() => element("i")));
  // The root shows the few poor captions beside the many good ones.
  counts.forEach((count, i) => (bars.children[i].style.height = `${count ? Math.max(8, 100 * Math.sqrt(count / most)) : 0}%`));
}

function showProgress() {
  const done = review.items.filter((item) => outcome(item).reviewed !== null).length;
  setText(byId("reviewed"), `${done} of ${review.items.length} reviewed`);
  const meter = byId("reviewed-meter");
  meter.setAttribute("aria-valuemax", String(review.items.length));
  meter.setAttribute("aria-valuenow", String(done));
  meter.firstElementChild.style.width = `${(100 * done) / Math.max(1, review.items.length)}%`;
  byId("undo").disabled = !review.done.length;
  byId("redo").disabled = !review.undone.length;
}

function showFacts() {
  const counts = { aligned: 0, not_spoken: 0, failed: 0 };
  for (const item of BASE) counts[item.status]++;
  const facts = [`${BASE.length} captions`, lengthText(DURATION)];
  if (counts.not_spoken) facts.push(`${counts.not_spoken} not spoken`);
  if (counts.failed) facts.push(`${counts.failed} failed`);
  if (GAPS.length) facts.push(`${lengthText(GAPS.reduce((sum, gap) => sum + gap.end - gap.start, 0))} of speech without a caption`);
  if (DATA.model) facts.push(DATA.model);
  setText(byId("facts"), facts.join("  ·  "));
}
