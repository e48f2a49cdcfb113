// The keyboard. Keys without Ctrl can be switched off, for those who enter text by voice.

const KEYS = [
  ["Playing", [
    [" ", "Space", "play or pause", togglePlaying],
    ["Enter", "Enter", "play the caption or the word", playSelected],
    ["l", "L", "repeat the caption", toggleLoop],
    ["ArrowLeft", "←", "1 s back", () => seek(now() - 1)],
    ["ArrowRight", "→", "1 s forward", () => seek(now() + 1)],
    [",", ",", "slower", () => stepRate(-1)],
    [".", ".", "faster", () => stepRate(1)],
  ]],
  ["Moving", [
    ["j", "J or ↓", "next caption", () => stepRow(1)],
    ["k", "K or ↑", "previous caption", () => stepRow(-1)],
    ["n", "N", "next caption that is not reviewed", stepOpen],
    ["/", "/", "search the text", () => byId("search").focus()],
    ["+", "+ and −", "zoom in and out", () => zoomTo(view.pxPerSecond * 1.5)],
    ["z", "Z", "zoom to the caption", zoomToItem],
    ["Escape", "Escape", "from the word back to the caption", () => view.selected !== null && select(view.selected, { reveal: false })],
  ]],
  ["Verdicts and text", [
    ["a", "A", "accept: spoken here as written", () => verdict("accepted")],
    ["r", "R", "reject: not spoken here", () => verdict("rejected")],
    ["e", "E", "edit the text", () => selectedItem() && textBox.focus()],
    ["s", "S", "split at the playhead, the word or the text cursor", splitHere],
    ["m", "M", "merge with the next caption", merge],
    ["u", "U", "undo", undo],
    ["U", "Shift+U", "redo", redo],
  ]],
  ["Times", [
    ["q", "Q and W", "start 10 ms earlier, later", () => nudge("start", -0.01)],
    ["Q", "Shift+Q, Shift+W", "start 50 ms earlier, later", () => nudge("start", -0.05)],
    ["o", "O and P", "end 10 ms earlier, later", () => nudge("end", -0.01)],
    ["O", "Shift+O, Shift+P", "end 50 ms earlier, later", () => nudge("end", -0.05)],
    ["1", "1 and 2", "start, end at the playhead", () => setEdge("start", now())],
    ["[", "[ and ]", "select the previous, next word", () => stepWord(-1)],
  ]],
  ["Page", [
    ["g", "G", "spectrogram", toggleSpectrogram],
    ["t", "T", "light or dark", nextTheme],
    ["?", "?", "this help", toggleHelp],
  ]],
];
// The second keys of the pairs above.
const MORE_KEYS = {
  ArrowDown: () => stepRow(1),
  ArrowUp: () => stepRow(-1),
  "-": () => zoomTo(view.pxPerSecond / 1.5),
  "=": () => zoomTo(view.pxPerSecond * 1.5),
  w: () => nudge("start", 0.01),
  W: () => nudge("start", 0.05),
  p: () => nudge("end", 0.01),
  P: () => nudge("end", 0.05),
  2: () => setEdge("end", now()),
  "]": () => stepWord(1),
};
const ACTIONS = new Map([...KEYS.flatMap(([, keys]) => keys.map(([key, , , action]) => [key, action])), ...Object.entries(MORE_KEYS)]);

function playSelected() {
  const item = selectedItem() ?? gapOf(view.selected);
  const span = item && view.word !== null && item.words ? item.words[view.word] : item;
  if (!span || span.start === null) announce(item ? "This caption has no time." : "Select a caption first.");
  else playRange(span.start, span.end);
}

function toggleLoop() {
  const item = selectedItem() ?? gapOf(view.selected);
  if (loop) setLoop(null);
  else if (!item || item.start === null) announce("Select a caption with a time first.");
  else {
    setLoop([item.start, item.end]);
    playRange(item.start);
  }
}

function stepWord(step) {
  const item = selectedItem();
  if (!item || !item.words.length) return;
  let number = view.word === null ? (step > 0 ? 0 : item.words.length - 1) : view.word + step;
  while (item.words[number] && item.words[number].start === null) number += step;
  if (!item.words[number]) return;
  select(item.id, { word: number, reveal: false });
  seek(item.words[number].start);
}

function undo() {
  const step = review.undo();
  announce(step ? `Undone: ${step.label}.` : "Nothing to undo.");
}

function redo() {
  const step = review.redo();
  announce(step ? `Done again: ${step.label}.` : "Nothing to redo.");
}

function toggleHelp() {
  const help = byId("help");
  if (help.open) help.close();
  else help.showModal();
}

function fillHelp() {
  byId("help-keys").append(
    ...KEYS.map(([title, keys]) =>
      element("section", {}, element("h3", {}, title),
        element("dl", {}, ...keys.flatMap(([, shownAs, text]) => [element("dt", {}, element("kbd", {}, shownAs)), element("dd", {}, text)])))),
    element("p", { class: "weak" }, "Ctrl+S exports the edits, Ctrl+Z and Ctrl+Y undo and redo."),
  );
  byId("legend").append(
    ...LEVELS.map((level, i) => element("li", { class: `tone-${level.name}` }, element("span", { class: "swatch" }), `${level.sign} ${level.name}: confidence of ${i ? `${percent(level.least)} to ${percent(LEVELS[i - 1].least)}` : `${percent(level.least)} or more`}`)),
    ...["not_spoken", "failed", "gap"].map((name) => element("li", { class: `tone-${name}` }, element("span", { class: "swatch" }), { not_spoken: "not spoken", failed: "failed: could not be placed", gap: "speech without a caption" }[name])),
  );
  const messages = DATA.warnings.map((text) => element("li", {}, userText(text)));
  byId("messages").append(...(messages.length ? messages : [element("li", {}, "none")]));
}

const isTyping = (target) => target.matches("textarea, input:not([type=range]):not([type=checkbox]), select");

document.addEventListener("keydown", (event) => {
  const command = event.ctrlKey || event.metaKey;
  if (command && event.key.toLowerCase() === "s") {
    event.preventDefault();
    keepText();
    exportEdits();
    return;
  }
  if (isTyping(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (command && ["z", "y"].includes(event.key.toLowerCase())) {
    event.preventDefault();
    if (event.key.toLowerCase() === "y" || event.shiftKey) redo();
    else undo();
    return;
  }
  if (command || event.altKey || !byId("single-keys").checked) return;
  if (byId("help").open && event.key !== "?") return;
  // Buttons and sliders keep the keys that operate them.
  if ([" ", "Enter"].includes(event.key) && event.target.closest("button, a, label, summary")) return;
  if (event.key.startsWith("Arrow") && event.target.matches("input")) return;
  const action = ACTIONS.get(event.key) ?? ACTIONS.get(event.shiftKey ? event.key : event.key.toLowerCase());
  if (!action) return;
  event.preventDefault();
  action();
});
