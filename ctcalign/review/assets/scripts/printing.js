// Printing: the list has only the rows that are seen, so all rows of the filter are put into a table first.

function fillPrint() {
  const head = element("tr", {}, ...["Time", "Caption", "Status", "Confidence", "Review"].map((name) => element("th", {}, name)));
  const body = rows.map((item) => {
    const { status, confidence, reviewed, reason } = outcome(item);
    const times = item.start === null ? "–" : `${clock(item.start, 1)} – ${clock(item.end, 1)}`;
    const cells = [times, null, STATUS_NAMES[status] + (reason ? `: ${reason}` : ""), percent(confidence), reviewed ?? ""];
    return element("tr", {}, ...cells.map((cell) => (cell === null ? element("td", { dir: "auto" }, item.gap ? "" : item.text) : element("td", {}, cell))));
  });
  byId("print").replaceChildren(element("table", {}, element("thead", {}, head), element("tbody", {}, ...body)));
}

window.addEventListener("beforeprint", fillPrint);
window.addEventListener("afterprint", () => byId("print").replaceChildren());
