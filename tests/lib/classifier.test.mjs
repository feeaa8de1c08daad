// How a typed text's model reaches the page, and how its heatmaps are filled.
import assert from "node:assert/strict";
import { test } from "node:test";
import { filled, float16s } from "../../seqmem_lib/widgets/classifier.js";

test("numbers of 16 bits are read as IEEE 754 has them", () => {
  // 0, 1, -2, 1/3 as near as can be, the largest, the least normal, the largest and the least below it, -0
  const bits = [0x0000, 0x3c00, 0xc000, 0x3555, 0x7bff, 0x0400, 0x03ff, 0x0001, 0x8000];
  const base64 = btoa(String.fromCharCode(...bits.flatMap((one) => [one & 255, one >> 8])));
  const least = 2 ** -24;
  assert.deepEqual([...float16s(base64)], [0, 1, -2, 1365 / 4096, 65504, 1024 * least, 1023 * least, least, -0]);
});

test("a heatmap has three decimals, more of them for small values, and six at most", () => {
  const shown = (values, color = null) => {
    const { scale, decimals, values: wholes, name } = filled({ name: "c", color, scale: 7 }, Float64Array.from(values));
    assert.equal(name, "c");
    return [decimals, scale, ...wholes];
  };
  assert.deepEqual(shown([0.5, -1.25]), [3, 1.25, 500, -1250]);
  assert.deepEqual(shown([0.1, 0.0123]), [3, 0.1, 100, 12]);
  assert.deepEqual(shown([0.0999, 0.01234]), [4, 0.0999, 999, 123]);
  assert.deepEqual(shown([-0.004, 0.00012345]), [5, 0.004, -400, 12]);
  assert.deepEqual(shown([1e-9]), [6, 1e-9, 0]);
  assert.deepEqual(shown([0, 0]), [3, 1, 0, 0], "nothing is large");
  assert.deepEqual(shown([0.02, 0.01], "#112233"), [4, 1, 200, 100], "a gate runs from 0 to 1");
});
