// The tasks of the page, drawn as seqmem_lib/tasks draws them, and the random numbers and first weights of a training.
//
//   const random = generator(7);                 random(): uniform in (0, 1); from the same seed, the same numbers
//   const task = storeAndRecall();               or latch(lag), counting(seq), temporalOrder(seq)
//   const { x, y } = task.draw(batch, random);   as `answer` and the losses of learning.js take them
//   const model = firstModel("LSTM", task, 1, random, { keep: 1 });
//
// A task also has: called(tr), seq, input_size, output_size, loss and metric; chance, the metric without any memory; and
// solved(metric). For one sequence, (seq, input_size), there are marks, the texts that a step can show; markAt(x, t),
// the number of the one that it shows; setMark(x, t, number), which changes it; and due(x), the y of what now stands
// there: the class -1 if that has no answer.
import { CELLS } from "./engine.js";
import { accuracyAtEnd, crossEntropyAtEnd, errorAtReads, squaredError } from "./learning.js";

// xoshiro128** (Blackman & Vigna 2021), whose four words are filled by splitmix32, so that similar seeds differ in all.
export function generator(seed) {
  let mixed = seed | 0;
  const s = new Uint32Array(4).map(() => {
    mixed = (mixed + 0x9e3779b9) | 0;
    let word = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
    return word ^ (word >>> 15);
  });
  const turn = (word, by) => (word << by) | (word >>> (32 - by));
  return () => {
    const result = Math.imul(turn(Math.imul(s[1], 5), 7), 9) >>> 0, shifted = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = turn(s[3], 11);
    return (result + 0.5) / 2 ** 32; // in the middle of its interval: never 0, never 1/2
  };
}

// A whole number from low up to, but without, high.
const whole = (random, low, high) => low + Math.floor((high - low) * random());

// A model with first weights as those of SequenceModel: uniform in ±1/√hidden_size. `keep` is the bias of the gate that
// keeps, the forget gate of the LSTM or the update gate of the GRU, as `start_keeping` sets it;
// null: as drawn.
export function firstModel(cell, { input_size, output_size }, hidden_size, random, { keep = null } = {}) {
  const rows = CELLS[cell].gates.length * hidden_size, bound = hidden_size ** -0.5;
  const drawn = (size) => Float64Array.from({ length: size }, () => bound * (2 * random() - 1));
  const weights = {
    weight_ih: drawn(rows * input_size),
    weight_hh: drawn(rows * hidden_size),
    bias_ih: drawn(rows),
    bias_hh: drawn(rows),
    readout_weight: drawn(output_size * hidden_size),
    readout_bias: drawn(output_size),
  };
  if (keep !== null) {
    weights.bias_ih.fill(keep, hidden_size, 2 * hidden_size); // f and z are both second in torch's order
    weights.bias_hh.fill(0, hidden_size, 2 * hidden_size);
  }
  return { cell, hidden_size, weights };
}

// A stream of values, uniform in [-1, 1], with write and read marks: at a read, the value at the last write is due. The
// features are the value, 1 at a write, and 1 at a read. Solved is a squared error at the reads below 0.01.
export function storeAndRecall(seq = 40, p_write = 0.1, p_read = 0.15) {
  const WRITE = 1, READ = 2;
  const due = (x, batch = 1) => {
    const y = new Float64Array(seq * batch), stored = new Float64Array(batch);
    for (let row = 0; row < seq * batch; row++) {
      if (x[3 * row + WRITE]) stored[row % batch] = x[3 * row];
      if (x[3 * row + READ]) y[row] = stored[row % batch];
    }
    return y;
  };
  const draw = (batch, random) => {
    const x = new Float64Array(3 * seq * batch), written = new Uint8Array(batch);
    for (let row = 0; row < seq * batch; row++) {
      x[3 * row] = 2 * random() - 1;
      const mark = random();
      if (mark < p_write) x[3 * row + WRITE] = written[row % batch] = 1;
      else if (mark < p_write + p_read) x[3 * row + READ] = written[row % batch]; // nothing is read before
    }
    return { x, y: due(x, batch) };
  };
  return {
    ...{ called: (tr) => tr("store and recall, {seq} steps", { seq }), seq, input_size: 3, output_size: 1, draw, due },
    ...{ loss: squaredError, metric: errorAtReads, chance: 1 / 3 },
    solved: (error) => error < 0.01,
    marks: ["·", "write", "read"],
    markAt: (x, t) => (x[3 * t + WRITE] ? WRITE : x[3 * t + READ] ? READ : 0),
    setMark: (x, t, mark) => [WRITE, READ].forEach((one) => (x[3 * t + one] = one === mark ? 1 : 0)),
  };
}

// What a mark is called: letters are the same everywhere.
export const markCalled = (mark, tr) => ({ write: tr("write"), read: tr("read") })[mark] ?? mark;

const NONE = -1; // no class is due: somebody has changed the marks

// Hear one of A to D, then `lag` distractors, a to d, and say at the end which symbol it was.
export function latch(lag) {
  const spell = (random) => Array.from({ length: lag + 1 }, (_, t) => (t ? whole(random, 4, 8) : whole(random, 0, 4)));
  return ofLetters((tr) => tr("latch, lag {lag}", { lag }), "ABCDabcd", lag + 1, 4, spell, ([first]) => (first < 4 ? first : NONE));
}

// Fillers, a run of a's, a run of b's up to the end: are there fewer b's (0), as many (1), or more (2)?
export function counting(seq) {
  const spell = (random) => {
    const n = whole(random, 2, Math.floor((seq - 1) / 2) + 1), m = n - 1 + whole(random, 0, 3);
    return Array.from({ length: seq }, (_, t) => (seq - t <= m ? 2 : seq - t <= m + n ? 1 : 0));
  };
  const count = (word, letter) => word.filter((one) => one === letter).length;
  const classOf = (word) => 1 + Math.sign(count(word, 2) - count(word, 1));
  return ofLetters((tr) => tr("counting, {seq} steps", { seq }), "·ab", seq, 3, spell, classOf);
}

// Two marks, X or Y, among distractors, a to d: which came first, and which second? XX is 0, XY 1, YX 2, YY 3.
export function temporalOrder(seq = 30) {
  const spell = (random) => {
    const word = Array.from({ length: seq }, () => whole(random, 2, 6));
    for (const tenth of [1, 5]) {
      const from = Math.floor((seq * tenth) / 10), last = Math.floor((seq * (tenth + 1)) / 10);
      word[whole(random, from, last + 1)] = whole(random, 0, 2);
    }
    return word;
  };
  return ofLetters((tr) => tr("temporal order, {seq} steps", { seq }), "XYabcd", seq, 4, spell, (word) => {
    const marks = word.filter((letter) => letter < 2);
    return marks.length === 2 ? 2 * marks[0] + marks[1] : NONE;
  });
}

// A task whose steps are one-hot letters, and whose answer is a class at the end. Solved is nine right in ten.
function ofLetters(called, [...letters], seq, classes, spell, classOf) {
  const size = letters.length;
  const letterAt = (x, row) => x.subarray(row * size, (row + 1) * size).indexOf(1);
  const wordOf = (x, b, batch) => Array.from({ length: seq }, (_, t) => letterAt(x, t * batch + b));
  const due = (x, batch = 1) => Int32Array.from({ length: batch }, (_, b) => classOf(wordOf(x, b, batch)));
  const draw = (batch, random) => {
    const x = new Float64Array(seq * batch * size), y = new Int32Array(batch);
    for (let b = 0; b < batch; b++) {
      const word = spell(random);
      word.forEach((letter, t) => (x[(t * batch + b) * size + letter] = 1));
      y[b] = classOf(word);
    }
    return { x, y };
  };
  return {
    ...{ called, seq, input_size: size, output_size: classes, draw, due },
    ...{ loss: crossEntropyAtEnd, metric: accuracyAtEnd, chance: 1 / classes },
    solved: (accuracy) => accuracy >= 0.9,
    marks: letters,
    markAt: letterAt,
    setMark: (x, t, letter) => letters.forEach((_, j) => (x[t * size + j] = j === letter ? 1 : 0)),
  };
}
