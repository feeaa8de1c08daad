// The maps of the Cobweb: one state, one step. Nothing here touches a page, so that Node can test it.

export const MAPS = {
  "tanh(w·h + b)": {
    value: (h, { w, b }) => Math.tanh(w * h + b),
    slope: (h, { w, b }) => w * (1 - Math.tanh(w * h + b) ** 2),
  },
  "f·c + i·g": { value: (c, { f, i, g }) => f * c + i * g, slope: (c, { f }) => f },
  "z·h + (1-z)·n": { value: (h, { z, n }) => z * h + (1 - z) * n, slope: (h, { z }) => z },
};

// The states of a number of steps, the first one included, and what is left of a small change of the first one after
// each: the product of the slopes.
export function followed({ value, slope }, start, settings, steps) {
  const states = [start];
  const left = [1];
  for (let t = 0; t < steps; t += 1) {
    left.push(left[t] * slope(states[t], settings));
    states.push(value(states[t], settings));
  }
  return { states, left };
}

const CELLS = 401; // an odd number, so that no grid point lies at 0, where a fixed point often is

// Where a state stays as it is, as [state, slope there]; null if every state does.
export function fixedPoints({ value, slope }, settings, low, high) {
  const off = (state) => value(state, settings) - state;
  const at = (k) => low + ((high - low) * k) / CELLS;
  if (Math.max(...[0, 1, CELLS].map((k) => Math.abs(off(at(k))))) < 1e-12) return null;
  const found = [];
  for (let k = 0; k < CELLS; k += 1) {
    let [a, b] = [at(k), at(k + 1)];
    if (off(a) * off(b) > 0 || off(b) === 0) continue; // at the end of a cell it is found in the next
    for (let half = 0; half < 60; half += 1) {
      const middle = (a + b) / 2;
      if (off(a) * off(middle) > 0) a = middle;
      else b = middle;
    }
    found.push([(a + b) / 2, slope((a + b) / 2, settings)]);
  }
  if (off(high) === 0) found.push([high, slope(high, settings)]);
  return found;
}
