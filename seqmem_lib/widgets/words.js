// From written text to words in the page: the rules of texts/vocabulary.py, which gives the reasons. Nothing here touches
// a page, so that Node can test it. Both ask Unicode what a letter is, so they agree on every character that the Unicode
// of both knows.

const UNSPACED =
  "\\u3005-\\u3007\\u3400-\\u4dbf\\u4e00-\\u9fff\\uf900-\\ufaff\\u{20000}-\\u{3ffff}" +
  "\\u3041-\\u309f\\u30a1-\\u30fa\\u30fc-\\u30ff\\u31f0-\\u31ff\\uff66-\\uff9f" +
  "\\u0e01-\\u0eff\\u1000-\\u109f\\ua9e0-\\ua9ff\\uaa60-\\uaa7f\\u1780-\\u17ff";
const ACCENTS = "(?:(?![\\u{10000}-\\u{10ffff}])[\\p{Mn}\\p{Mc}])+";
const LETTERS = `(?:(?![${UNSPACED}])[\\p{L}\\p{Nl}\\p{No}])+`; // with ½ and Ⅳ, as Python has it
const PART = `${LETTERS}(?:${ACCENTS}(?:${LETTERS})?)*`;
const WORD = `${PART}(?:['’]${PART})*|\\p{Nd}+`;
const TOKENS = new RegExp(`${WORD}|[.,;:!?，。；：！？]|(?=[${UNSPACED}])[\\p{L}\\p{Nl}\\p{No}](?:${ACCENTS})?`, "gu");
const WHOLE = new RegExp(`${WORD}|[${UNSPACED}]${ACCENTS}`, "gu"); // what segment never cuts
const LOOSE_SPACE = new RegExp(` (?!(?![${UNSPACED}])[\\p{L}\\p{N}])`, "gu");
const SPACES = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/gu; // as Python's split has them

function plain(text) {
  return text.replace(/[０-９Ａ-Ｚａ-ｚ]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0)).toLowerCase();
}

export function splitWords(text) {
  return plain(text).match(TOKENS) ?? [];
}

// What splitWords leaves out: each sign once, with the accents and the colours of skin that it carries.
export function leftOut(text) {
  const rest = plain(text).replace(TOKENS, " ").replace(SPACES, " ");
  return [...new Set(rest.match(/[^ ](?:[\p{M}\p{Emoji_Modifier}]|\u200d[^ ])*/gu))];
}

// A function, text -> words: at each place the longest of these words that fits, and where none does, one character.
export function segmenter(words) {
  const known = new Map(); // as it is compared -> as it is listed
  const lengths = new Map(); // the beginning of words -> how long they are, longest first
  for (const word of words) if (!known.has(plain(word))) known.set(plain(word), word);
  for (const word of known.keys()) {
    const beginning = word.slice(0, 2), others = lengths.get(beginning) ?? [];
    if (!others.includes(word.length)) lengths.set(beginning, [...others, word.length].sort((a, b) => b - a));
  }
  return (text) => {
    const line = plain(text).replace(SPACES, " ").replace(/^ | $/g, "").replace(LOOSE_SPACE, "");
    const ends = new Map(), inside = new Set();
    for (const { 0: whole, index } of line.matchAll(WHOLE)) {
      ends.set(index, index + whole.length);
      for (let k = index + 1; k < index + whole.length; k++) inside.add(k);
    }
    const tokens = [];
    for (let start = 0, end; start < line.length; start = end) {
      const fits = (size) => !inside.has(start + size) && known.has(line.slice(start, start + size));
      const size = lengths.get(line.slice(start, start + 2))?.find(fits);
      end = size ? start + size : ends.get(start) ?? start + String.fromCodePoint(line.codePointAt(start)).length;
      tokens.push(line.slice(start, end));
    }
    return tokens.filter((token) => token !== " ").map((token) => known.get(token) ?? token);
  };
}
