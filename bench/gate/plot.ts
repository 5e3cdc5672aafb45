/**
 * The comparison as an SVG: a panel a server, a line a scenario; on the left the share of the limit used, on the
 * right the refusals per thousand admitted. Full dots are one process, rings are four.
 */
import type { Row } from './row.ts';
import { type ServerKind, serverKinds } from './servers.ts';

const colours: Readonly<Record<string, string>> = {
  'this gate': '#d6006c',
  'p-queue': '#1f77b4',
  'p-queue strict': '#2ca02c',
  bottleneck: '#ff7f0e',
  'smithy adaptive': '#7a5cc4',
};
const otherColour = '#888';

const names = { left: 20, width: 120 };
const used = { left: 150, width: 330, least: 50, most: 105 };
const refused = { left: 520, width: 330, least: 0.5, most: 5000 };
const lineHeight = 24;
const panelTop = 44;
const legendHeight = 40;
const width = 880;

export function plotSvg(rows: readonly Row[]): string {
  const shown = rows.filter(({ time, scenario }) => time === 'virtual' && !scenario.includes('2 s window'));
  const scenarios = [...new Set(shown.map(({ scenario }) => scenario))];
  const panelHeight = panelTop + scenarios.length * lineHeight + 20;
  const height = legendHeight + serverKinds.length * panelHeight;
  const panels = serverKinds.map((kind, index) => {
    const ofServer = shown.filter(({ server }) => server === kind);
    return `<g transform="translate(0 ${legendHeight + index * panelHeight})">${panel(kind, scenarios, ofServer)}</g>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="11">`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    legend(),
    ...panels,
    '</svg>\n',
  ].join('\n');
}

function panel(kind: ServerKind, scenarios: readonly string[], rows: readonly Row[]): string {
  const bottom = panelTop + scenarios.length * lineHeight;
  const lines = scenarios.map((scenario, index) => {
    const y = panelTop + (index + 0.5) * lineHeight;
    const dots = rows.filter((row) => row.scenario === scenario).map((row) => dotsOf(row, y));
    return `<text x="${names.left}" y="${y + 4}">${scenario}</text>${rule(used, y)}${rule(refused, y)}${dots.join('')}`;
  });
  const usedTicks = [50, 60, 70, 80, 90, 100].map((value) => tick(usedX(value), `${value}`, bottom));
  const refusedTicks = [1, 10, 100, 1000].map((value) => tick(refusedX(value), `${value}`, bottom));
  return [
    `<text x="${names.left}" y="20" font-size="13" font-weight="bold">${kind}</text>`,
    `<text x="${used.left}" y="20">share of the limit used, %</text>`,
    `<text x="${refused.left}" y="20">refused per thousand admitted (left edge: none)</text>`,
    ...usedTicks,
    ...refusedTicks,
    ...lines,
  ].join('\n');
}

function dotsOf(row: Row, y: number): string {
  const colour = colours[row.contender] ?? otherColour;
  const look = row.processes === 1 ? `fill="${colour}"` : `fill="none" stroke="${colour}" stroke-width="1.5"`;
  const label = `${row.contender}, ${row.processes}: ${row.usedPercent.toFixed(1)} %, ${row.refusedPerThousand.toFixed(1)} ‰`;
  const dot = (x: number) =>
    `<circle cx="${x.toFixed(1)}" cy="${y}" r="4" ${look}><title>${label}</title></circle>`;
  return dot(usedX(row.usedPercent)) + dot(refusedX(row.refusedPerThousand));
}

function usedX(percent: number): number {
  const within = Math.min(used.most, Math.max(used.least, percent));
  return used.left + ((within - used.least) / (used.most - used.least)) * used.width;
}

function refusedX(perThousand: number): number {
  const within = Math.min(refused.most, Math.max(refused.least, perThousand));
  const share = Math.log(within / refused.least) / Math.log(refused.most / refused.least);
  return refused.left + share * refused.width;
}

function rule({ left, width: length }: { left: number; width: number }, y: number): string {
  return `<line x1="${left}" x2="${left + length}" y1="${y}" y2="${y}" stroke="#eee"/>`;
}

function tick(x: number, label: string, bottom: number): string {
  return `<line x1="${x}" x2="${x}" y1="${panelTop}" y2="${bottom}" stroke="#ddd"/><text x="${x}" y="${panelTop - 6}" text-anchor="middle" fill="#666">${label}</text>`;
}

function legend(): string {
  return Object.entries(colours)
    .map(([name, colour], index) => {
      const x = names.left + index * 140;
      return `<circle cx="${x + 5}" cy="20" r="5" fill="${colour}"/><text x="${x + 15}" y="24">${name}</text>`;
    })
    .join('');
}
