// Times in seconds as text, and back.

/** "1:02:03.456"; hours only where there are some. */
function clock(seconds, decimals = 3) {
  if (seconds === null) return "–";
  const unit = 10 ** decimals;
  const ticks = Math.round(seconds * unit);
  const whole = Math.floor(ticks / unit);
  const minutes = Math.floor(whole / 60) % 60;
  const hours = Math.floor(whole / 3600);
  const rest = String(whole % 60).padStart(2, "0");
  const fraction = decimals ? "." + String(ticks % unit).padStart(decimals, "0") : "";
  return (hours ? `${hours}:${String(minutes).padStart(2, "0")}` : String(minutes)) + `:${rest}${fraction}`;
}

/** Seconds of "75.5", "1:15.5" or "0:01:15,5"; null if it is none of these. */
function parseClock(text) {
  const match = /^\s*(?:(?:(\d+):)?(\d{1,3}):)?(\d+(?:[.,]\d*)?)\s*$/.exec(text);
  if (!match) return null;
  return rounded(Number(match[1] ?? 0) * 3600 + Number(match[2] ?? 0) * 60 + Number(match[3].replace(",", ".")));
}

/** Seconds with three decimals, as the exported edits have them. */
function rounded(seconds) {
  return seconds === null ? null : Math.round(seconds * 1000) / 1000;
}

/** A length as "0.85 h", "12.3 min" or "4.2 s". */
function lengthText(seconds) {
  if (seconds >= 3600) return `${(seconds / 3600).toFixed(2)} h`;
  if (seconds >= 60) return `${(seconds / 60).toFixed(1)} min`;
  return `${seconds.toFixed(1)} s`;
}
