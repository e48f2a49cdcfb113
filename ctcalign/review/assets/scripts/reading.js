// How fast a caption must be read, and whether its lines fit.

const TAGS = /<\/?(?:i|b|u|s|em|strong|font|c|v|lang|ruby|rt|span)(?:[.\s][^<>]*|\s*\/)?>|<(?:\d+:)?\d{1,2}:\d{2}\.\d{1,3}>|\{\\[^{}]*\}/gi;

/** The lines of a caption as they are seen. */
function shownLines(text) {
  return text
    .replace(/<br\s*\/?>/gi, "\n")
    .replace(TAGS, "")
    .split("\n")
    .map((line) => line.trim());
}

function readingOf(item) {
  const widths = shownLines(item.text).map((line) => graphemes(line).length);
  const characters = widths.reduce((sum, width) => sum + width, 0);
  const length = lengthOf(item);
  const cps = length > 0 ? characters / length : null;
  const { cps: most, line, lines } = DATA.limits;
  const warnings = [];
  // A millisecond of tolerance, as in the writer of subtitles.
  if (cps !== null && most !== null && characters / most > length + 0.001) warnings.push(`${cps.toFixed(1)} characters per second`);
  if (line !== null && Math.max(...widths) > line) warnings.push(`line of ${Math.max(...widths)} characters`);
  if (lines !== null && widths.length > lines) warnings.push(`${widths.length} lines`);
  return { cps, warnings };
}

const readings = new WeakMap();

/** `readingOf`, computed once for each item. */
function reading(item) {
  if (item.gap) return { cps: null, warnings: [] };
  if (!readings.has(item)) readings.set(item, readingOf(item));
  return readings.get(item);
}
