// What a widget says, in its own language. Nothing here touches a page, so that Node can test it.

// A function, (sentence, values) -> the sentence in the language that came with the data, with values in the place of
// their names in braces. sentences: English -> that language; none for English.
export function translator({ sentences = {} }) {
  return (sentence, values = {}) =>
    (sentences[sentence] ?? sentence).replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
}

// Sentences one after the other: after a Chinese full stop stands no space.
export const inOne = (sentences) =>
  sentences.filter(Boolean).reduce((said, one) => said + (said && !said.endsWith("。") ? " " : "") + one, "");

// How wide a text is, in letters: a Chinese one is as wide as two.
export const columns = (text) => [...text].length + (text.match(WIDE) ?? []).length;
const WIDE = /[\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60\u{20000}-\u{3ffff}]/gu;

// The widest of some texts.
export const widest = (texts) => texts.reduce((a, b) => (columns(b) > columns(a) ? b : a), "");
