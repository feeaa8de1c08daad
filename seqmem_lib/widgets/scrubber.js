// The static face of the Scrubber: its view, of what was recorded.
import { buildScrubber } from "./scrubber_view.js";

export function mount(root, sent) {
  buildScrubber(root, sent);
}
