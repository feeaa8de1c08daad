// The tasks of the page, as a reader changes them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { softmax } from "../../seqmem_lib/widgets/learning.js";
import { counting, generator, latch, storeAndRecall, temporalOrder } from "../../seqmem_lib/widgets/tasks.js";

const spelled = (task, word) => {
  const x = new Float64Array(task.seq * task.input_size);
  [...word].forEach((mark, t) => task.setMark(x, t, task.marks.indexOf(mark)));
  return x;
};

test("a mark that is set is the one that stands there, and no other changes", () => {
  for (const task of [storeAndRecall(12), latch(11), counting(12), temporalOrder(12)]) {
    const { x } = task.draw(1, generator(4));
    for (let t = 0; t < task.seq; t++) {
      for (let mark = 0; mark < task.marks.length; mark++) {
        const other = Array.from({ length: task.seq }, (_, s) => task.markAt(x, s));
        task.setMark(x, t, mark);
        other[t] = mark;
        assert.deepEqual(Array.from({ length: task.seq }, (_, s) => task.markAt(x, s)), other);
      }
    }
  }
});

test("store and recall: a mark leaves the value, and the last write is due at each read", () => {
  const task = storeAndRecall(5), x = Float64Array.from([0.1, 0, 0, 0.2, 0, 0, 0.3, 0, 0, 0.4, 0, 0, 0.5, 0, 0]);
  ["read", "write", "read", "write", "read"].forEach((mark, t) => task.setMark(x, t, task.marks.indexOf(mark)));
  assert.deepEqual([...x].filter((_, k) => k % 3 === 0), [0.1, 0.2, 0.3, 0.4, 0.5]);
  assert.deepEqual([...task.due(x)], [0, 0, 0.2, 0, 0.4], "nothing is due before the first write");
});

test("letters: the class that is due, or none", () => {
  assert.deepEqual([...latch(3).due(spelled(latch(3), "Cabd"))], [2]);
  assert.deepEqual([...latch(3).due(spelled(latch(3), "cabD"))], [-1]);
  const classOf = (word) => counting(6).due(spelled(counting(6), word))[0];
  assert.deepEqual(["·aaabb", "··aabb", "·aabbb", "aaaabb"].map(classOf), [0, 1, 2, 0]);
  const order = (word) => temporalOrder(10).due(spelled(temporalOrder(10), word))[0];
  assert.deepEqual(["aXbcdXabcd", "aXbcdYabcd", "aYbcdXabcd", "aYbcdYabcd"].map(order), [0, 1, 2, 3]);
  assert.deepEqual(["aXbcdaabcd", "XXbcdXabcd"].map(order), [-1, -1], "one mark, and three");
});

test("solved, as the notebooks define it", () => {
  assert.deepEqual([0.0099, 0.01].map(storeAndRecall().solved), [true, false]);
  assert.deepEqual([0.9, 0.899].map(latch(3).solved), [true, false]);
});

test("softmax adds up to 1, and does not overflow", () => {
  assert.deepEqual([...softmax(Float64Array.of(1000, 1000))], [0.5, 0.5]);
  const [, second] = softmax(Float64Array.of(0, Math.log(3)));
  assert.ok(Math.abs(second - 0.75) < 1e-15);
});
