// What the Scrubber computes: which number stands where, how it is written, which colour and height it gets. Nothing
// here touches a page, so that Node can test it.

// Values travel as whole numbers, 16 bits each, in units of the last decimal shown: what is printed is exact.
export function decode(base64) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Int16Array.from({ length: bytes.length / 2 }, (_, k) => view.getInt16(2 * k, true));
}

// A fixed number of decimals and a true minus sign, so that digits keep their place while they change.
export function format(whole, decimals) {
  const digits = String(Math.abs(whole)).padStart(decimals + 1, "0");
  const cut = digits.length - decimals;
  return (whole < 0 ? "−" : "") + digits.slice(0, cut) + (decimals ? "." + digits.slice(cut) : "");
}

// The whole number stored for a panel, a row (a unit or an input feature), a step and a checkpoint. What is the same at
// every checkpoint, as the input, is stored once.
export function at(panel, row, step, checkpoint = 0) {
  const stored = panel.values.length / (panel.seq * panel.rows);
  return panel.values[(Math.min(checkpoint, stored - 1) * panel.seq + step) * panel.rows + row];
}

// What a unit's state was before the first step: zero, unless the panel says otherwise.
function before(panel, row, checkpoint) {
  const stored = (panel.first?.length ?? 0) / panel.rows;
  return stored ? panel.first[Math.min(checkpoint, stored - 1) * panel.rows + row] : 0;
}

// The whole number that stands for a letter of an equation.
export function wholeFor(letter, panels, unit, step, reverse, checkpoint = 0) {
  const earlier = letter.endsWith("₋₁");
  const panel = panels[earlier ? letter.slice(0, -2) : letter];
  const from = earlier ? step + (reverse ? 1 : -1) : step;
  return from >= 0 && from < panel.seq ? at(panel, unit, from, checkpoint) : before(panel, unit, checkpoint);
}

// Colour and opacity of one value: zero is transparent, so the page itself is the colour of zero in any theme.
export function paint(share, panel, colors) {
  const [red, green, blue] = channels(panel.color ?? (share < 0 ? colors.negative : colors.positive));
  return [red, green, blue, Math.round(255 * Math.min(1, Math.abs(share)))];
}

const CHANNELS = new Map(); // each color is read once, and not for every pixel

function channels(color) {
  if (!CHANNELS.has(color)) CHANNELS.set(color, [1, 3, 5].map((k) => parseInt(color.slice(k, k + 2), 16)));
  return CHANNELS.get(color);
}

// Inputs have a name and a number beside each row; units are many and share the space, with those of other traces.
export function panelHeight(panel, traces = 1) {
  if (panel.name === "x") return panel.rows * 18;
  return panel.rows === 1 ? 24 : Math.max(Math.min(panel.rows * 10, traces > 1 ? 48 : 96), panel.rows);
}

// Which row of which panel lies under a height inside the stage; null in the gaps.
export function rowUnder(y, boxes) {
  for (const box of boxes) {
    if (y >= box.top && y < box.top + box.height) {
      return { name: box.name, row: Math.min(box.rows - 1, Math.floor(((y - box.top) / box.height) * box.rows)) };
    }
  }
  return null;
}

// Heights between 0 (the top) and 1 of a curve's points, on the axis that runs over this range; if there is none, on one
// that holds them and 0, or a logarithmic one if the values span a factor of 1000. NaN is a point that is not there.
export function heights(values, range) {
  const known = values.filter((v) => !Number.isNaN(v));
  const log = !range && known.every((v) => v > 0) && Math.max(...known) > 1000 * Math.min(...known);
  const scaled = log ? values.map(Math.log) : values;
  const [least, most] = [Math.min(...known), Math.max(...known)].map((v) => (log ? Math.log(v) : v));
  const low = range?.[0] ?? (log ? least : Math.min(0, least));
  const high = range?.[1] ?? Math.max(low + 1e-30, most);
  return { log, points: scaled.map((v) => 1 - (v - low) / (high - low)) };
}
