/**
 * The charts of the overview, drawn with uPlot: throughput against the limit, links under way, and the age of
 * the oldest waiting link. Fed with samples; keeps the last 15 minutes.
 */
// @ts-check
import uPlot from './uplot.js';

/**
 * @typedef {{ at: number, waiting: number, atVendor: number, downloading: number, saved: number, failed: number,
 *   admitted: number, refused: number, limitPer10s: number, oldestWaitingMs: number }} Sample
 */

const keptMs = 15 * 60_000;
const leastSpanMs = 2 * 60_000;
const height = 190;
const clockTime = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });

/** @param {string} name */
function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** @param {string} label @param {string} tone @param {object} [more] */
function series(label, tone, more = {}) {
  return { label, stroke: () => color(tone), width: 2, points: { show: false }, spanGaps: false, ...more };
}

/** Differences in ten seconds, over the last half minute. @param {Sample[]} samples @param {'admitted' | 'saved'} name */
function per10s(samples, name) {
  return samples.map((sample, index) => {
    const before = samples[Math.max(0, index - 6)];
    if (!before || sample.at - before.at < 15_000) return null;
    return (Math.max(0, sample[name] - before[name]) / (sample.at - before.at)) * 10_000;
  });
}

const kinds = {
  throughput: {
    series: [
      series('submitted', '--accent', { fill: () => color('--accent-soft') }),
      series('saved', '--good'),
      series('limit', '--muted', { dash: [6, 4] }),
    ],
    unit: 'per 10 s',
    /** @param {Sample[]} samples */
    rows: (samples) => [
      per10s(samples, 'admitted'),
      per10s(samples, 'saved'),
      samples.map(({ limitPer10s }) => limitPer10s || null),
    ],
  },
  depths: {
    series: [
      series('waiting', '--queued'),
      series('at the vendor', '--accent', { fill: () => color('--accent-soft') }),
      series('downloading', '--good'),
    ],
    unit: 'links',
    /** @param {Sample[]} samples */
    rows: (samples) => [
      samples.map(({ waiting }) => waiting),
      samples.map(({ atVendor }) => atVendor),
      samples.map(({ downloading }) => downloading),
    ],
  },
  age: {
    series: [series('oldest waiting', '--warn', { fill: () => color('--warn-soft') })],
    unit: 'minutes',
    /** @param {Sample[]} samples */
    rows: (samples) => [samples.map(({ oldestWaitingMs }) => oldestWaitingMs / 60_000)],
  },
};

/** What is there, at least two minutes of it. @param {Sample[]} samples */
function spanOf(samples) {
  const now = Date.now();
  const first = Math.max(now - keptMs, Math.min(samples[0]?.at ?? now, now - leastSpanMs));
  return [first / 1000, now / 1000];
}

/** @param {NodeListOf<Element>} places */
export function createCharts(places) {
  /** @type {Sample[]} */
  let samples = [];
  const charts = [...places].map((place) => open(/** @type {HTMLElement} */ (place)));

  /** @param {HTMLElement} place */
  function open(place) {
    const kind = kinds[/** @type {keyof typeof kinds} */ (place.dataset.chart)];
    const axis = {
      stroke: () => color('--muted'),
      grid: { stroke: () => color('--line'), width: 1 },
      ticks: { stroke: () => color('--line'), width: 1 },
      font: '12px system-ui, sans-serif',
    };
    const chart = new uPlot(
      {
        width: place.clientWidth,
        height,
        legend: { live: true },
        cursor: { y: false },
        scales: {
          x: { time: true, range: () => spanOf(samples) },
          y: { range: (_chart, _least, most) => [0, Math.max(1, (most ?? 0) * 1.15)] },
        },
        axes: [
          {
            ...axis,
            space: 60,
            incrs: [60, 120, 300, 600],
            values: (_chart, ticks) => ticks.map((tick) => clockTime.format(tick * 1000)),
          },
          {
            ...axis,
            size: 52,
            values: (_chart, ticks) => ticks.map((tick) => (tick >= 1000 ? `${tick / 1000}k` : String(tick))),
          },
        ],
        series: [
          { label: 'time' },
          ...kind.series.map((each) => ({
            ...each,
            value: (_chart, value) => (value == null ? '–' : `${Math.round(value * 10) / 10} ${kind.unit}`),
          })),
        ],
      },
      [[], ...kind.series.map(() => [])],
      place,
    );
    new ResizeObserver(() => chart.setSize({ width: place.clientWidth, height })).observe(place);
    return { chart, kind };
  }

  function draw() {
    for (const { chart, kind } of charts) {
      chart.setData([samples.map(({ at }) => at / 1000), ...kind.rows(samples)]);
      if (chart.cursor.idx == null && samples.length > 0) chart.setLegend({ idx: samples.length - 1 });
    }
  }

  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
  return {
    /** @param {Sample[]} more */
    add(more) {
      const last = samples.at(-1)?.at ?? 0;
      samples = [...samples, ...more.filter(({ at }) => at > last)].filter(
        ({ at }) => at > Date.now() - keptMs,
      );
      draw();
    },
  };
}
