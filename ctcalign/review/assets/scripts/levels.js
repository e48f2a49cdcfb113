// Levels of confidence: each has a colour, and a name and a sign for those who do not see the colour.

const LEVELS = [
  { name: "sure", least: 0.9, sign: "●●●●" },
  { name: "likely", least: 0.7, sign: "●●●○" },
  { name: "doubtful", least: 0.4, sign: "●●○○" },
  { name: "poor", least: 0, sign: "●○○○" },
];
const STATUS_NAMES = { aligned: "aligned", not_spoken: "not spoken", failed: "failed", gap: "no caption" };

function levelName(confidence) {
  return confidence === null ? "unknown" : LEVELS.find((level) => confidence >= level.least).name;
}

/** Name of the colour of a row: its level, or its status where it is not aligned. */
function toneOf(item) {
  const { status, confidence } = outcome(item);
  return status === "aligned" ? levelName(confidence) : status;
}

function percent(confidence) {
  return confidence === null ? "–" : `${Math.floor(confidence * 100)} %`;
}

function levelSign(confidence) {
  return confidence === null ? "" : LEVELS.find((level) => confidence >= level.least).sign;
}
