// The panel of the selected caption: text, words, times, verdict, split and merge.

const textBox = byId("text");
const EDGES = ["start", "end"];

/** The nudges, the field and "set" of one edge. */
function edgeControls(side) {
  const nudges = (steps) =>
    steps.map((step) =>
      element(
        "button",
        { type: "button", class: "nudge", "aria-label": `${side} ${step > 0 ? "later" : "earlier"} by ${Math.abs(step)} milliseconds`, onclick: () => nudge(side, step / 1000) },
        `${step > 0 ? "+" : "−"}${Math.abs(step)}`,
      ),
    );
  byId(`edge-${side}`).append(
    element("label", { class: "label", for: `time-${side}` }, side === "start" ? "Start" : "End"),
    element("div", { class: "edge-row" }, ...nudges([-50, -10]),
      element("input", { type: "text", id: `time-${side}`, class: "time", inputMode: "decimal", autocomplete: "off", onchange: () => typeTime(side) }),
      ...nudges([10, 50]),
      element("button", { type: "button", title: `Set the ${side} to the playhead (${side === "start" ? 1 : 2})`, onclick: () => setEdge(side, now()) }, "Set")),
  );
}

/** Move an edge of the selected word, or else of the selected caption, to a time. */
function setEdge(side, time) {
  const word = view.word;
  return editItem("move an edge", (item) => (word === null ? withEdge(item, side, time) : withWordEdge(item, word, side, time)));
}

function nudge(side, step) {
  const item = selectedItem();
  const span = item && view.word !== null ? item.words[view.word] : item;
  if (!item || span[side] === null) announce(item ? "There is no time to move yet. Set it with the keys 1 and 2." : "Select a caption first.");
  else setEdge(side, span[side] + step);
}

function typeTime(side) {
  const time = parseClock(byId(`time-${side}`).value);
  if (time === null) announce("Expected a time such as 1:15.250.");
  else setEdge(side, time);
  fillPanel();
}

function keepText() {
  const item = selectedItem();
  if (item && textBox.value !== item.text) editItem("text", (one) => withText(one, textBox.value));
}

function verdict(kind) {
  if (!editItem(kind, (item) => withVerdict(item, kind))) return;
  if (byId("advance").checked && selectedItem()?.verdict === kind) stepRow(1);
}

/** Split before the word at the text cursor if the text is edited, else at the playhead. */
function splitHere() {
  const inText = document.activeElement === textBox;
  const cursor = textBox.selectionStart;
  if (inText) keepText();
  edit("split", (items, place) => {
    const item = items[place];
    let number;
    if (inText) number = locate(item.text, item.words).findIndex((span) => span && span[0] >= cursor);
    else if (view.word) number = view.word;
    else number = nearestBoundary(item, now());
    return splitting(items, place, number);
  });
  view.word = null;
  fillPanel();
}

const merge = () => edit("merge", merging);
const revert = () => edit("revert", reverting);

function wordButton(item, word, number) {
  const placed = word.start !== null;
  const tone = placed ? levelName(word.confidence) : "not_spoken";
  return element(
    "button",
    {
      type: "button",
      class: `chip tone-${tone}${placed ? "" : " unplaced"}`,
      dir: "auto",
      "aria-pressed": String(number === view.word),
      "data-word": number,
      title: [placed ? `${clock(word.start)} – ${clock(word.end)}` : "not placed", word.confidence === null ? null : percent(word.confidence), word.reason].filter(Boolean).join(", "),
      onclick: () => {
        select(item.id, { word: view.word === number ? null : number, reveal: false });
        if (placed) playRange(word.start, word.end);
      },
    },
    word.text,
  );
}

function fillWords(item) {
  const focused = document.activeElement?.dataset?.word;
  const words = byId("words");
  words.dir = getComputedStyle(textBox).direction;
  words.replaceChildren(...item.words.map((word, number) => wordButton(item, word, number)));
  if (focused !== undefined && document.activeElement === document.body) words.querySelector(`[data-word="${focused}"]`)?.focus();
  markChips();
  const word = view.word === null ? null : item.words[view.word];
  setText(byId("word-info"), word ? "The times below are those of the word. Escape: of the caption again." : "");
  setText(byId("times-title"), word ? "Times of the word" : "Times");
}

function fillPanel() {
  const item = selectedItem();
  const gap = item ? null : gapOf(view.selected);
  byId("nothing").hidden = Boolean(item || gap);
  byId("panel").hidden = !item;
  byId("gap-panel").hidden = !gap;
  if (gap) setText(byId("gap-times"), `${clock(gap.start)} – ${clock(gap.end)}, ${lengthText(gap.end - gap.start)}`);
  if (!item) return;
  const { status, confidence, reason, reviewed } = outcome(item);
  setText(byId("panel-title"), `Caption ${item.from.map((index) => index + 1).join(" + ")}`);
  const badgeBox = byId("panel-status");
  badgeBox.className = `badge tone-${toneOf(item)}`;
  setText(badgeBox, status === "aligned" ? (confidence === null ? "aligned" : `${levelName(confidence)}, ${percent(confidence)}`) : STATUS_NAMES[status]);
  byId("panel-review").hidden = !reviewed;
  byId("panel-review").className = `badge ${reviewed ?? ""}`;
  setText(byId("panel-review"), reviewed ?? "");
  setText(byId("panel-reason"), reason ?? "");
  const { cps, warnings } = reading(item);
  setText(byId("panel-reading"), warnings.length ? `⚠ ${warnings.join(", ")}` : "");
  for (const [id, kind] of [["accept", "accepted"], ["reject", "rejected"]])
    byId(id).setAttribute("aria-pressed", String(item.verdict === kind));
  if (document.activeElement !== textBox || textBox.dataset.item !== String(item.id)) textBox.value = item.text;
  textBox.dataset.item = item.id;
  const span = view.word === null ? item : item.words[view.word];
  for (const side of EDGES) byId(`time-${side}`).value = span[side] === null ? "" : clock(span[side]);
  byId("edge-end").dataset.note = cps === null ? "" : `${lengthText(lengthOf(item))}, ${cps.toFixed(1)} characters per second`;
  fillWords(item);
  byId("revert").disabled = !(isTouched(item) || item.from.length > 1);
  byId("alternatives").hidden = !item.alternatives.length;
  byId("alternative-places").replaceChildren(
    ...item.alternatives.map(([start, end]) =>
      element("button", { type: "button", onclick: () => { revealTimes(start, end); playRange(start, end); } }, `▶ ${clock(start, 1)}`)),
  );
}

function markChips() {
  const own = view.sounding === view.selected;
  for (const chip of byId("words").children) chip.classList.toggle("sounding", own && Number(chip.dataset.word) === view.soundingWord);
}

textBox.addEventListener("blur", keepText);
textBox.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    keepText();
    list.focus();
  } else if (event.key === "Escape") {
    event.stopPropagation();
    textBox.value = selectedItem()?.text ?? "";
    list.focus();
  }
});
