/**
 * The charts, drawn with uPlot: of the overview, of the gate and of a batch. Fed with samples of the span that the page is opened with.
 */
// @ts-check
import uPlot from './uplot.js';

/**
 * @typedef {{ at: number, waiting: number, atVendor: number, downloading: number, saved: number, failed: number,
 *   admitted: number, refused: number, limitPer10s: number, oldestWaitingMs: number, medianMs: number, p95Ms: number,
 *   throttled: number, halted: number, serverErrors: number, noAnswers: number }} Sample
 */

const spans = { '15m': 15 * 60_000, '24h': 24 * 3_600_000, '7d': 7 * 24 * 3_600_000 };
const span =
  document.body.dataset.span === '24h' || document.body.dataset.span === '7d'
    ? document.body.dataset.span
    : '15m';
const keptMs = spans[span];
const leastSpanMs = { '15m': 2 * 60_000, '24h': 3_600_000, '7d': 24 * 3_600_000 }[span];
/** Samples over which a rate is taken: half a minute of fine ones, and the one before of coarse ones. */
const rateOver = span === '15m' ? 6 : 1;
const height = 200;
const clockTime = new Intl.DateTimeFormat(
  'en-GB',
  span === '7d' ? { weekday: 'short', day: 'numeric' } : { hour: '2-digit', minute: '2-digit' },
);

/** @param {string} name */
function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Two samples are a short line; one is a point. @param {string} label @param {string} tone @param {object} [more] */
function series(label, tone, more = {}) {
  const points = { show: (chart) => chart.data[0].length < 4, size: 5 };
  return { label, stroke: () => color(tone), width: 2, points, spanGaps: false, ...more };
}

/** @typedef {'admitted' | 'saved' | 'throttled' | 'halted' | 'serverErrors' | 'noAnswers'} Growing */

/** Differences in ten seconds, over the last half minute. @param {Sample[]} samples @param {Growing} name */
function per10s(samples, name) {
  return samples.map((sample, index) => {
    const before = samples[Math.max(0, index - rateOver)];
    if (!before || sample.at <= before.at) return null;
    return (Math.max(0, sample[name] - before[name]) / (sample.at - before.at)) * 10_000;
  });
}

/** @param {Sample[]} samples @param {Growing} name */
function perMinute(samples, name) {
  return per10s(samples, name).map((value) => (value === null ? null : value * 6));
}

/**
 * Samples and the gate's windows do not begin together, so what was measured can seem to be above the limit: it never is.
 * @param {Sample[]} samples
 */
function submitted(samples) {
  return per10s(samples, 'admitted').map((measured, index) => {
    const recent = samples
      .slice(Math.max(0, index - rateOver), index + 1)
      .map(({ limitPer10s }) => limitPer10s);
    return measured === null ? null : Math.min(measured, Math.max(...recent) || measured);
  });
}

/** @param {number} value */
function countWords(value) {
  return Math.round(value).toLocaleString('en');
}

/** @param {number} value */
function perTenSeconds(value) {
  return String(Math.round(value * 10) / 10);
}

/** @param {number} value */
function milliseconds(value) {
  return value < 10_000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`;
}

/** @param {number} minutes */
function minuteWords(minutes) {
  return minutes < 100 ? `${Math.round(minutes * 10) / 10} min` : `${Math.round(minutes / 6) / 10} h`;
}

const kinds = {
  throughput: {
    series: [
      series('submitted', '--accent', { fill: () => color('--accent-soft'), words: perTenSeconds }),
      series('saved', '--good', { words: perTenSeconds }),
      series('limit', '--muted', { dash: [6, 4], words: perTenSeconds }),
    ],
    /** @param {Sample[]} samples */
    rows: (samples) => [
      submitted(samples),
      per10s(samples, 'saved'),
      samples.map(({ limitPer10s }) => limitPer10s || null),
    ],
  },
  batch: {
    series: [
      series('saved', '--good', { fill: () => color('--good-soft'), words: countWords }),
      series('waiting', '--queued', { words: countWords }),
      series('at the vendor', '--accent', { words: countWords }),
      series('failed', '--bad', { words: countWords }),
    ],
    /** @param {Sample[]} samples */
    rows: (samples) => [
      samples.map(({ saved }) => saved),
      samples.map(({ waiting }) => waiting),
      samples.map(({ atVendor }) => atVendor),
      samples.map(({ failed }) => failed),
    ],
  },
  firstByte: {
    series: [
      series('median', '--accent', { fill: () => color('--accent-soft'), words: milliseconds }),
      series('95 of 100', '--warn', { words: milliseconds }),
    ],
    /** @param {Sample[]} samples */
    rows: (samples) => [
      samples.map(({ medianMs }) => medianMs || null),
      samples.map(({ p95Ms }) => p95Ms || null),
    ],
  },
  errors: {
    series: [
      series('throttled', '--warn', { words: perTenSeconds }),
      series('server errors', '--bad', { words: perTenSeconds }),
      series('no answer', '--text', { words: perTenSeconds }),
      series('halted', '--accent', { words: perTenSeconds }),
    ],
    /** @param {Sample[]} samples */
    rows: (samples) => [
      perMinute(samples, 'throttled'),
      perMinute(samples, 'serverErrors'),
      perMinute(samples, 'noAnswers'),
      perMinute(samples, 'halted'),
    ],
  },
  underWay: {
    series: [
      series('at the vendor', '--accent', { fill: () => color('--accent-soft'), words: countWords }),
      series('downloading', '--good', { words: countWords }),
    ],
    /** @param {Sample[]} samples */
    rows: (samples) => [
      samples.map(({ atVendor }) => atVendor),
      samples.map(({ downloading }) => downloading),
    ],
  },
  waiting: {
    series: [
      series('waiting', '--queued', { fill: () => color('--queued-soft'), words: countWords }),
      series('the oldest for', '--warn', { scale: 'age', words: minuteWords }),
    ],
    /** @param {Sample[]} samples */
    rows: (samples) => [
      samples.map(({ waiting }) => waiting),
      samples.map(({ oldestWaitingMs }) => oldestWaitingMs / 60_000),
    ],
  },
};

const wholeSteps = [1, 2, 5]
  .flatMap((step) => [0, 1, 2, 3, 4, 5, 6].map((power) => step * 10 ** power))
  .sort((a, b) => a - b);

/** @param {number} tick */
function shortCount(tick) {
  return tick >= 1_000_000 ? `${tick / 1_000_000}M` : tick >= 1000 ? `${tick / 1000}k` : String(tick);
}

/** @param {number} least what the scale shows where there is nothing */
function fromZero(least) {
  return (_chart, _least, most) => [0, Math.max(least, (most ?? 0) * 1.15)];
}

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
          y: { range: fromZero(4) },
          age: { range: fromZero(2) },
        },
        axes: [
          {
            ...axis,
            space: 60,
            incrs: {
              '15m': [60, 120, 300, 600],
              '24h': [3600, 7200, 14_400, 21_600],
              '7d': [86_400, 172_800],
            }[span],
            values: (_chart, ticks) => ticks.map((tick) => clockTime.format(tick * 1000)),
          },
          { ...axis, size: 46, incrs: wholeSteps, values: (_chart, ticks) => ticks.map(shortCount) },
          {
            ...axis,
            show: kind.series.some(({ scale }) => scale === 'age'),
            scale: 'age',
            side: 1,
            size: 56,
            incrs: wholeSteps,
            grid: { show: false },
            values: (_chart, ticks) => ticks.map((tick) => (tick === 0 ? '' : minuteWords(tick))),
          },
        ],
        series: [
          { label: 'time' },
          ...kind.series.map((each) => ({
            ...each,
            value: (_chart, value) => (value == null ? '–' : each.words(value)),
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
