/** What the plots of the benchmarks share: the document, its style, log scales and dots. */

export interface Look {
  readonly color: string;
  readonly radius: number;
}

export interface Scale {
  readonly low: number;
  readonly high: number;
  /** Where the low end is, and the high one, px. */
  readonly from: number;
  readonly to: number;
}

export function svgDocument(width: number, height: number, parts: readonly string[]): string {
  const size = `width="${width}" height="${height}"`;
  const style =
    '<style>text{font:11px sans-serif;fill:#222}.title{font-weight:bold}.axis{stroke:#bbb}</style>';
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size}>${style}<rect ${size} fill="#fff"/>\n${parts.join('\n')}\n</svg>\n`;
}

/** A value outside the scale is at its end. */
export function onLogScale(value: number, { low, high, from, to }: Scale): number {
  const share = Math.log(Math.min(high, Math.max(low, value)) / low) / Math.log(high / low);
  return Math.round((from + share * (to - from)) * 10) / 10;
}

export function drawDot({ color, radius }: Look, cx: number, cy: number): string {
  return `<circle cx="${cx}" cy="${cy}" r="${radius}" fill="${color}"/>`;
}

export function drawLegend(looks: Readonly<Record<string, Look>>, left: number, step: number): string {
  return Object.entries(looks)
    .map(([name, look], index) => {
      const x = left + index * step;
      return `${drawDot(look, x, 14)}<text x="${x + 10}" y="18">${name}</text>`;
    })
    .join('');
}

export function axisLine(x1: number, x2: number, y1: number, y2: number): string {
  return `<line class="axis" x1="${x1}" x2="${x2}" y1="${y1}" y2="${y2}"/>`;
}
