/**
 * Traces of links through the queues, sent by OTLP over HTTP. Loaded only if TRACES_URL is set, because its
 * dependencies are large. OpenTelemetry is global to a process: if a program that uses kie-batch as a library has set
 * it up, spans go where that program sends its own. Invariant: an unreachable collector costs spans, never work.
 */
import { context, DiagLogLevel, diag, propagation, SpanKind, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, type Sampler, SamplingDecision, TracerProvider } from '@opentelemetry/sdk-trace';
import { BullMQOtel } from 'bullmq-otel';
import type { Clock } from '../clock.ts';
import { createBoundedWarnings } from '../logging/bounded-warnings.ts';
import type { Logger } from '../logging/logger.ts';

export interface Tracing {
  /** For the options of queues and workers. */
  readonly telemetry: BullMQOtel;
  /** Sends the remaining spans; gives up soon if the collector does not answer. */
  close(): Promise<void>;
}

export interface TracingOptions {
  /** Where spans go, like `http://127.0.0.1:4318/v1/traces`. */
  readonly url: string;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Also how long the end of a process may wait for the collector. */
const timeoutMs = 3000;
const serviceName = 'kie-batch';

/** Adding and running jobs is a link's way; BullMQ's housekeeping, several spans a second, is not. */
const wayOfLinks: Sampler = {
  shouldSample: (_context, _traceId, _name, kind) => ({
    decision: kind === SpanKind.INTERNAL ? SamplingDecision.NOT_RECORD : SamplingDecision.RECORD_AND_SAMPLED,
  }),
  toString: () => 'WayOfLinks',
};

export function openTracing({ url, logger, clock }: TracingOptions): Tracing {
  const warn = createBoundedWarnings({ logger, clock });
  const say = (trouble: string) => warn('Traces are not delivered', url, { trouble });
  const silent = () => undefined;
  diag.setLogger(
    { error: say, warn: say, info: silent, debug: silent, verbose: silent },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  const exporter = new OTLPTraceExporter({ url, timeoutMillis: timeoutMs });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': serviceName }),
    sampler: wayOfLinks,
    spanProcessors: [new BatchSpanProcessor({ exporter, exportTimeoutMillis: timeoutMs })],
  });
  if (trace.setGlobalTracerProvider(provider)) {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager());
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  }
  return {
    telemetry: new BullMQOtel({ tracerName: serviceName }),
    close: () => provider.forceFlush({ timeoutMillis: timeoutMs }).catch(silent),
  };
}
