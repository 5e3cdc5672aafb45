/** Tracing: one trace for each link on its way, at a collector over real HTTP; and nothing of it where it is off. */
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { openProject } from '../../cli/executable.ts';
import { startSystem } from '../../setup/system.ts';
import { until } from '../../setup/until.ts';
import { refusingUrl, serveHttp } from '../vendor/loopback-server.ts';

const attributes = z.array(
  z.object({ key: z.string(), value: z.object({ stringValue: z.string().optional() }) }),
);
const exportSchema = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes }),
      scopeSpans: z.array(
        z.object({ spans: z.array(z.object({ traceId: z.string(), name: z.string(), attributes })) }),
      ),
    }),
  ),
});

interface SeenSpan {
  readonly service: string | undefined;
  readonly trace: string;
  readonly name: string;
  readonly item: string | undefined;
}

async function startCollector(): Promise<{ url: string; spans: SeenSpan[] }> {
  const spans: SeenSpan[] = [];
  const url = await serveHttp(async (request, response) => {
    const body = await text(request);
    spans.push(...spansOf(exportSchema.parse(JSON.parse(body))));
    response.end('{}');
  });
  return { url: `${url}/v1/traces`, spans };
}

function spansOf({ resourceSpans }: z.infer<typeof exportSchema>): SeenSpan[] {
  const read = (from: z.infer<typeof attributes>, wanted: string) =>
    from.find(({ key }) => key === wanted)?.value.stringValue;
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans
      .flatMap(({ spans }) => spans)
      .map((span) => ({
        service: read(resource.attributes, 'service.name'),
        trace: span.traceId,
        name: span.name,
        item: read(span.attributes, 'bullmq.job.id'),
      })),
  );
}

it('a link is one trace through all queues, and the queues’ housekeeping is none', async () => {
  const collector = await startCollector();
  await using system = await startSystem({ environment: { TRACES_URL: collector.url } });
  const ids = await system.give(3);
  await system.startWorker();
  await system.ended();
  const runs = () => collector.spans.filter(({ name }) => name.startsWith('process'));
  // A run's span ends a moment after the link is saved, and spans are sent every few seconds.
  await until(
    () => runs().filter(({ name }) => name === 'process download').length >= ids.length,
    'the spans of all downloads have come',
  );
  expect(new Set(collector.spans.map(({ service }) => service))).toEqual(new Set(['kie-batch']));
  for (const id of ids) {
    const ofItem = runs().filter(({ item }) => item === id);
    expect(new Set(ofItem.map(({ name }) => name))).toEqual(
      new Set(['process submit', 'process status-check', 'process download']),
    );
    expect(new Set(ofItem.map(({ trace }) => trace)).size).toBe(1);
  }
  expect(new Set(runs().map(({ trace }) => trace)).size).toBe(ids.length);
  expect(collector.spans.filter(({ name }) => /getNextJob|stalled/i.test(name))).toEqual([]);
});

it.each([
  ['off', false],
  ['on', true],
])('where tracing is %s, OpenTelemetry is loaded: %s', async (_name, isOn) => {
  const collector = await startCollector();
  await using project = await openProject();
  await project.writeLinks('links.txt', 2);
  const hook = await project.write(
    'hook.mjs',
    `import { registerHooks } from 'node:module';
registerHooks({ load(url, context, next) {
  if (/opentelemetry|bullmq-otel/.test(url)) process.stderr.write('LOADED ' + url + '\\n');
  return next(url, context);
} });`,
  );
  const { code, stderr } = await project.run(['run', 'links.txt'], {
    environment: {
      NODE_OPTIONS: `--import ./${hook}`,
      TRACES_URL: isOn ? collector.url : undefined,
    },
  });
  expect(code).toBe(0);
  expect(/^LOADED /m.test(stderr)).toBe(isOn);
  expect(collector.spans.length > 0).toBe(isOn);
});

it('a collector that is away costs spans, never work', async () => {
  await using project = await openProject();
  await project.writeLinks('links.txt', 2);
  const url = `${await refusingUrl()}/v1/traces`;
  const { code, stderr } = await project.run(['run', 'links.txt'], { environment: { TRACES_URL: url } });
  expect(stderr).toMatch(/2 videos saved/);
  expect(code).toBe(0);
});
