/**
 * Still pictures of a terminal as one animated SVG: no script in it, so that it moves where pages show it as an image.
 * Each row that occurs is drawn once and used by all frames that have it. Who asked for less motion sees the end. Pure.
 */
import type { Frame, Run, Size, Tone } from './frames.ts';

const fontSize = 14;
const cellWidth = 8.4;
const rowHeight = 19;
const padding = 14;
const barHeight = 28;
/** How long the last picture stays before it all begins again. */
const restMs = 5000;
const colours: Readonly<Record<Tone, string>> = {
  plain: '#d6deeb',
  good: '#7fd88f',
  bad: '#ff7b72',
  faint: '#8b98a9',
  bold: '#ffffff',
};
const fonts = "ui-monospace,'SF Mono',Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace";

export function animatedSvg(frames: readonly Frame[], { columns, rows }: Size, title: string): string {
  const width = Math.ceil(columns * cellWidth + 2 * padding);
  const height = rows * rowHeight + 2 * padding + barHeight;
  const drawn = new Map<string, number>();
  const numberOf = (row: readonly Run[]) => {
    const text = row.map(drawRun).join('');
    const known = drawn.get(text) ?? drawn.size;
    drawn.set(text, known);
    return known;
  };
  const pictures = frames.map((frame, index) => drawFrame(frame, index * width, numberOf));
  const definitions = [...drawn].map(([text, number]) => `<g id="r${number}">${text}</g>`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${asText(title)}</title>`,
    `<style>${styleOf(frames, width)}</style>`,
    `<defs>${definitions.join('\n')}</defs>`,
    `<rect width="${width}" height="${height}" rx="8" fill="#101820"/>`,
    ...['#ff5f57', '#febc2e', '#28c840'].map(
      (colour, index) => `<circle cx="${18 + index * 18}" cy="${barHeight / 2 + 2}" r="5" fill="${colour}"/>`,
    ),
    `<svg y="${barHeight}" width="${width}" height="${height - barHeight}" viewBox="0 0 ${width} ${height - barHeight}">`,
    `<g class="reel">`,
    ...pictures,
    '</g></svg></svg>',
    '',
  ].join('\n');
}

function styleOf(frames: readonly Frame[], width: number): string {
  const totalMs = (frames.at(-1)?.atMs ?? 0) + restMs;
  const steps = frames.map(
    ({ atMs }, index) => `${((atMs / totalMs) * 100).toFixed(3)}%{transform:translateX(${-index * width}px)}`,
  );
  const end = `transform:translateX(${-(frames.length - 1) * width}px)`;
  return [
    `text{font:${fontSize}px ${fonts};white-space:pre}`,
    ...Object.entries(colours).map(([tone, colour]) => `.${tone}{fill:${colour}}`),
    `@keyframes play{${steps.join('')}100%{${end}}}`,
    `.reel{animation:play ${(totalMs / 1000).toFixed(2)}s step-end infinite}`,
    `@media (prefers-reduced-motion:reduce){.reel{animation:none;${end}}}`,
  ].join('\n');
}

function drawFrame({ rows }: Frame, x: number, numberOf: (row: readonly Run[]) => number): string {
  const uses = rows.flatMap((row, y) =>
    row.length === 0 ? [] : [`<use href="#r${numberOf(row)}" y="${padding + y * rowHeight}"/>`],
  );
  return `<g transform="translate(${x + padding} 0)">${uses.join('')}</g>`;
}

/** Stretched to its cells, so that columns stand under each other in any font. */
function drawRun({ column, text, tone }: Run): string {
  const characters = [...text].length;
  const length = (characters * cellWidth).toFixed(1);
  return `<text class="${tone}" x="${(column * cellWidth).toFixed(1)}" y="${fontSize}" textLength="${length}" lengthAdjust="spacingAndGlyphs">${asText(text)}</text>`;
}

function asText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
