// The live face of the Scrubber: an anywidget whose step, unit and checkpoint are shared with Python.
import { buildScrubber } from "./scrubber_view.js";

// Where the reader is. If they moved on while the kernel sent shorter data, that place is not there any more.
export function positions(model, data) {
  const most = { step: data.seq, unit: Math.max(...data.views.map((view) => view.units)), checkpoint: data.checkpoints.length };
  return Object.fromEntries(Object.entries(most).map(([name, count]) => [name, Math.min(model.get(name), count - 1)]));
}

export default {
  render({ model, el }) {
    el.classList.add("seqmem");
    let shown;
    const build = () => {
      shown = model.get("data");
      el.lang = shown.lang ?? "";
      return buildScrubber(el, { ...shown, ...positions(model, shown) }, (step, unit, checkpoint) => {
        model.set({ step, unit, checkpoint });
        // Once a frame at most, and ipywidgets sends only the latest to a busy kernel.
        model.save_changes();
      });
    };
    let view = build();
    const again = () => {
      view.destroy();
      view = build();
    };
    const follow = () => {
      // A position that came with other data is for the view that they will get, and may not exist in this one.
      if (model.get("data") === shown) view.show(model.get("step"), model.get("unit"), model.get("checkpoint"));
    };
    model.on("change:step change:unit change:checkpoint", follow);
    model.on("change:data", again);
    return () => {
      model.off("change:step change:unit change:checkpoint", follow);
      model.off("change:data", again);
      view.destroy();
    };
  },
};
