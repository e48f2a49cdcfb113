// Light and dark: as the system has it, or as chosen.

const THEMES = ["auto", "light", "dark"];

function setTheme(name) {
  if (name === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  setText(byId("theme"), `Theme: ${name}`);
  recolour();
}

/** Canvases do not follow the style: draw them anew. */
function recolour() {
  colours.clear();
  wave.setOptions({ waveColor: colour("wave"), progressColor: colour("wave-played"), cursorColor: colour("accent") });
  redrawOverview();
  drawRuler();
}

function nextTheme() {
  const name = THEMES[(THEMES.indexOf(document.documentElement.dataset.theme ?? "auto") + 1) % THEMES.length];
  store("ctcalign-review-theme", name);
  setTheme(name);
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
