// Where the Explorer's curves lie in their plot. Nothing here touches a page, so that Node can test it.

// How far up the axis a value lies, from 0 to 1.
export function height(value, [low, high], log) {
  const scale = log ? Math.log : (v) => v;
  return (scale(Math.min(high, Math.max(low, value))) - scale(low)) / (scale(high) - scale(low));
}

// How far along each point lies, from 0 to 1. A single point lies in the middle.
export function along(x) {
  const span = x.at(-1) - x[0];
  return x.map((value) => (span ? (value - x[0]) / span : 0.5));
}

// The point nearest to a place.
export function nearest(place, places) {
  let best = 0;
  for (const [k, there] of places.entries()) if (Math.abs(there - place) < Math.abs(places[best] - place)) best = k;
  return best;
}

const join = (points) => points.map(([x, y]) => `${x.toFixed(2)},${y.toFixed(2)}`).join("L");

export function linePath(xs, ys) {
  return `M${join(xs.map((x, k) => [x, ys[k]]))}`;
}

// There and back again; NaN, a point without an interval, leaves a gap.
export function bandPath(xs, lows, highs) {
  const pieces = [[]];
  for (const [k, x] of xs.entries()) {
    if (Number.isNaN(lows[k])) pieces.push([]);
    else pieces.at(-1).push([x, lows[k], highs[k]]);
  }
  const outline = (piece) => [...piece.map(([x, , high]) => [x, high]), ...piece.map(([x, low]) => [x, low]).reverse()];
  return pieces.filter((piece) => piece.length).map((piece) => `M${join(outline(piece))}Z`).join("");
}
