/** What Prometheus reads, after real work. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { until } from '../setup/until.ts';
import { openWindow } from './window.ts';

function seriesValue(text: string, series: string): number | null {
  const line = text.split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? null : Number(line.slice(series.length + 1));
}

it('the metrics count what was done, in every unit, and their histograms add up', async () => {
  await using window = await openWindow();
  await window.system.give(4);
  await window.system.startWorker();
  const { bytes } = await window.system.ended();
  const answer = await window.get('/metrics');
  expect(answer.headers.get('content-type')).toContain('text/plain; version=0.0.4');
  // A reading is shared for a second, so it may be one from before the end.
  const text = await until(async () => {
    const now = await (await window.get('/metrics')).text();
    const saved = [
      'kie_batch_items{state="saved"}',
      'kie_batch_saved_total',
      'kie_batch_vendor_calls_total{operation="submit",outcome="ok"}',
    ];
    return saved.every((series) => seriesValue(now, series) === 4) ? now : null;
  }, 'the metrics show what was saved');
  expect(seriesValue(text, 'kie_batch_tasks_created_total')).toBe(4);
  expect(seriesValue(text, 'kie_batch_saved_total')).toBe(4);
  expect(seriesValue(text, 'kie_batch_credits_spent_total')).toBe(40);
  expect(seriesValue(text, 'kie_batch_stored_bytes_total')).toBe(bytes);
  expect(seriesValue(text, 'kie_batch_gate_admitted_total{operation="submit"}')).toBe(4);
  expect(seriesValue(text, 'kie_batch_workers_alive')).toBe(1);
  expect(seriesValue(text, 'kie_batch_vendor_calls_total{operation="query",outcome="ok"}')).toBeGreaterThan(
    3,
  );
  expect(await (await window.get('/gate')).text()).toMatch(
    /<th scope="row">Answered<\/th><td class="number">4</,
  );
  for (const name of ['waiting', 'task', 'download']) {
    expect(seriesValue(text, `kie_batch_${name}_seconds_bucket{le="+Inf"}`)).toBe(4);
    expect(seriesValue(text, `kie_batch_${name}_seconds_count`)).toBe(4);
  }
});

it('every metric that the board and the alert rules ask for exists', async () => {
  await using window = await openWindow();
  await window.system.give(1);
  await window.system.startWorker();
  await window.system.ended();
  let text = '';
  await until(async () => {
    text = await (await window.get('/metrics')).text();
    return text.includes('kie_batch_credits ');
  }, 'the balance is read');
  const names = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map((match) => match[1]));
  const board = readFileSync('deploy/grafana/kie-batch.json', 'utf8');
  z.object({ title: z.string(), panels: z.array(z.unknown()).min(8) }).parse(JSON.parse(board));
  const rules = readFileSync('deploy/prometheus/alert-rules.yml', 'utf8');
  const asked = [...`${board}\n${rules}`.matchAll(/kie_batch_\w+/g)].map(([name]) =>
    name.replace(/_(bucket|sum|count)$/, ''),
  );
  expect(asked.length).toBeGreaterThan(20);
  for (const name of asked) expect(names).toContain(name);
});
