/**
 * The growth as an SVG: the cost of a link relative to the first case against the links that wait, both on log scales; a
 * line a figure, and a ring for the case of many batches.
 */
import { axisLine, drawDot, drawLegend, type Look, onLogScale, svgDocument } from '../svg.ts';
import { costRatio, type FigureKind, type Figures, figureKinds } from './figures.ts';
import type { Case } from './measure-case.ts';

interface Point {
  readonly waiting: number;
  readonly isOfMany: boolean;
  readonly ratio: number;
}

const WIDTH = 720;
const HEIGHT = 300;
const MARGIN = { left: 52, right: 20, top: 40, bottom: 40 };
const LEGEND_STEP = 132;
const RATIOS = [0.25, 0.5, 1, 2, 4];

/** Without the longest commands: on a machine that does anything else they are the scheduler's. */
const LOOKS: Readonly<Record<string, Look & { readonly key: FigureKind['key'] }>> = {
  time: { key: 'linksPerSecond', color: '#d6006c', radius: 5 },
  'CPU of the worker': { key: 'workerCpuMs', color: '#1f77b4', radius: 4 },
  'CPU of Redis': { key: 'redisCpuMs', color: '#2ca02c', radius: 4 },
  'Redis commands': { key: 'commands', color: '#ff7f0e', radius: 4 },
  'Redis memory': { key: 'bytesPerLink', color: '#7a5cc4', radius: 4 },
};

export function plotSvg(cases: readonly Case[], best: readonly Figures[]): string {
  const sizes = [...new Set(cases.map(({ waiting }) => waiting))];
  const x = scaleOf(sizes);
  const lines = Object.values(LOOKS).map((look) => drawFigure(look, pointsOf(look.key, cases, best), x));
  return svgDocument(WIDTH, HEIGHT, [
    drawLegend(LOOKS, MARGIN.left, LEGEND_STEP),
    ...sizes.map((waiting) => drawSize(waiting, x(waiting))),
    ...RATIOS.map(drawRatio),
    `<text x="${WIDTH / 2 - 60}" y="${HEIGHT - 6}">links that wait (ring: in many batches)</text>`,
    `<text transform="translate(12 ${HEIGHT / 2 + 60}) rotate(-90)">cost, first case = 1</text>`,
    ...lines,
  ]);
}

function pointsOf(key: FigureKind['key'], cases: readonly Case[], best: readonly Figures[]): Point[] {
  const kind = figureKinds.find((each) => each.key === key);
  const [first] = best;
  if (kind === undefined || first === undefined) return [];
  return cases.flatMap(({ waiting, batches }, index) => {
    const figures = best[index];
    return figures === undefined
      ? []
      : [{ waiting, isOfMany: batches > 1, ratio: costRatio(kind, figures, first) }];
  });
}

function drawFigure(look: Look, points: readonly Point[], x: (waiting: number) => number): string {
  const ofOne = points.filter(({ isOfMany }) => !isOfMany);
  const path = ofOne.map(({ waiting, ratio }) => `${x(waiting)},${y(ratio)}`).join(' ');
  const rings = points.filter(({ isOfMany }) => isOfMany);
  return [
    `<polyline points="${path}" fill="none" stroke="${look.color}"/>`,
    ...ofOne.map(({ waiting, ratio }) => drawDot(look, x(waiting), y(ratio))),
    ...rings.map(({ waiting, ratio }) => drawRing(look, x(waiting), y(ratio))),
  ].join('');
}

function drawRing({ color, radius }: Look, cx: number, cy: number): string {
  return `<circle cx="${cx}" cy="${cy}" r="${radius + 2}" fill="none" stroke="${color}" stroke-width="2"/>`;
}

function drawSize(waiting: number, at: number): string {
  const label = waiting.toLocaleString('en-US');
  return `${axisLine(at, at, MARGIN.top, HEIGHT - MARGIN.bottom)}<text text-anchor="middle" x="${at}" y="${HEIGHT - MARGIN.bottom + 14}">${label}</text>`;
}

function drawRatio(ratio: number): string {
  return `${axisLine(MARGIN.left, WIDTH - MARGIN.right, y(ratio), y(ratio))}<text x="22" y="${y(ratio) + 4}">${ratio}</text>`;
}

/** Half a step of room at both ends. */
function scaleOf(sizes: readonly number[]): (waiting: number) => number {
  const [low, high] = [Math.min(...sizes) / 2, Math.max(...sizes) * 2];
  return (waiting) => onLogScale(waiting, { low, high, from: MARGIN.left, to: WIDTH - MARGIN.right });
}

function y(ratio: number): number {
  return onLogScale(ratio, {
    low: Math.min(...RATIOS),
    high: Math.max(...RATIOS),
    from: HEIGHT - MARGIN.bottom,
    to: MARGIN.top,
  });
}
