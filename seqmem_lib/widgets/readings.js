// The values that the Explorer looks up, and how they are written. Nothing here touches a page, so that Node can test
// it.

// Values travel as little-endian float32.
export function decode(base64) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length / 4 }, (_, k) => view.getFloat32(4 * k, true));
}

// Where the points of one setting begin in the values of a whole grid.
export function offset(indices, counts, points) {
  return indices.reduce((at, index, k) => at * counts[k] + index, 0) * points;
}

// "1.5e-12" as people write it, with a true minus sign.
export function scientific(text) {
  const [factor, power] = text.split("e");
  const raised = [...String(Number(power))].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit] ?? "⁻").join("");
  return `${factor === "1" ? "" : factor.replace("-", "−") + "×"}10${raised}`;
}

// A measured number: four significant digits, always, so that digits keep their place while they change.
export function format(value) {
  if (value === 0) return "0";
  const exponential = value.toExponential(3);
  const power = Number(exponential.split("e")[1]);
  return power < -3 || power > 3 ? scientific(exponential) : value.toPrecision(4).replace("-", "−");
}

// A number that somebody chose, as short as it was: a setting, a point, a tick.
export function short(value) {
  if (typeof value === "string") return value;
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value).replace("-", "−");
  const rounded = Number(value.toPrecision(6));
  const size = Math.abs(rounded);
  return size < 1e-4 || size >= 1e6 ? scientific(rounded.toExponential()) : String(rounded).replace("-", "−");
}

// Powers of ten beside a logarithmic axis look alike: 10⁻³, not 0.001 between 10⁻⁶ and 1.
export function tick(value, log) {
  const exponential = Number(value.toPrecision(6)).toExponential();
  return log && exponential.startsWith("1e") && Math.abs(exponential.slice(2)) > 1 ? scientific(exponential) : short(value);
}

// What is printed for a value. At the floor and below it, all that is known is that.
export function reading(value, floor, tr) {
  return floor !== null && value <= floor ? tr("below {floor}", { floor: tick(floor, true) }) : format(value);
}
