// The list of captions. Only the rows that are seen are in the page, so that hours scroll like minutes.

const ROW = 66; // pixels; list.css has the same
const list = byId("list");
const rowsBox = byId("rows");
let rows = [];
const drawn = new Map(); // id -> element

const MOST_WORDS = 80; // of a row; two lines have room for fewer

function wordSpans(item) {
  const words = item.words.slice(0, MOST_WORDS);
  const places = locate(item.text, words);
  const box = element("div", { class: "what", dir: "auto" });
  let at = 0;
  words.forEach((word, number) => {
    const place = places[number];
    if (!place) return;
    box.append(item.text.slice(at, place[0]));
    const span = element("span", { class: "word" }, word.text);
    if (word.start !== null) span.dataset.word = number;
    box.append(span);
    at = place[1];
  });
  box.append(item.text.slice(at, at + 400));
  return box;
}

function badge(text, kind) {
  return element("span", { class: `badge ${kind}` }, text);
}

function rowOf(item, place) {
  const { status, confidence, reviewed, reason } = outcome(item);
  const tone = toneOf(item);
  const row = element("div", { class: `row tone-${tone}`, role: "option", id: `row-${item.id}` });
  row.dataset.id = item.id;
  const when = element("div", { class: "when" }, element("span", { class: "start" }, clock(item.start, 1)));
  if (item.gap) {
    when.append(element("span", { class: "weak" }, lengthText(item.end - item.start)));
    row.append(when, element("div", { class: "what weak" }, "Speech without a caption"), element("div", { class: "how" }, badge("no caption", "gap")));
  } else {
    when.append(element("span", { class: "weak" }, `#${item.from.map((index) => index + 1).join("+")}`));
    const how = element("div", { class: "how" });
    if (status === "aligned")
      how.append(element("span", { class: "confidence" }, percent(confidence)), element("span", { class: "sign", "aria-hidden": "true" }, levelSign(confidence)));
    else how.append(badge(STATUS_NAMES[status], status));
    const notes = element("div", { class: "notes" });
    if (reviewed) notes.append(badge({ accepted: "✓ accepted", rejected: "✗ rejected", corrected: "✎ corrected" }[reviewed], reviewed));
    for (const warning of reading(item).warnings.slice(0, 1)) notes.append(badge(`⚠ ${warning}`, "reading"));
    if (reason && !reviewed) notes.append(element("span", { class: "weak reason", dir: "auto" }, reason));
    const what = wordSpans(item);
    if (item.speaker) what.prepend(element("bdi", { class: "speaker" }, item.speaker), " ");
    row.append(when, element("div", { class: notes.hasChildNodes() ? "middle noted" : "middle" }, what, notes), how);
  }
  row.setAttribute("aria-posinset", String(place + 1));
  row.setAttribute("aria-setsize", String(rows.length));
  return row;
}

function drawRows() {
  const first = Math.max(0, Math.floor(list.scrollTop / ROW) - 4);
  const last = Math.min(rows.length - 1, Math.ceil((list.scrollTop + list.clientHeight) / ROW) + 4);
  const wanted = new Set(rows.slice(first, last + 1));
  for (const [item, row] of drawn)
    if (!wanted.has(item)) {
      row.remove();
      drawn.delete(item);
    }
  for (let place = first; place <= last; place++) {
    const item = rows[place];
    if (!drawn.has(item)) {
      drawn.set(item, rowOf(item, place));
      rowsBox.append(drawn.get(item));
    }
    const row = drawn.get(item);
    row.style.transform = `translateY(${place * ROW}px)`;
    const chosen = item.id === view.selected;
    row.setAttribute("aria-selected", String(chosen));
    row.classList.toggle("sounding", item.id === view.sounding);
  }
  const active = view.selected !== null && byId(`row-${view.selected}`);
  if (active) list.setAttribute("aria-activedescendant", active.id);
  else list.removeAttribute("aria-activedescendant");
  markWords();
}

function markWords() {
  for (const [item, row] of drawn) {
    row.classList.toggle("sounding", item.id === view.sounding);
    for (const word of row.querySelectorAll(".word.sounding")) word.classList.remove("sounding");
    if (item.id === view.sounding) row.querySelector(`[data-word="${view.soundingWord}"]`)?.classList.add("sounding");
  }
}

const laterRows = oncePerFrame(drawRows);

function sizeRows() {
  rowsBox.style.height = `${rows.length * ROW}px`;
  const captions = rows.filter((item) => !item.gap).length;
  const gaps = rows.length - captions;
  const noun = (n, one, more) => `${n} ${n === 1 ? one : more}`;
  setText(byId("count"), rows.length ? noun(captions, "caption", "captions") + (gaps ? `, ${noun(gaps, "stretch", "stretches")} of speech without one` : "") : "Nothing passes the filter.");
}

/** Apply the filters and the order anew. */
function refilter() {
  rows = filteredRows();
  for (const row of drawn.values()) row.remove();
  drawn.clear();
  sizeRows();
  list.scrollTop = 0;
  const place = rows.findIndex((item) => item.id === view.selected);
  if (place >= 0) revealRow(place);
  drawRows();
}

function revealRow(place) {
  const top = place * ROW;
  if (top < list.scrollTop || top + ROW > list.scrollTop + list.clientHeight)
    list.scrollTop = Math.max(0, top - list.clientHeight / 3);
}

// Rows of edited captions stay where they are; other rows stay out.
review.listeners.push(({ removed, added }) => {
  if (removed.length > 1000) {
    refilter();
    return;
  }
  const places = removed.map((item) => rows.indexOf(item)).filter((place) => place >= 0);
  if (places.length) {
    const gone = new Set(removed);
    const at = Math.min(...places);
    rows = rows.filter((item) => !gone.has(item));
    rows.splice(at, 0, ...added);
  }
  sizeRows();
  laterRows();
});

/** Select the row that is `step` rows further. */
function stepRow(step) {
  if (!rows.length) return;
  const place = rows.findIndex((item) => item.id === view.selected);
  const next = place < 0 ? (step > 0 ? 0 : rows.length - 1) : limitTo(place + step, 0, rows.length - 1);
  choose(rows[next]);
}

/** The next row, from the selected one on, that is not reviewed. */
function stepOpen() {
  const place = rows.findIndex((item) => item.id === view.selected);
  const order = [...rows.slice(place + 1), ...rows.slice(0, place + 1)];
  const next = order.find((item) => TESTS.open(item));
  if (next) choose(next);
  else announce("Every caption of the list is reviewed.");
}

/** Select an item and put the playhead at its start. */
function choose(item) {
  select(item.id);
  if (item.start !== null && !isPlaying()) seek(item.start);
}

list.addEventListener("scroll", laterRows, { passive: true });
list.addEventListener("click", (event) => {
  const row = event.target.closest(".row");
  if (!row) return;
  const item = rows.find((one) => String(one.id) === row.dataset.id);
  const number = event.target.closest("[data-word]")?.dataset.word;
  if (number === undefined) choose(item);
  else {
    select(item.id, { word: Number(number) });
    playRange(item.words[number].start, item.words[number].end);
  }
});
list.addEventListener("dblclick", (event) => {
  const row = event.target.closest(".row");
  const item = row && rows.find((one) => String(one.id) === row.dataset.id);
  if (item && item.start !== null) playRange(item.start, item.end);
});
