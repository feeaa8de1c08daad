// The pure functions of the ShapeExplorer.
import assert from "node:assert/strict";
import { test } from "node:test";
import { LEAST, blockWidth, fit, hatch } from "../../seqmem_lib/course/n05_layers/blocks.js";
import { fill, numeric, symbolic, value } from "../../seqmem_lib/course/n05_layers/formulas.js";

const names = { B: 3, T: 7, I: 2, H: 5, lengths: [7, 4, 6] };

test("a product binds closer than a sum, and brackets closer than both", () => {
  assert.equal(value("H", names), 5);
  assert.equal(value("2*H", names), 10);
  assert.equal(value("2+3*H+1", names), 18);
  assert.equal(value("2*4*(H*I + H*H + 2*H) + 3*(H+1)", names), 8 * 45 + 18);
  assert.equal(value("((H))*12", names), 60);
});

test("formulas become numbers, and a list is written as Python writes it", () => {
  assert.equal(fill("output[:, 0, {H}:]", names), "output[:, 0, 5:]");
  assert.equal(fill("({B}, {T}, {2*H})", names), "(3, 7, 10)");
  assert.equal(fill("torch.tensor({lengths})", names), "torch.tensor([7, 4, 6])");
  assert.equal(fill("h_n[0]", names), "h_n[0]");
});

test("formulas are written as people write them, with letters or with numbers", () => {
  assert.equal(symbolic("({B}, {T}, {2*H})"), "(B, T, 2·H)");
  assert.equal(numeric("1*4*(H*2*H + 2*H)", names), "1·4·(5·2·5 + 2·5)");
});

test("hatching is diagonal, and stays inside its box", () => {
  for (const [width, height] of [[5, 22], [25, 22], [25, 3]]) {
    const lines = hatch(10, 20, width, height).split("M").slice(1).map((line) => line.split("L").map((p) => p.split(",").map(Number)));
    assert.ok(lines.length >= 3);
    for (const [[x1, y1], [x2, y2]] of lines) {
      assert.equal(x2 - x1, y1 - y2);
      for (const x of [x1, x2]) assert.ok(x >= 10 && x <= 10 + width);
      for (const y of [y1, y2]) assert.ok(y >= 20 && y <= 20 + height);
    }
  }
});

test("a block is as wide as its numbers, and blocks fit into their room, the next one beside the last", () => {
  const part = (count) => ({ count });
  assert.equal(blockWidth([part(5), part(5)]) - 2 * blockWidth([part(5)]), 6);
  for (const [room, beside] of [[LEAST, false], [LEAST, true], [320, false], [320, true], [374, true], [540, false], [900, false]]) {
    for (const [columns, parts] of [[7, 2], [7, 1], [4, 2], [4, 1]]) {
      if (beside && (parts > 1 || (room === LEAST && columns > 4))) continue; // h_n: a column for each of 4 sequences
      const { number, step } = fit(room, columns, parts, 5, beside);
      assert.ok(number >= (room === LEAST ? 1.3 : 1.7) && number <= 5, `${room} ${columns} ${parts}: ${number}`);
      assert.ok(step >= blockWidth(Array(parts).fill(part(5)), number) + 7.9);
      assert.ok(42 + columns * step + (beside ? 152 : 0) <= room);
    }
  }
});
