/** The comparison as an SVG: a panel a distribution, queries a task against delay, both on log scales. */
import { axisLine, drawDot, drawLegend, type Look, onLogScale, svgDocument } from '../svg.ts';

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
const LOOKS: Readonly<Record<string, Look>> = {
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
  const body = panels.map((panel, index) => {
    const [x, y] = [(index % COLUMNS) * WIDTH, LEGEND_HEIGHT + Math.floor(index / COLUMNS) * HEIGHT];
    return `<g transform="translate(${x} ${y})">${drawPanel(panel)}</g>`;
  });
  const legend = drawLegend(LOOKS, MARGIN.left, LEGEND_STEP);
  return svgDocument(COLUMNS * WIDTH, rows * HEIGHT + LEGEND_HEIGHT, [legend, ...body]);
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
  const line = axisLine(x(queries), x(queries), MARGIN.top, HEIGHT - MARGIN.bottom);
  return `${line}<text x="${x(queries) - 4}" y="${HEIGHT - MARGIN.bottom + 14}">${queries}</text>`;
}

function horizontalLine(delayMs: number): string {
  const line = axisLine(MARGIN.left, WIDTH - MARGIN.right, y(delayMs), y(delayMs));
  return `${line}<text x="18" y="${y(delayMs) + 4}">${delayMs / 1_000} s</text>`;
}

/** The bound is drawn last: where the learned schedule lies on it, it shows as its centre. */
function drawPoint({ name, queries, delayMs }: PlotPoint): string {
  return drawDot(LOOKS[name] ?? OTHER, x(queries), y(delayMs));
}

function x(queries: number): number {
  return onLogScale(queries, {
    low: MIN_QUERIES,
    high: MAX_QUERIES,
    from: MARGIN.left,
    to: WIDTH - MARGIN.right,
  });
}

function y(delayMs: number): number {
  return onLogScale(delayMs, {
    low: MIN_DELAY_MS,
    high: MAX_DELAY_MS,
    from: HEIGHT - MARGIN.bottom,
    to: MARGIN.top,
  });
}
