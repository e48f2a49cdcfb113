// The table of a corpus: sorted by a column, filtered by text, state and confidence.
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

function isShown({ row, text, confidence }) {
  if (search.value && !text.includes(search.value.toLocaleLowerCase())) return false;
  if (Number(most.value) < 1 && (confidence === "" || Number(confidence) > Number(most.value))) return false;
  if (state.value === "problem") return "problem" in row.dataset;
  if (state.value === "open") return "open" in row.dataset;
  return state.value === "all" || row.dataset.state === state.value;
}

function filter() {
  let shown = 0;
  for (const one of rows) {
    one.row.hidden = !isShown(one);
    shown += one.row.hidden ? 0 : 1;
  }
  document.getElementById("most-value").textContent = Number(most.value).toFixed(2);
  document.getElementById("count").textContent = `${shown} of ${rows.length} recordings`;
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
  body.append(...rows.map(({ row }) => row));
}

for (const head of table.tHead.rows[0].cells) head.firstElementChild.addEventListener("click", () => sort(head));
for (const input of [search, state, most]) input.addEventListener("input", filter);
document.getElementById("filters").addEventListener("submit", (event) => event.preventDefault());
filter();
document.body.dataset.ready = "";
