// What stands around a recurrent layer in the page: the readout, losses and metrics, and Adam, as torch computes them.
//
// A model is that of engine.js, whose weights also have readout_weight, (outputs, hidden_size), and readout_bias,
// and, if it reads numbers of words, embedding, (words, input_size). With `read: "mean"` it answers from the mean of
// h so far, and otherwise from h itself. A classifier's answer to a whole text is the last one; before it stand those
// to its beginnings.
//
//   const now = answer(model, x, { batch, hold, start });      now.output: (seq, batch, outputs); now.run: of `forward`
//   const { loss, d_output } = squaredError(now, y);           d_output: ∂L/∂output
//   const { values, weights } = backpropagate(now, d_output);  values.h, values.c: ∂L/∂h_t, ∂L/∂c_t; weights: ∂L/∂W
//       With a d_output of your own, 1 at one place and 0 elsewhere, they are the gradients of that one answer.
//   const update = adam(model.weights);                        then update(weights, lr) after each batch
//   const learn = training(model, task, random);               all of this: learn(lr) reads a batch, returns its loss
//   score(model, task, random)                                 the metric of the task on new data
//
// y is (seq, batch, outputs) for numbers at every step, and (batch,) for classes at the end.
import { CELLS, backward, carry, forward, gather, project } from "./engine.js";

const READOUT = ["output"]; // the one block of the readout's weights

export function answer(model, x, options) {
  const { embedding, readout_weight, readout_bias } = model.weights;
  const run = forward(model, embedding ? embed(model, x) : x, options);
  const features = model.read === "mean" ? meanSoFar(run) : run.values.h;
  const rows = run.seq * run.batch, outputs = readout_bias.length, output = new Float64Array(rows * outputs);
  project({ output }, READOUT, outputs, readout_weight, readout_bias, features, 0, rows);
  return { run, words: x, features, output };
}

export function backpropagate({ run, words, features }, d_output) {
  const { model, seq, batch } = run, { embedding, readout_weight, readout_bias } = model.weights;
  const rows = seq * batch, outputs = readout_bias.length, d = { output: d_output };
  const d_features = new Float64Array(features.length);
  carry(d, READOUT, outputs, readout_weight, d_features, 0, rows);
  const d_h = model.read === "mean" ? ofMeanSoFar(run, d_features) : d_features;
  const { values, before, weights } = backward(run, { h: d_h });
  const readout = gather(d, READOUT, outputs, features, rows);
  Object.assign(weights, { readout_weight: readout.weight, readout_bias: readout.bias });
  if (embedding) weights.embedding = ofEmbedding(run, words, values);
  return { values, before, weights };
}

// The vector of each word, (seq, batch, input_size).
function embed({ weights: { embedding, weight_ih, bias_ih } }, words) {
  const size = weight_ih.length / bias_ih.length, x = new Float64Array(words.length * size);
  words.forEach((word, row) => x.set(embedding.subarray(word * size, (word + 1) * size), row * size));
  return x;
}

function ofEmbedding({ model, x }, words, d) {
  const { embedding, weight_ih } = model.weights, size = x.length / words.length;
  const d_x = new Float64Array(x.length), d_embedding = new Float64Array(embedding.length);
  carry(d, CELLS[model.cell].gates, model.hidden_size, weight_ih, d_x, 0, words.length);
  words.forEach((word, row) => {
    for (let j = 0; j < size; j++) d_embedding[word * size + j] += d_x[row * size + j];
  });
  return d_embedding;
}

function meanSoFar({ model, seq, batch, values: { h } }) {
  const width = batch * model.hidden_size, mean = Float64Array.from(h);
  for (let k = width; k < mean.length; k++) mean[k] += mean[k - width]; // the sum so far
  return mean.map((sum, k) => sum / (1 + Math.floor(k / width)));
}

function ofMeanSoFar({ model, batch }, d_mean) {
  const width = batch * model.hidden_size, d_h = d_mean.map((d, k) => d / (1 + Math.floor(k / width)));
  for (let k = d_h.length - width - 1; k >= 0; k--) d_h[k] += d_h[k + width]; // every later mean has it
  return d_h;
}

// The mean squared error of all numbers.
export function squaredError({ output }, y) {
  const d_output = new Float64Array(output.length);
  let total = 0;
  for (let k = 0; k < output.length; k++) {
    const error = output[k] - y[k];
    total += error * error;
    d_output[k] = (2 * error) / output.length;
  }
  return { loss: total / output.length, d_output };
}

// The mean squared error where an answer is due: at the reads of store and recall, where y is not 0.
export function errorAtReads({ output }, y) {
  let total = 0, reads = 0;
  for (let k = 0; k < output.length; k++) {
    if (y[k] === 0) continue;
    total += (output[k] - y[k]) ** 2;
    reads += 1;
  }
  return total / reads;
}

// The mean cross-entropy of the answers at the last step.
export function crossEntropyAtEnd({ run, output }, y) {
  const d_output = new Float64Array(output.length);
  let total = 0;
  scoresAtEnd(run, output).forEach((scores, b) => {
    const first = output.length - (run.batch - b) * scores.length;
    total += logSumExp(scores) - scores[y[b]];
    softmax(scores).forEach((share, j) => (d_output[first + j] = (share - (j === y[b] ? 1 : 0)) / run.batch));
  });
  return { loss: total / run.batch, d_output };
}

// The share of right answers at the last step. A state that has overflowed makes NaN, which is a wrong answer.
export function accuracyAtEnd({ run, output }, y) {
  const isRight = (scores, b) => scores.every((one, j) => j === y[b] || one < scores[y[b]]);
  return scoresAtEnd(run, output).filter(isRight).length / run.batch;
}

function scoresAtEnd({ seq, batch }, output) {
  const classes = output.length / (seq * batch), last = output.length - batch * classes;
  return Array.from({ length: batch }, (_, b) => output.subarray(last + b * classes, last + (b + 1) * classes));
}

// The probability of each class.
export function softmax(scores) {
  const most = Math.max(...scores); // taken off, so that no exponential overflows
  const powers = scores.map((one) => Math.exp(one - most)), total = powers.reduce((sum, one) => sum + one);
  return powers.map((one) => one / total);
}

function logSumExp(scores) {
  const most = Math.max(...scores);
  return most + Math.log(scores.reduce((sum, one) => sum + Math.exp(one - most), 0));
}

// Adam (Kingma & Ba 2015, algorithm 1): each weight moves by lr times the mean of its latest gradients, divided by the
// root of the mean of their squares. The weights are changed in place.
export function adam(weights, { betas: [beta1, beta2] = [0.9, 0.999], eps = 1e-8 } = {}) {
  const means = {}, squares = {};
  for (const name in weights) {
    means[name] = new Float64Array(weights[name].length);
    squares[name] = new Float64Array(weights[name].length);
  }
  let updates = 0;
  return (gradients, lr) => {
    updates += 1;
    const unbiased1 = 1 - beta1 ** updates, unbiased2 = 1 - beta2 ** updates;
    for (const name in weights) {
      const weight = weights[name], gradient = gradients[name], m = means[name], v = squares[name];
      for (let k = 0; k < weight.length; k++) {
        m[k] = beta1 * m[k] + (1 - beta1) * gradient[k];
        v[k] = beta2 * v[k] + (1 - beta2) * gradient[k] * gradient[k];
        weight[k] -= (lr * (m[k] / unbiased1)) / (Math.sqrt(v[k] / unbiased2) + eps);
      }
    }
  };
}

// A training on fresh batches of a task, one at each call.
export function training(model, task, random, batch = 64) {
  const update = adam(model.weights);
  return (lr) => {
    const { x, y } = task.draw(batch, random), now = answer(model, x, { batch });
    const { loss, d_output } = task.loss(now, y);
    update(backpropagate(now, d_output).weights, lr);
    return loss;
  };
}

export function score(model, task, random, batch = 500) {
  const { x, y } = task.draw(batch, random);
  return task.metric(answer(model, x, { batch }), y);
}
