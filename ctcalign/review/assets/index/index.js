// The table of a corpus: sorted by a column, filtered by text, state and confidence. Of thousands of rows only the first
// ones are in the page, since a browser needs seconds to lay out all of them.
const STEP = 200; // rows
const table = document.getElementById("recordings");
const body = table.tBodies[0];
const rows = Array.from(body.rows, (row) => ({
  row,
  text: `${row.cells[0].textContent} ${row.cells[row.cells.length - 1].textContent}`.toLocaleLowerCase(),
  confidence: row.cells[1].dataset.value,
}));
const search = document.getElementById("search");
const state = document.getElementById("state");
const most = document.getElementById("most");
const more = document.getElementById("more");

function isShown({ row, text, confidence }) {
  if (search.value && !text.includes(search.value.toLocaleLowerCase())) return false;
  if (Number(most.value) < 1 && (confidence === "" || Number(confidence) > Number(most.value))) return false;
  if (state.value === "problem") return "problem" in row.dataset;
  if (state.value === "open") return "open" in row.dataset;
  return state.value === "all" || row.dataset.state === state.value;
}

let limit = STEP;

function draw() {
  const found = rows.filter(isShown);
  body.replaceChildren(...found.slice(0, limit).map(({ row }) => row));
  document.getElementById("most-value").textContent = Number(most.value).toFixed(2);
  document.getElementById("count").textContent = `${found.length} of ${rows.length} recordings`;
  more.hidden = found.length <= limit;
  more.textContent = `Show more (${found.length - limit})`;
}

function filter() {
  limit = STEP;
  draw();
}

function showUpTo(count) {
  limit = count;
  draw();
}

/** Rows without a value come last in both directions. */
function compare(column, kind, sign) {
  const names = new Intl.Collator(undefined, { numeric: true });
  const value = ({ row }) => (kind === "number" ? row.cells[column].dataset.value : row.cells[column].textContent);
  return (a, b) => {
    const [x, y] = [value(a), value(b)];
    if (x === "" || y === "") return (x === "") - (y === "");
    return sign * (kind === "number" ? Number(x) - Number(y) : names.compare(x, y));
  };
}

function sort(head) {
  const ascending = head.getAttribute("aria-sort") !== "ascending";
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
  const kind = head.firstElementChild.dataset.kind;
  rows.sort(compare(head.cellIndex, kind, ascending ? 1 : -1));
  draw();
}

for (const head of table.tHead.rows[0].cells) head.firstElementChild.addEventListener("click", () => sort(head));
for (const input of [search, state, most]) input.addEventListener("input", filter);
document.getElementById("filters").addEventListener("submit", (event) => event.preventDefault());
more.addEventListener("click", () => showUpTo(limit + STEP));
addEventListener("beforeprint", () => showUpTo(Infinity));
addEventListener("afterprint", filter);
body.hidden = false;
filter();
document.body.dataset.ready = "";
