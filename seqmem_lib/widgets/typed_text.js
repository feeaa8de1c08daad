// The TypedText: type a text, and a trained classifier reads it in the page. Any of its words can be hidden.
import { filled, readWords, unpackModel } from "./classifier.js";
import { inOne, translator } from "./language.js";
import { element } from "./page.js";
import { buildScrubber } from "./scrubber_view.js";
import { leftOut, segmenter, splitWords } from "./words.js";

const WAIT = 60, PAUSE = 700; // milliseconds without a key until the picture follows, and until a screen reader is told
const MANY = 400; // words: with more, the verdict too comes with the picture, so that typing does not lag
const MOST_SAID = 60; // words in the name of the picture

export function mount(root, { text, says, cut, words, unknown, model: packed, view, colors, sentences }) {
  const tr = translator({ sentences });
  const model = unpackModel(packed);
  const numbers = new Map(words.map((word, number) => [word, number]));
  const split = cut === "segment" ? segmenter(words.slice(2)) : splitWords;
  const hidden = new Set(); // the places of words that the model must read as unknown
  let tokens = [];
  let shown = null; // the Scrubber of what was read, if there was a word
  let unit = view.unit; // the one that the reader chose, for every text
  let drawing = 0, telling = 0; // the timers of the picture, and of what a screen reader is told

  // --- What is on the page -------------------------------------------------------------------------------------
  const own = { "data-lm-suppress-shortcuts": "true" }; // Jupyter leaves the keys of these elements alone
  const quiet = { spellcheck: "false", autocomplete: "off" }; // no checker is asked, here or elsewhere
  const box = element("textarea", { class: "seqmem-text", rows: 3, dir: "auto", ...quiet, ...own });
  box.value = text;
  const chips = element("div", { class: "seqmem-words", role: "toolbar", "aria-label": tr("Hide words") });
  const verdict = element("div", { class: "seqmem-verdict", "aria-hidden": "true" });
  const status = element("div", { class: "seqmem-status", role: "status" });
  const picture = element("div", { class: "seqmem-picture" });
  root.replaceChildren(element("div", { class: "seqmem-typed-text" },
    element("label", { class: "seqmem-typed" }, tr("Your text"), box),
    element("div", { class: "seqmem-hint" }, tr("Press a word to hide it: the model then reads {unknown} in its place.", { unknown })),
    chips, verdict, status, picture,
  ));

  // --- Reading -------------------------------------------------------------------------------------------------
  const isRead = (k) => !hidden.has(k) && numbers.has(tokens[k]);
  const written = (k) => (isRead(k) ? tokens[k] : `⟨${tokens[k]}⟩`);

  // What the model makes of the text, in words at once, and in the picture after so many milliseconds.
  function show(wait = 0) {
    clearTimeout(drawing);
    if (!tokens.length) return clear();
    const names = tokens.map((_, k) => written(k));
    const read = () => {
      const reading = readWords(model, tokens.map((token, k) => (isRead(k) && numbers.get(token)) || 1));
      say(...judged(names, reading.after.at(-1)));
      return reading;
    };
    const reading = tokens.length > MANY && wait ? null : read();
    const follow = () => draw(names, reading ?? read());
    if (wait) drawing = setTimeout(follow, wait);
    else follow();
  }

  function clear() {
    shown?.destroy();
    shown = null;
    picture.hidden = true; // no picture of another text
    root.dataset.shown = 0;
    say(tr("There is no word to read: type one."));
  }

  function draw(names, { values, after }) {
    shown?.destroy();
    picture.hidden = false;
    shown = buildScrubber(picture, {
      seq: names.length,
      step: names.length - 1,
      unit,
      checkpoint: 0,
      checkpoints: [""],
      differIn: "",
      tokens: names,
      inputs: [],
      input: null,
      alt: inWords(names, after),
      colors,
      sentences,
      views: [{ ...view, panels: view.panels.map((panel) => filled(panel, values[panel.name])) }],
      readouts: [{ name: says[1], range: [0, 1], values: [after.map((one) => one.toFixed(3))] }],
    }, (step, chosen) => { unit = chosen; });
    root.dataset.shown = names.length;
  }

  function inWords(names, after) {
    const said = names.slice(0, MOST_SAID).map((name, k) => `${name} ${after[k].toFixed(2)}`);
    return inOne([
      tr("What the {kind} computes at each of {count} words.", { kind: view.kind, count: names.length }),
      tr("Probability of {name} after each: {said}.", { name: says[1], said: said.join(tr(", ")) }),
    ]);
  }

  function judged(names, sure) {
    const percent = (100 * Math.max(sure, 1 - sure)).toFixed(1);
    const missing = names.filter((_, k) => !isRead(k)), dropped = cut === "segment" ? [] : leftOut(box.value);
    return [
      element("b", {}, says[Number(sure >= 0.5)]), tr(", with a probability of {percent}%", { percent }),
      ...(missing.length ? [tr("; read as {unknown}: {words}", { unknown, words: missing.join(" ") })] : []),
      ...(dropped.length ? [tr("; not read at all: {words}", { words: dropped.join(" ") })] : []),
    ];
  }

  // For the eyes at once. A screen reader hears it when the reader has stopped, and not after every key.
  function say(...parts) {
    verdict.replaceChildren(...parts);
    clearTimeout(telling);
    telling = setTimeout(() => { status.textContent = verdict.textContent; }, PAUSE);
  }

  // --- Typing and hiding ---------------------------------------------------------------------------------------
  function type(wait) {
    tokens = split(box.value);
    hidden.clear();
    while (chips.children.length > tokens.length) chips.lastChild.remove();
    while (chips.children.length < tokens.length) chips.append(element("button", { type: "button", tabindex: -1, ...own }));
    if (!chips.querySelector("[tabindex='0']")) chips.firstChild?.setAttribute("tabindex", 0);
    tokens.forEach((_, k) => mark(k));
    show(wait);
  }

  function mark(k) {
    const chip = chips.children[k];
    const look = `seqmem-word${isRead(k) ? "" : " seqmem-unread"}`, pressed = String(hidden.has(k));
    // Not where all is as it was: a long text would be laid out anew at every key.
    if (chip.textContent !== written(k)) chip.textContent = written(k);
    if (chip.className !== look) chip.className = look;
    if (chip.ariaPressed !== pressed) chip.ariaPressed = pressed;
  }

  box.addEventListener("input", (event) => {
    if (!event.isComposing) type(WAIT); // of Chinese that is being composed, the letters are no words yet
  });
  box.addEventListener("compositionend", () => type(WAIT));
  const placeOf = (node) => [...chips.children].indexOf(node.closest("button"));
  chips.addEventListener("click", ({ target }) => {
    const k = placeOf(target);
    if (k < 0) return;
    if (!hidden.delete(k)) hidden.add(k);
    mark(k);
    show();
  });
  // One stop for the Tab key; the arrows go from word to word.
  chips.addEventListener("keydown", (event) => {
    const k = placeOf(event.target), last = tokens.length - 1;
    const to = { ArrowRight: k + 1, ArrowDown: k + 1, ArrowLeft: k - 1, ArrowUp: k - 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    chips.children[Math.max(0, Math.min(last, to))].focus();
  });
  chips.addEventListener("focusin", ({ target }) => {
    chips.querySelector("[tabindex='0']")?.setAttribute("tabindex", -1);
    target.setAttribute("tabindex", 0);
  });
  type(0);
}
