// A tensor drawn as blocks: its first axis goes down, its second across, and its third lies within a block.
import { shape } from "../../widgets/page.js";

const NUMBER = 5; // the width of one number, in CSS pixels, where there is room
const HEIGHT = 22;
const ROW = 36;
const BETWEEN = 6; // two parts of a block
const LEFT = 42;
const TOP = 24;
const BESIDE = 160; // the width of what stands beside a row
export const LEAST = 260; // the narrowest room that is drawn for: in less, the whole picture is made smaller

// Diagonal lines within a box, from its lower left to its upper right.
export function hatch(x, y, width, height, gap = 5) {
  let path = "";
  for (let start = gap - height; start < width; start += gap) {
    const from = Math.max(start, 0);
    const to = Math.min(start + height, width);
    path += `M${x + from},${y + height - (from - start)}L${x + to},${y + height - (to - start)}`;
  }
  return path;
}

// The parts that lie side by side in one block are {count, color, light}; `number` is the width of one number.
export function blockWidth(parts, number = NUMBER) {
  return parts.reduce((sum, { count }) => sum + count * number, 0) + BETWEEN * (parts.length - 1);
}

// How wide one number is, and how far it is from one block to the next, so that `columns` blocks of `parts` parts with
// `count` numbers each fit into a room of LEAST pixels or more. Blocks beside which something stands have less of it.
export function fit(room, columns, parts, count, beside = false) {
  const most = (room - LEFT - (beside ? BESIDE : 0)) / columns;
  const between = BETWEEN * (parts - 1);
  const number = Math.min(NUMBER, (most - between - 8) / (parts * count));
  const step = Math.min(most, Math.max(36, parts * count * number + between + 14));
  return { number, step };
}

// empty(row, column), marked(row, column, part) : what is padding, and what h_n repeats
function drawBlocks({ rows, columns, parts, step, number, empty, marked, paint = (part) => part }) {
  const nodes = [];
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      let x = LEFT + column * step + (step - blockWidth(parts, number)) / 2;
      const y = TOP + row * ROW + (ROW - HEIGHT) / 2;
      for (const [k, part] of parts.entries()) {
        const { count, color, light } = paint(part, row);
        const width = count * number;
        const padding = empty(row, column);
        const box = { x, y, width, height: HEIGHT };
        const kind = padding ? "seqmem-padding" : light ? "seqmem-light" : "seqmem-full";
        const group = shape("g", { class: kind, ...(padding ? {} : { style: `--color:${color}` }) }, shape("rect", box));
        const lines = Array.from({ length: count - 1 }, (_, n) => `M${x + (n + 1) * number},${y}v${HEIGHT}`).join("");
        const inside = padding ? hatch(x, y, width, HEIGHT) : lines;
        if (inside) group.append(shape("path", { d: inside }));
        group.dataset.at = [row, column, k];
        nodes.push(group);
        if (marked(row, column, k)) {
          const around = { x: x - 3, y: y - 3, width: width + 6, height: HEIGHT + 6, rx: 2, class: "seqmem-same" };
          nodes.push(shape("rect", { ...around, "data-at": [row, column, k] }));
        }
        x += width + BETWEEN;
      }
    }
  }
  return nodes;
}

function label(text, attributes) {
  const node = shape("text", attributes);
  node.textContent = text;
  return node;
}

// Draws the blocks of one tensor, the names of its rows and columns, and what stands beside each row, if anything. The
// picture is as wide as its room, and as high as for the most rows: it stays while their number changes.
export function drawTensor(svg, blocks) {
  const { rows, most, columns, step, room, down, across, beside } = blocks;
  const height = TOP + most * ROW;
  for (const [attribute, number] of Object.entries({ width: room, height, viewBox: `0 0 ${room} ${height}` })) {
    svg.setAttribute(attribute, number);
  }
  const middle = (row) => TOP + (row + 0.5) * ROW;
  const nodes = drawBlocks(blocks);
  for (let row = 0; row < rows; row += 1) {
    nodes.push(label(down(row), { x: 0, y: middle(row), dy: "0.35em" }));
    if (!beside) continue;
    const x = LEFT + columns * step + 8;
    const [above, below] = beside[row];
    nodes.push(label(above, { x, y: middle(row) - 4 }));
    nodes.push(label(below, { x, y: middle(row) + 11, ...(below.startsWith("=") ? { class: "seqmem-mono" } : {}) }));
  }
  for (let column = 0; column < columns; column += 1) {
    const name = step < 32 ? String(column) : across(column);
    nodes.push(label(name, { x: LEFT + (column + 0.5) * step, y: 14, "text-anchor": "middle" }));
  }
  svg.replaceChildren(...nodes);
}
