// Trainings that share the page with whoever reads it: a few updates in every frame, and none while nobody looks.
import { score, training } from "./learning.js";
import { firstModel, generator } from "./tasks.js";

export const UPDATES = 1500; // of one training
const SLICE = 10, BESIDE = 2; // milliseconds of a frame for the training; and while the reader moves something
const MOVING = 300; // milliseconds that a reader still counts as moving
const SHOWN = 100; // milliseconds from one picture to the next: to draw takes time from the reader's slider
const JUDGED = 50; // updates from one judgement to the next
const DATA = 1e6, NEW = 2e6; // the seeds of what is learned from, and of what is judged on, lie apart

// A network of one cell that begins to learn a task; `judge()` says how well it does. All cells with one seed read the same batches.
export function begin(cell, task, { units, keep, seed }) {
  const model = firstModel(cell, task, units, generator(seed), { keep });
  const learn = training(model, task, generator(DATA + seed));
  const one = { cell, task, seed, model, updates: 0, loss: NaN, metric: NaN, solved: false };
  one.judge = () => {
    one.metric = score(model, task, generator(NEW + seed), 200);
    one.solved = task.solved(one.metric);
  };
  one.step = (lr) => {
    one.loss = learn(lr);
    one.updates += 1;
    if (one.updates % JUDGED === 0) one.judge();
  };
  return one;
}

// "LSTM: 300 updates, loss 0.012, error at the reads 0.034"
export function report(cell, { task, updates, loss, metric, solved }, tr) {
  const said = [tr("{updates} updates", { updates })];
  if (updates) said.push(tr("loss {loss}", { loss: Number.isFinite(loss) ? loss.toPrecision(2) : tr("not a number") }));
  if (task.output_size === 1) said.push(tr("squared error at the reads {error}", { error: metric.toPrecision(2) }));
  else said.push(tr("right {percent} %", { percent: Math.round(100 * metric) }));
  if (solved) said.push(tr("solved"));
  return tr("{label}: {said}", { label: cell, said: said.join(tr(", ")) });
}

// Calls `step()` as often as there is time for in each frame, and now and then `show()`, until it returns false or the page has let go
// of `root`; then `done()`. Who moves something in `root` meanwhile goes first. A page that is not seen has no frames. Returns a
// function that ends it, and shows what was reached since it was shown the last time.
export function run(root, step, show, done) {
  let wanted, shown = 0, moved = -Infinity;
  const moves = new AbortController();
  const move = () => (moved = performance.now());
  for (const kind of ["input", "keydown", "pointermove"]) root.addEventListener(kind, move, { signal: moves.signal });
  function frame() {
    if (!root.isConnected) return done();
    const start = performance.now(), end = start + (start - moved < MOVING ? BESIDE : SLICE);
    let more = true;
    while (more && performance.now() < end) more = step();
    if (!more || end - shown > SHOWN) {
      show();
      shown = end;
    }
    if (more) wanted = requestAnimationFrame(frame);
    else done();
  }
  wanted = requestAnimationFrame(frame);
  return () => {
    moves.abort();
    cancelAnimationFrame(wanted);
    if (root.isConnected) show();
  };
}
