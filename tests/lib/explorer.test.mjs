// The pure functions of the Explorer.
import assert from "node:assert/strict";
import { test } from "node:test";
import { translator } from "../../seqmem_lib/widgets/language.js";
import { along, bandPath, height, linePath, nearest } from "../../seqmem_lib/widgets/places.js";
import { decode, format, offset, reading, scientific, short, tick } from "../../seqmem_lib/widgets/readings.js";

const tr = translator({});

test("decode reads little-endian float32, NaN too", () => {
  const bytes = new DataView(new ArrayBuffer(12));
  [1.5, -2e-9, NaN].forEach((value, k) => bytes.setFloat32(4 * k, value, true));
  const base64 = btoa(String.fromCharCode(...new Uint8Array(bytes.buffer)));
  assert.deepEqual([...decode(base64)], [1.5, Math.fround(-2e-9), NaN]);
});

test("a measured number has four significant digits and a true minus sign", () => {
  assert.equal(format(1), "1.000");
  assert.equal(format(0), "0");
  assert.equal(format(-0.25), "−0.2500");
  assert.equal(format(0.001), "0.001000");
  assert.equal(format(9999.4), "9999");
  assert.equal(format(9999.9), "1.000×10⁴");
  assert.equal(format(0.00099999), "0.001000");
  assert.equal(format(-1.23456e-12), "−1.235×10⁻¹²");
});

test("a chosen number is as short as it was", () => {
  assert.equal(short("GRU"), "GRU");
  assert.equal(short(0.1 + 0.2), "0.3");
  assert.equal(short(Math.fround(0.9)), "0.9");
  assert.equal(short(20240501), "20240501");
  assert.equal(short(-3), "−3");
  assert.equal(short(0), "0");
  assert.equal(short(1e-12), "10⁻¹²");
  assert.equal(short(-1e-5), "−1×10⁻⁵");
  assert.deepEqual([1e-4, -0.25, 1234567.5, 1000000.4].map(short), ["0.0001", "−0.25", "1.23457×10⁶", "10⁶"]);
  assert.deepEqual([999999999999999, 1e15].map(short), ["999999999999999", "10¹⁵"], "digits that a number holds");
  assert.equal(scientific("1.5e+7"), "1.5×10⁷");
});

test("powers of ten beside a logarithmic axis look alike", () => {
  assert.deepEqual([1e-3, 0.1, 1, 10, 100, 0.002].map((v) => tick(v, true)), ["10⁻³", "0.1", "1", "10", "10²", "0.002"]);
  assert.equal(tick(0.001, false), "0.001");
  assert.equal(tick(Math.fround(1e-9), true), "10⁻⁹");
});

test("at the floor and below it, all that is known is that", () => {
  const floor = Math.fround(1e-12);
  assert.equal(reading(0, floor, tr), "below 10⁻¹²");
  assert.equal(reading(floor, floor, tr), "below 10⁻¹²");
  assert.equal(reading(2e-12, floor, tr), "2.000×10⁻¹²");
  assert.equal(reading(0.01, 0.01, tr), "below 10⁻²", "as its tick is written");
  assert.equal(reading(-1, null, tr), "−1.000");
});

test("offset finds a setting as NumPy lays it out", () => {
  assert.equal(offset([2], [4], 10), 20);
  assert.equal(offset([2, 1], [4, 3], 10), 70);
  assert.equal(offset([0, 0], [1, 1], 1), 0);
});

test("height is linear or logarithmic, and ends at the floor", () => {
  assert.equal(height(2, [0, 8], false), 0.25);
  assert.ok(Math.abs(height(1e-3, [1e-12, 1], true) - 0.75) < 1e-12);
  assert.equal(height(0, [1e-12, 1], true), 0);
  assert.equal(height(-5, [1e-12, 1], true), 0);
});

test("points lie where x says, and the nearest is found", () => {
  assert.deepEqual(along([10, 20, 50]), [0, 0.25, 1]);
  assert.deepEqual(along([7]), [0.5]);
  assert.equal(nearest(0.6, [0, 0.25, 1]), 1);
  assert.equal(nearest(0.7, [0, 0.25, 1]), 2);
  assert.equal(nearest(-3, [0, 0.25, 1]), 0);
  assert.equal(nearest(9, [0.5]), 0);
  assert.equal(nearest(0.5, [0, 1]), 0, "the first of two");
});

test("paths go along the curve, and around a band with gaps", () => {
  assert.equal(linePath([0, 5], [1, 2]), "M0.00,1.00L5.00,2.00");
  assert.equal(linePath([0], [1]), "M0.00,1.00");
  assert.equal(bandPath([0, 5], [3, 4], [1, 2]), "M0.00,1.00L5.00,2.00L5.00,4.00L0.00,3.00Z");
  assert.equal(bandPath([0, 1, 2], [3, NaN, 3], [1, NaN, 1]), "M0.00,1.00L0.00,3.00ZM2.00,1.00L2.00,3.00Z");
  assert.equal(bandPath([0], [NaN], [NaN]), "");
});
