// Edits and preferences that the browser keeps. The edits of an alignment are found by the digest of its file.

const EDITS_KEY = `ctcalign-review:${DATA.alignment.sha256}`;

function stored(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null; // not allowed, or damaged
  }
}

/** Whether it could be kept. */
function store(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
    return true;
  } catch {
    return false; // not allowed, or full
  }
}

function editsDocument(items) {
  return { schema: "ctcalign/edits/1", alignment: DATA.alignment, cues: entriesOf(items) };
}

function restoredItems() {
  const kept = stored(EDITS_KEY);
  if (!kept || kept.schema !== "ctcalign/edits/1") return BASE.slice();
  try {
    return itemsOf(kept.cues);
  } catch {
    return BASE.slice();
  }
}

function keepEdits(items) {
  const kept = store(EDITS_KEY, editsDocument(items));
  setText(byId("saved"), kept ? "" : "This browser keeps nothing: export your edits before you close the page.");
}
