// The recurrent layers in the page: forward through time with every gate kept, and backward. The numbers are torch's,
// in double precision. Parameters have its names, shapes and order, so that weights move between the two as they are.
//
// A model is { cell, hidden_size, weights: { weight_ih, weight_hh, bias_ih, bias_hh, … } }, each a Float64Array, row by
// row. What has steps is (seq, batch, feature), a Float64Array too: the numbers of one step lie beside each other.
//
//   const run = forward(model, x, { batch, hold, start });
//       run.values.f, run.values.c, …: every gate and state, (seq, batch, hidden_size); run.before.c: one step earlier
//       hold: [{ name: "f", value: 1, unit: 0, from: 5, to: 9 }], where step 9 is free again. Without unit it is all
//       units, without from and to all steps. Of two that hold the same place, the later in the list counts.
//       start: { h, c }, (batch, hidden_size) each, before the first step; zeros if left out
//   const d = backward(run, { h, c });
//       given ∂L/∂h_t and ∂L/∂c_t as the loss itself feels them, for instance through a readout; either may be left out
//       d.values.h, d.values.c: ∂L/∂h_t and ∂L/∂c_t, with all that comes of them later; d.before: of the start first
//       d.weights.weight_ih, …: ∂L/∂W

const sigmoid = (sum) => 1 / (1 + Math.exp(-sum));

// `gates` are in torch's order: block k of weight_ih and bias_ih belongs to the k-th. Block k of weight_hh and bias_hh
// belongs to the k-th of `recurrent`, and `kept` is what else the way back needs.
//
// `step` finds in each gate the sum W x + b that goes into it, and makes the gate of it. `k` runs over the numbers of
// this step, [first, end), and before.h[k] is h one step earlier. `back` finds the gradients of the states in d, adds
// to those of the states before, in `earlier`, and leaves in each gate of d the gradient of its sum.
export const CELLS = {
  RNN: {
    gates: ["a"],
    recurrent: ["a"],
    states: ["h"],
    kept: [],
    step: rnnStep(Math.tanh),
    back: rnnBack((h) => 1 - h * h),
  },
  "ReLU RNN": {
    gates: ["a"],
    recurrent: ["a"],
    states: ["h"],
    kept: [],
    step: rnnStep((sum) => Math.max(0, sum)),
    back: rnnBack((h) => (h > 0 ? 1 : 0)),
  },
  LSTM: {
    gates: ["i", "f", "g", "o"],
    recurrent: ["i", "f", "g", "o"],
    states: ["c", "h"],
    kept: ["tanh_c"],
    step: lstmStep,
    back: lstmBack,
  },
  GRU: {
    gates: ["r", "z", "n"],
    recurrent: ["r", "z", "Wh"],
    states: ["h"],
    kept: ["Wh"], // W_hn h₋₁ + b_hn, which the reset gate multiplies
    step: gruStep,
    back: gruBack,
  },
};

// h = tanh(a), or relu(a)
function rnnStep(nonlinearity) {
  return ({ a, h }, before, first, end, hold) => {
    hold("a");
    for (let k = first; k < end; k++) h[k] = nonlinearity(a[k]);
    hold("h");
  };
}

function rnnBack(slope) {
  return ({ h }, before, d, earlier, first, end, release) => {
    for (let k = first; k < end; k++) d.a[k] = d.h[k] * slope(h[k]);
    release(d, "a");
  };
}

// c = f·c₋₁ + i·g and h = o·tanh(c)
function lstmStep({ i, f, g, o, c, h, tanh_c }, before, first, end, hold) {
  for (let k = first; k < end; k++) {
    i[k] = sigmoid(i[k]);
    f[k] = sigmoid(f[k]);
    g[k] = Math.tanh(g[k]);
    o[k] = sigmoid(o[k]);
  }
  hold("i", "f", "g", "o");
  for (let k = first; k < end; k++) {
    c[k] = f[k] * before.c[k] + i[k] * g[k];
    tanh_c[k] = Math.tanh(c[k]); // of what this step made: a hold changes c afterwards
    h[k] = o[k] * tanh_c[k];
  }
  hold("c", "h");
}

function lstmBack({ i, f, g, o, tanh_c }, before, d, earlier, first, end, release) {
  for (let k = first; k < end; k++) {
    d.c[k] += d.h[k] * o[k] * (1 - tanh_c[k] * tanh_c[k]);
    earlier.c[k] += d.c[k] * f[k];
    d.i[k] = d.c[k] * g[k] * i[k] * (1 - i[k]);
    d.f[k] = d.c[k] * before.c[k] * f[k] * (1 - f[k]);
    d.g[k] = d.c[k] * i[k] * (1 - g[k] * g[k]);
    d.o[k] = d.h[k] * tanh_c[k] * o[k] * (1 - o[k]);
  }
  release(d, "i", "f", "g", "o");
}

// n = tanh(W_in x + b_in + r·(W_hn h₋₁ + b_hn)) and h = (1 - z)·n + z·h₋₁
function gruStep({ r, z, n, h, Wh }, before, first, end, hold) {
  for (let k = first; k < end; k++) {
    r[k] = sigmoid(r[k]);
    z[k] = sigmoid(z[k]);
  }
  hold("r", "z");
  for (let k = first; k < end; k++) n[k] = Math.tanh(n[k] + r[k] * Wh[k]);
  hold("n");
  for (let k = first; k < end; k++) h[k] = (1 - z[k]) * n[k] + z[k] * before.h[k];
  hold("h");
}

function gruBack({ r, z, n, Wh }, before, d, earlier, first, end, release) {
  for (let k = first; k < end; k++) {
    earlier.h[k] += d.h[k] * z[k];
    d.z[k] = d.h[k] * (before.h[k] - n[k]) * z[k] * (1 - z[k]);
    d.n[k] = d.h[k] * (1 - z[k]) * (1 - n[k] * n[k]);
  }
  release(d, "z", "n");
  for (let k = first; k < end; k++) {
    d.r[k] = d.n[k] * Wh[k] * r[k] * (1 - r[k]);
    d.Wh[k] = d.n[k] * r[k];
  }
  release(d, "r");
}

// The layer reads x, (seq, batch, input_size). A value that is held takes the place of what was computed, as `clamp` of
// `record` does it: a gate before it is used, a state before the next step reads it.
export function forward(model, x, { batch = 1, hold = [], start = {} } = {}) {
  const { gates, recurrent, states, step } = CELLS[model.cell];
  const { weight_ih, weight_hh, bias_ih, bias_hh } = model.weights;
  const wrong = hold.find(({ name }) => !gates.includes(name) && !states.includes(name));
  if (wrong) throw new Error(`hold names ${wrong.name}, but this cell has ${[...gates, ...states].join(", ")}`);
  const units = model.hidden_size, width = batch * units;
  const seq = (x.length * bias_ih.length) / (weight_ih.length * batch);
  const { values, before } = allocate(model, seq, batch);
  states.forEach((name) => before[name].set(start[name] ?? []));
  project(values, gates, units, weight_ih, bias_ih, x, 0, seq * batch);
  for (let t = 0; t < seq; t++) {
    project(values, recurrent, units, weight_hh, bias_hh, before.h, t * batch, (t + 1) * batch);
    const holding = (...names) => names.forEach((name) => grip(hold, name, t, values[name], units, width));
    step(values, before, t * width, (t + 1) * width, holding);
  }
  return { model, x, batch, seq, hold, values, before };
}

// Backpropagation through time (Werbos 1990). The gradient of a state is of what its step made: where another value
// is held in its place, no later step feels it. That of a held h is zero; that of a held c is what h of the same step
// feels.
export function backward({ model, x, batch, seq, hold, values, before }, direct) {
  const { gates, recurrent, states, back } = CELLS[model.cell];
  const { weight_ih, weight_hh, bias_ih, bias_hh } = model.weights;
  const units = model.hidden_size, width = batch * units, rows = seq * batch;
  const { values: d, before: earlier } = allocate(model, seq, batch);
  states.forEach((name) => d[name].set(direct[name] ?? []));
  for (let t = seq - 1; t >= 0; t--) {
    const release = (of, ...names) => names.forEach((name) => grip(hold, name, t, of[name], units, width, 0));
    release(d, ...states);
    back(values, before, d, earlier, t * width, (t + 1) * width, release);
    carry(d, recurrent, units, weight_hh, earlier.h, t * batch, (t + 1) * batch);
  }
  const of_x = gather(d, gates, units, x, rows);
  const of_h = gather(d, recurrent, units, before.h.subarray(0, rows * units), rows);
  const weights = { weight_ih: of_x.weight, weight_hh: of_h.weight, bias_ih: of_x.bias, bias_hh: of_h.bias };
  return { values: d, before: earlier, weights };
}

// Zeros for every gate and state, (seq, batch, hidden_size). A state has one step more, the start, in front of
// `values`: so `before` holds at each place what the state was one step earlier.
function allocate(model, seq, batch) {
  const { gates, states, kept } = CELLS[model.cell], width = batch * model.hidden_size;
  const values = {}, before = {};
  for (const name of [...gates, ...kept]) values[name] = new Float64Array(seq * width);
  for (const name of states) {
    before[name] = new Float64Array((seq + 1) * width);
    values[name] = before[name].subarray(width);
  }
  return { values, before };
}

// What is held under this name at step t gets its value, or, on the way back, the gradient 0.
function grip(hold, name, t, values, units, width, gradient) {
  for (const held of hold) {
    if (held.name !== name || t < (held.from ?? 0) || t >= (held.to ?? Infinity)) continue;
    for (let k = t * width; k < (t + 1) * width; k++) {
      if (held.unit === undefined || k % units === held.unit) values[k] = gradient ?? held.value;
    }
  }
}

// Adds W x + b to the sums of each name, for the rows [first, end) of x; a block of W and b for each name. The
// innermost loop of this and the next two functions is over rows, because a small layer reads many sequences.
export function project(sums, names, units, W, b, x, first, end) {
  const features = W.length / b.length;
  for (let k = 0; k < b.length; k++) {
    const sum = sums[names[Math.floor(k / units)]], unit = k % units, bias = b[k];
    for (let row = first; row < end; row++) sum[row * units + unit] += bias;
    for (let j = 0; j < features; j++) {
      const weight = W[k * features + j];
      for (let row = first; row < end; row++) sum[row * units + unit] += weight * x[row * features + j];
    }
  }
}

// The way back to x: adds the transpose of W times the gradients of the sums.
export function carry(d, names, units, W, d_x, first, end) {
  const rows = names.length * units, features = W.length / rows;
  for (let k = 0; k < rows; k++) {
    const d_sum = d[names[Math.floor(k / units)]], unit = k % units;
    for (let j = 0; j < features; j++) {
      const weight = W[k * features + j];
      for (let row = first; row < end; row++) d_x[row * features + j] += weight * d_sum[row * units + unit];
    }
  }
}

// The way back to W and b: the gradients of the sums times what was read, added up over all rows.
export function gather(d, names, units, x, rows) {
  const features = x.length / rows;
  const bias = new Float64Array(names.length * units), weight = new Float64Array(bias.length * features);
  for (let k = 0; k < bias.length; k++) {
    const d_sum = d[names[Math.floor(k / units)]], unit = k % units;
    let total = 0;
    for (let row = 0; row < rows; row++) total += d_sum[row * units + unit];
    bias[k] = total;
    for (let j = 0; j < features; j++) {
      total = 0;
      for (let row = 0; row < rows; row++) total += d_sum[row * units + unit] * x[row * features + j];
      weight[k * features + j] = total;
    }
  }
  return { weight, bias };
}
