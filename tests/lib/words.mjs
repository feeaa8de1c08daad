// What words.js makes of texts: test_words.py writes { texts, words } as JSON and reads one list of answers for each.
import { text as all } from "node:stream/consumers";
import { leftOut, segmenter, splitWords } from "../../seqmem_lib/widgets/words.js";

const { texts, words } = JSON.parse(await all(process.stdin));
const segment = segmenter(words);
const unknown = []; // the characters that this Unicode does not have yet
for (let code = 0; code < 0x110000; code++) if (/\p{Cn}/u.test(String.fromCodePoint(code))) unknown.push(code);
const answers = { unknown, split: texts.map(splitWords), cut: texts.map(segment), left: texts.map(leftOut) };
process.stdout.write(JSON.stringify(answers));
