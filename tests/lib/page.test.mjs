// What every widget hears of a pointer, and how its views are mounted. A browser holds the rest.
import assert from "node:assert/strict";
import { test } from "node:test";
import { follow, hearEnter, mountAll } from "../../seqmem_lib/widgets/page.js";

// A node, and what `follow` tells of it: "x tapped" for each move.
function followed() {
  const node = new EventTarget(), told = [], captured = new Set();
  node.setPointerCapture = (number) => captured.add(number);
  node.hasPointerCapture = (number) => captured.has(number);
  follow(node, ({ clientX }, tapped) => told.push(tapped ? `${clientX} tapped` : `${clientX}`));
  const send = (kind, clientX, clientY = 0, { pointerType = "mouse", pointerId = 1, button = 0, isPrimary = true } = {}) => {
    const event = Object.assign(new Event(kind), { clientX, clientY, pointerType, pointerId, button, isPrimary });
    node.dispatchEvent(event);
    if (kind === "pointerup") captured.delete(pointerId);
    return told.splice(0);
  };
  return send;
}

test("a mouse moves where it is pressed, and along while it is held", () => {
  const send = followed();
  assert.deepEqual(send("pointermove", 5), [], "it is not pressed");
  assert.deepEqual(send("pointerdown", 100, 50), ["100 tapped"]);
  assert.deepEqual(send("pointermove", 101, 51), ["101"], "even one pixel");
  assert.deepEqual(send("pointermove", 101, 90), ["101"], "and across");
  assert.deepEqual(send("pointerup", 101, 90), []);
  assert.deepEqual(send("pointermove", 5), []);
});

test("another button, and a second finger, move nothing", () => {
  const send = followed();
  for (const other of [{ button: 2 }, { isPrimary: false }, { isPrimary: false, pointerType: "touch" }]) {
    assert.deepEqual([...send("pointerdown", 100, 50, other), ...send("pointermove", 150, 50, other)], []);
  }
});

test("a finger moves along, scrolls across, and taps where it is lifted", () => {
  const finger = { pointerType: "touch" }, send = followed();
  const touch = (...places) => {
    const [first, ...others] = places, last = places.at(-1);
    const told = send("pointerdown", ...first, finger);
    for (const place of others) told.push(...send("pointermove", ...place, finger));
    return [...told, ...send("pointerup", ...last, finger)];
  };
  assert.deepEqual(touch([100, 200]), ["100 tapped"]);
  assert.deepEqual(touch([100, 200], [107, 193]), ["107 tapped"], "it trembles");
  assert.deepEqual(touch([100, 200], [108, 200]), ["108"], "8 pixels are a move");
  assert.deepEqual(touch([100, 200], [92, 200]), ["92"], "to either side");
  assert.deepEqual(touch([100, 200], [108, 208], [101, 200]), ["108", "101"], "as far along as across, and back");
  assert.deepEqual(touch([100, 200], [109, 210]), [], "more across than along: the page scrolls");
  assert.deepEqual(touch([100, 200], [100, 208]), [], "across");
  assert.deepEqual(touch([100, 200], [120, 200], [120, 260]), ["120", "120"], "once it moves, it goes on");
});

test("each view of a widget is built once, from what was sent", (t) => {
  const roots = [1, 2].map((number) => ({ dataset: { sent: JSON.stringify({ number }) } })), asked = [], built = [];
  globalThis.document = { querySelectorAll: (name) => (asked.push(name), roots) };
  t.after(() => delete globalThis.document);
  const mount = (root, { number }) => built.push([roots.indexOf(root), number]);
  mountAll("abc", mount);
  roots.push({ dataset: { sent: JSON.stringify({ number: 3 }) } });
  mountAll("abc", mount);
  assert.deepEqual(built, [[0, 1], [1, 2], [2, 3]]);
  assert.deepEqual(asked, Array(2).fill('[data-seqmem="abc"]'));
});

test("of what is typed, nobody behind hears Enter, and all else", () => {
  const box = new EventTarget(), heard = [];
  hearEnter(box);
  box.addEventListener("beforeinput", ({ inputType }) => heard.push(inputType));
  for (const inputType of ["insertText", "insertLineBreak", "deleteContentBackward"]) {
    box.dispatchEvent(Object.assign(new Event("beforeinput"), { inputType }));
  }
  assert.deepEqual(heard, ["insertText", "deleteContentBackward"]);
});
