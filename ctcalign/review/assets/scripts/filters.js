// Which rows the list shows, and in which order. Edits do not move rows: only a new filter or order does.

const filter = { text: "", status: "all", sort: "time", reverse: false, worst: null, threshold: 0 };

const searchable = new WeakMap();

function lowerText(item) {
  if (!searchable.has(item)) searchable.set(item, `${item.speaker ?? ""} ${item.text}`.toLocaleLowerCase());
  return searchable.get(item);
}

/** Whether a caption is kept at the confidence of the slider. */
function isKept(item) {
  const { status, confidence } = outcome(item);
  return status === "aligned" && (confidence ?? 0) >= filter.threshold;
}

const TESTS = {
  all: () => true,
  open: (item) => !item.gap && outcome(item).reviewed === null,
  accepted: (item) => outcome(item).reviewed === "accepted",
  rejected: (item) => outcome(item).reviewed === "rejected",
  corrected: (item) => outcome(item).reviewed === "corrected",
  kept: (item) => !item.gap && isKept(item),
  left: (item) => !item.gap && !isKept(item),
  reading: (item) => reading(item).warnings.length > 0,
};

function passes(item) {
  if (filter.text && (item.gap || !lowerText(item).includes(filter.text))) return false;
  return (TESTS[filter.status] ?? ((one) => outcome(one).status === filter.status))(item);
}

/** Confidence by which rows are sorted: what is not placed comes first, gaps come last. */
function rank(item) {
  if (item.gap) return 3;
  const { status, confidence } = outcome(item);
  return status === "aligned" ? (confidence ?? 2) : -1;
}

/** The time by which a row is sorted: captions without one stand behind the one before them. */
function sortTimes(items) {
  const times = new Map();
  let latest = 0;
  for (const item of items) {
    latest = item.start ?? latest;
    times.set(item, latest);
  }
  for (const gap of GAPS) times.set(gap, gap.start);
  return times;
}

/** The rows of the list: items and gaps. */
function filteredRows() {
  let rows = [...review.items, ...GAPS].filter(passes);
  if (filter.worst !== null) {
    rows = rows.filter((item) => !item.gap && outcome(item).status === "aligned" && outcome(item).confidence !== null);
    rows.sort((a, b) => rank(a) - rank(b));
    rows = rows.slice(0, filter.worst);
  }
  const times = sortTimes(review.items);
  const keys = {
    time: (item) => times.get(item),
    confidence: rank,
    length: (item) => -(item.gap ? item.end - item.start : lengthOf(item)),
    cps: (item) => -(reading(item).cps ?? -1),
  };
  const key = keys[filter.sort];
  // Array.sort is stable: equal rows stay in the order of the captions.
  rows.sort((a, b) => key(a) - key(b));
  return filter.reverse ? rows.reverse() : rows;
}
