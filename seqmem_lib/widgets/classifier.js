// A trained classifier of texts in the page: an embedding, one recurrent layer that reads forward, and a readout of the
// last state or of the mean of all so far. Nothing here touches a page, so that Node can test it.
import { answer, softmax } from "./learning.js";

// Weights travel as little-endian numbers of 16 bits: a sign, 5 bits of the exponent, 10 of the fraction (IEEE 754).
export function float16s(base64) {
  const bytes = atob(base64);
  return Float64Array.from({ length: bytes.length / 2 }, (_, k) => {
    const bits = bytes.charCodeAt(2 * k) | (bytes.charCodeAt(2 * k + 1) << 8);
    const exponent = (bits >> 10) & 31, fraction = bits & 1023;
    const size = (exponent ? 1024 + fraction : fraction) * 2 ** (Math.max(1, exponent) - 25);
    return bits >> 15 ? -size : size;
  });
}

// The model as learning.js reads it.
export function unpackModel({ weights, ...model }) {
  return { ...model, weights: Object.fromEntries(Object.entries(weights).map(([name, one]) => [name, float16s(one)])) };
}

// What the layer computes from the numbers of words, name -> (seq, hidden_size), and the probability of class 1 after
// each word: what the model would say if the text ended there.
export function readWords(model, numbers) {
  const { run, output } = answer(model, numbers);
  return { values: run.values, after: numbers.map((_, t) => softmax(output.subarray(2 * t, 2 * t + 2))[1]) };
}

// The heatmap of one gate or state with these values, as the Scrubber reads it: whole numbers in units of the last
// decimal shown, of which small values get more.
export function filled(panel, values) {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  let decimals = 3;
  while (largest && largest * 10 ** decimals < 100 && decimals < 6) decimals += 1;
  const scale = panel.color ? 1 : largest || 1; // a gate runs from 0 to 1
  return { ...panel, scale, decimals, values: values.map((value) => Math.round(value * 10 ** decimals)) };
}
