/** The comparison as an SVG: a panel a distribution, queries a task against delay, both on log scales. */

export interface PlotPoint {
  name: string;
  queries: number;
  delayMs: number;
}

export interface Panel {
  title: string;
  points: readonly PlotPoint[];
  /** What the best schedules come to, from few queries to many. */
  frontier: readonly { queries: number; delayMs: number }[];
}

const WIDTH = 360;
const HEIGHT = 260;
const MARGIN = { left: 52, right: 14, top: 30, bottom: 40 };
const COLUMNS = 2;
const MIN_QUERIES = 0.9;
const MAX_QUERIES = 400;
const MIN_DELAY_MS = 20;
const MAX_DELAY_MS = 500_000;

const LEGEND_HEIGHT = 26;
const LEGEND_STEP = 110;

/** Told apart by colour and by the legend: labels at the points would lie on each other. */
const LOOKS: Readonly<Record<string, { color: string; radius: number }>> = {
  bound: { color: '#111', radius: 3 },
  learned: { color: '#d6006c', radius: 6 },
  'every 2 s': { color: '#1f77b4', radius: 4 },
  'every 5 s': { color: '#2ca02c', radius: 4 },
  'every 15 s': { color: '#ff7f0e', radius: 4 },
  doubling: { color: '#7a5cc4', radius: 4 },
};
const OTHER = { color: '#888', radius: 4 };

export function plotSvg(panels: readonly Panel[]): string {
  const rows = Math.ceil(panels.length / COLUMNS);
  const size = `width="${COLUMNS * WIDTH}" height="${rows * HEIGHT + LEGEND_HEIGHT}"`;
  const body = panels.map((panel, index) => {
    const [x, y] = [(index % COLUMNS) * WIDTH, LEGEND_HEIGHT + Math.floor(index / COLUMNS) * HEIGHT];
    return `<g transform="translate(${x} ${y})">${drawPanel(panel)}</g>`;
  });
  const style =
    '<style>text{font:11px sans-serif;fill:#222}.title{font-weight:bold}.axis{stroke:#bbb}</style>';
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size}>${style}<rect ${size} fill="#fff"/>\n${drawLegend()}\n${body.join('\n')}\n</svg>\n`;
}

function drawPanel({ title, points, frontier }: Panel): string {
  const path = frontier.map(({ queries, delayMs }) => `${x(queries)},${y(delayMs)}`).join(' ');
  return [
    `<text class="title" x="${MARGIN.left}" y="18">${title}</text>`,
    ...[1, 10, 100].map((queries) => verticalLine(queries)),
    ...[100, 1_000, 10_000, 100_000].map((delayMs) => horizontalLine(delayMs)),
    `<text x="${WIDTH / 2}" y="${HEIGHT - 6}">queries a task</text>`,
    `<text transform="translate(12 ${HEIGHT / 2 + 20}) rotate(-90)">delay</text>`,
    `<polyline points="${path}" fill="none" stroke="#111" stroke-dasharray="3 2"/>`,
    ...[...points].reverse().map(drawPoint),
  ].join('');
}

function verticalLine(queries: number): string {
  const line = `<line class="axis" x1="${x(queries)}" x2="${x(queries)}" y1="${MARGIN.top}" y2="${HEIGHT - MARGIN.bottom}"/>`;
  return `${line}<text x="${x(queries) - 4}" y="${HEIGHT - MARGIN.bottom + 14}">${queries}</text>`;
}

function horizontalLine(delayMs: number): string {
  const line = `<line class="axis" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${y(delayMs)}" y2="${y(delayMs)}"/>`;
  return `${line}<text x="18" y="${y(delayMs) + 4}">${delayMs / 1_000} s</text>`;
}

/** The bound is drawn last: where the learned schedule lies on it, it shows as its centre. */
function drawPoint({ name, queries, delayMs }: PlotPoint): string {
  return drawDot(name, x(queries), y(delayMs));
}

function drawDot(name: string, cx: number, cy: number): string {
  const { color, radius } = LOOKS[name] ?? OTHER;
  return `<circle cx="${cx}" cy="${cy}" r="${radius}" fill="${color}"/>`;
}

function drawLegend(): string {
  const entries = Object.keys(LOOKS).map((name, index) => {
    const left = MARGIN.left + index * LEGEND_STEP;
    return `${drawDot(name, left, 14)}<text x="${left + 10}" y="18">${name}</text>`;
  });
  return entries.join('');
}

function x(queries: number): number {
  return scale(queries, MIN_QUERIES, MAX_QUERIES, MARGIN.left, WIDTH - MARGIN.right);
}

function y(delayMs: number): number {
  return scale(delayMs, MIN_DELAY_MS, MAX_DELAY_MS, HEIGHT - MARGIN.bottom, MARGIN.top);
}

function scale(value: number, low: number, high: number, from: number, to: number): number {
  const share = Math.log(Math.min(high, Math.max(low, value)) / low) / Math.log(high / low);
  return Math.round((from + share * (to - from)) * 10) / 10;
}
