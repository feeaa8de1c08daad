// What classifier.js computes: test_typed_text.py writes { model, texts } as JSON, as a page gets it, and reads one answer
// for each text.
import { text as all } from "node:stream/consumers";
import { readWords, unpackModel } from "../../seqmem_lib/widgets/classifier.js";

const { model, texts } = JSON.parse(await all(process.stdin));
const unpacked = unpackModel(model);
const listed = (values) => Object.fromEntries(Object.entries(values).map(([name, one]) => [name, [...one]]));
const answers = texts.map((numbers) => {
  const { values, after } = readWords(unpacked, numbers);
  return { values: listed(values), after };
});
process.stdout.write(JSON.stringify(answers));
