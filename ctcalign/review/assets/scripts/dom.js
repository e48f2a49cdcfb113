// Elements. Text of users reaches the page as text nodes alone: nothing here or elsewhere parses HTML.

const byId = (id) => document.getElementById(id);

/** An element with properties, attributes (names with "-", "role", "for"), listeners ("on...") and children. */
function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name.includes("-") || name === "role" || name === "for") made.setAttribute(name, String(value));
    else if (name === "class") made.className = value;
    else made[name] = value;
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** A text of the user: its direction is its own, and it does not reorder its surroundings. */
function userText(text, tag = "bdi") {
  return element(tag, { dir: "auto" }, text);
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

const colours = new Map(); // emptied when the theme changes

/** A colour of the theme, resolved, for canvases and wavesurfer.js. */
function colour(name) {
  if (!colours.has(name)) {
    const probe = byId("probe");
    probe.style.color = `var(--${name})`;
    colours.set(name, getComputedStyle(probe).color);
  }
  return colours.get(name);
}

/** Calls `work` once in the next frame, however often the returned function is called until then. */
function oncePerFrame(work) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      work();
    });
  };
}

/** A message for the user, which a screen reader announces; it disappears after some seconds. */
function announce(text) {
  const box = byId("notice");
  box.textContent = text;
  box.classList.add("shown");
  clearTimeout(announce.timer);
  announce.timer = setTimeout(() => box.classList.remove("shown"), 5000);
}
