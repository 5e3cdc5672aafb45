/**
 * Whether the cost of a link grows with what is waiting: `npm run bench -- growth [--sizes 1000,10000,100000,1000000]
 * [--batches 10000] [--links 1500] [--rounds 2] [--svg FILE]`. In each case so many links wait, in one batch or (the last
 * case) as many as the largest size in so many batches, while one worker saves `--links` of them without a limit of the
 * vendor. Each case has its own Redis and runs once a round; of each figure the better one is printed, because everything
 * else the machine does only makes it worse. Figures are per link. In parentheses: the cost compared with the first case
 * (for links/s: the time a link). Memory is that of a waiting link; the longest command is what Redis reports, where a
 * busy machine adds to it. A million links need about 2 GB of memory and a minute or two per round.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { betterOf, costRatio, type Figures, figureKinds } from './figures.ts';
import { type Case, measureCase } from './measure-case.ts';
import { plotSvg } from './plot.ts';

const nameWidth = 30;
const columnWidth = 21;

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      sizes: { type: 'string', default: '1000,10000,100000,1000000' },
      batches: { type: 'string', default: '10000' },
      links: { type: 'string', default: '1500' },
      rounds: { type: 'string', default: '2' },
      svg: { type: 'string' },
    },
  });
  const cases = casesOf(values.sizes.split(',').map(Number), Number(values.batches));
  const best = await measureAll(cases, Number(values.links), Number(values.rounds));
  print(cases, best);
  if (values.svg !== undefined) await writeFile(values.svg, plotSvg(cases, best));
}

function casesOf(sizes: readonly number[], batches: number): Case[] {
  const inOne = sizes.map((waiting) => ({ waiting, batches: 1 }));
  return batches === 0 ? inOne : [...inOne, { waiting: Math.max(...sizes), batches }];
}

/** In turns, so that whatever else the machine does meets all cases alike. */
async function measureAll(cases: readonly Case[], links: number, rounds: number): Promise<Figures[]> {
  const best: Figures[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, each] of cases.entries()) {
      const figures = await measureCase(each, links);
      const earlier = best[index];
      best[index] = earlier === undefined ? figures : betterOf(earlier, figures);
      console.error(`${round + 1}: ${rowOf(each, figures, best[0])}`);
    }
  }
  return best;
}

function print(cases: readonly Case[], best: readonly Figures[]): void {
  const titles = figureKinds.map(({ title }) => title.padStart(columnWidth));
  console.log(`${'waiting'.padEnd(nameWidth)}${titles.join('')}`);
  for (const [index, each] of cases.entries()) console.log(rowOf(each, best[index], best[0]));
}

function rowOf({ waiting, batches }: Case, figures: Figures | undefined, first: Figures | undefined): string {
  if (figures === undefined || first === undefined) return '';
  const cells = figureKinds.map((kind) => {
    const ratio = costRatio(kind, figures, first).toFixed(2);
    return `${figures[kind.key].toFixed(kind.digits)} (${ratio})`.padStart(columnWidth);
  });
  const name = `${grouped(waiting)} in ${grouped(batches)} ${batches === 1 ? 'batch' : 'batches'}`;
  return `${name.padEnd(nameWidth)}${cells.join('')}`;
}

function grouped(value: number): string {
  return value.toLocaleString('en-US');
}
