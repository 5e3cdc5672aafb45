/** `kie-batch schedule`: links from a source by cron. Workers run the ticks. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Command, Option } from 'commander';
import { openSession, type Session } from '../../app/session.ts';
import { UsageError } from '../../app/usage-error.ts';
import { DEFAULT_BATCH_TEMPLATE } from '../../producer/schedules/batch-template.ts';
import { nextTicks } from '../../producer/schedules/cron.ts';
import { runSchedule } from '../../producer/schedules/run-schedule.ts';
import { createScheduleStore, KEPT_RUNS } from '../../producer/schedules/schedule-store.ts';
import {
  addSchedule,
  pauseSchedule,
  removeSchedule,
  requireSchedule,
  resumeSchedule,
  type SchedulesDeps,
  viewSchedule,
  viewSchedules,
} from '../../producer/schedules/schedules.ts';
import { openTicksQueue } from '../../producer/schedules/ticks-queue.ts';
import { ownTimeZone } from '../../producer/schedules/time-zone.ts';
import { openSource } from '../../producer/sources/open-source.ts';
import type { SourceAddress } from '../../producer/sources/source-address.ts';
import { systemClock } from '../../shared/clock.ts';
import { loadConfiguration } from '../../shared/configuration/configuration.ts';
import { DEFAULT_MODEL_ID } from '../../shared/models/model-definition.ts';
import { checkShared, type GivenInputs } from '../../shared/models/resolve-inputs.ts';
import { templateColumns } from '../../shared/storage/path-template.ts';
import { formatDuration } from '../../shared/wording/format.ts';
import { exitCodes } from '../exit-codes.ts';
import { withInterrupt } from '../interrupt.ts';
import { noteAction } from '../note-action.ts';
import {
  describeBrought,
  describeRun,
  describeSchedule,
  runForScripts,
  viewForScripts,
  wallTime,
} from '../schedule-text.ts';
import type { Terminal } from '../terminal.ts';
import { withSources } from '../with-sources.ts';
import { batchName, creditsOf, jsonOption, modelFileOption, setOption } from './options.ts';

const neverAborted = new AbortController().signal;

interface AddFlags {
  readonly cron: string;
  readonly tz: string;
  readonly source: string;
  readonly batchTemplate: string;
  readonly model: string;
  readonly modelFile: string[];
  readonly set: GivenInputs;
  readonly column?: string;
  readonly maxCredits?: number;
  readonly json: boolean;
}

interface Scheduling extends SchedulesDeps {
  readonly session: Session;
}

export function scheduleCommand(terminal: Terminal): Command {
  const command = new Command('schedule').description('Read new links from a source on a schedule (cron)');
  for (const make of [addCommand, listCommand, runCommand, pauseCommand, resumeCommand, removeCommand]) {
    command.addCommand(make(terminal));
  }
  return command;
}

function addCommand(terminal: Terminal): Command {
  return new Command('add')
    .description('Create or change a schedule; workers run it')
    .argument('<name>', 'name of the schedule', batchName)
    .requiredOption('--cron <expression>', 'when, as in "*/15 * * * *" or @daily; six fields: seconds first')
    .requiredOption(
      '--source <address>',
      'a file or glob, folder:PATH (an inbox), https://…, s3://bucket/key or s3://bucket/prefix/',
    )
    .addOption(
      new Option('--tz <zone>', 'time zone of the cron expression, as in Europe/Berlin').default(
        ownTimeZone(),
        'that of this machine',
      ),
    )
    .option(
      '--batch-template <template>',
      'name of the batches, with {name}, {date}, {time}',
      DEFAULT_BATCH_TEMPLATE,
    )
    .option('--model <id>', 'model to run the links through', DEFAULT_MODEL_ID)
    .addOption(modelFileOption())
    .addOption(setOption())
    .option('--column <name>', 'column of a CSV, or field of JSON objects, that holds the link')
    .option('--max-credits <n>', 'most credits that each batch may spend in total', creditsOf)
    .addOption(jsonOption())
    .addHelpText('after', '\nDetails and examples: docs/schedules.md, docs/sources.md')
    .action((name: string, flags: AddFlags) =>
      withSchedules(terminal, flags.modelFile, (scheduling) => add(name, flags, scheduling, terminal)),
    );
}

async function add(name: string, flags: AddFlags, scheduling: Scheduling, terminal: Terminal): Promise<void> {
  const model = scheduling.session.models.get(flags.model);
  const schedule = await addSchedule(
    {
      name,
      cron: flags.cron,
      timeZone: flags.tz,
      source: flags.source,
      model: model.id,
      inputs: checkShared(model, flags.set),
      column: flags.column ?? null,
      batchTemplate: flags.batchTemplate,
      maxCredits: flags.maxCredits ?? null,
    },
    process.cwd(),
    { ...scheduling, probe: (place) => refuseMissingSource(place, scheduling.session) },
  );
  const { session } = scheduling;
  await noteAction(session, {
    action: 'schedule add',
    target: name,
    outcome: `${schedule.cron} ${schedule.timeZone}, ${schedule.source}`,
  });
  const ticks = nextTicks(schedule.cron, schedule.timeZone, Date.now(), 3);
  if (flags.json) terminal.json(viewForScripts(await viewSchedule(name, 1, scheduling)));
  else if (schedule.paused) terminal.print(`${name}: changed; it is paused`);
  else {
    const times = ticks.map((at) => wallTime(at, schedule.timeZone)).join(', ');
    terminal.print(`${name}: next ${times} (${schedule.timeZone})\nAny worker runs it: kie-batch worker`);
  }
}

/** A misspelt name would only be found at the first tick, perhaps at night. A remote source may appear later. */
async function refuseMissingSource(place: SourceAddress, session: Session): Promise<void> {
  if (place.kind !== 'files' && place.kind !== 'folder') return;
  await withSources(session, async (deps) => {
    const source = await openSource(place, { ...deps, settleMs: 0 });
    for await (const finding of source.look(new Map(), neverAborted)) {
      if (finding.found === 'failed') throw new UsageError(`${finding.name}: ${finding.problem}`);
      return;
    }
  });
}

function listCommand(terminal: Terminal): Command {
  return new Command('list')
    .description('List the schedules with their next and last runs, or one with its history')
    .argument('[name]', 'a schedule to show with its last runs')
    .addOption(jsonOption())
    .action((name: string | undefined, { json }: { json: boolean }) =>
      withSchedules(terminal, [], async (scheduling) => {
        if (name === undefined) await listAll(json, scheduling, terminal);
        else await listOne(name, json, scheduling, terminal);
      }),
    );
}

async function listAll(json: boolean, scheduling: Scheduling, terminal: Terminal): Promise<void> {
  const views = await viewSchedules(KEPT_RUNS, scheduling);
  if (json) terminal.json({ schedules: views.map(viewForScripts) });
  else if (views.length === 0) {
    terminal.print('No schedules yet. Create one with: kie-batch schedule add NAME --cron … --source …');
  } else terminal.print(views.map((view) => describeSchedule(view, Date.now())).join('\n'));
}

async function listOne(
  name: string,
  json: boolean,
  scheduling: Scheduling,
  terminal: Terminal,
): Promise<void> {
  const view = await viewSchedule(name, KEPT_RUNS, scheduling);
  if (json) terminal.json({ ...viewForScripts(view), runs: view.runs.map(runForScripts) });
  else {
    const runs = view.runs.map((run) => `  ${describeRun(run, view.schedule.timeZone)}`);
    terminal.print([describeSchedule(view, Date.now()), ...runs.slice(1)].join('\n'));
  }
}

function runCommand(terminal: Terminal): Command {
  return new Command('run')
    .description('Run a schedule now, in this process, paused or not')
    .argument('<name>', 'name of a schedule')
    .addOption(modelFileOption())
    .addOption(jsonOption())
    .action((name: string, flags: { modelFile: string[]; json: boolean }) =>
      withSchedules(terminal, flags.modelFile, async (scheduling) => {
        process.exitCode = await run(name, flags.json, scheduling, terminal);
      }),
    );
}

async function run(name: string, json: boolean, scheduling: Scheduling, terminal: Terminal): Promise<number> {
  const { session, store, clock } = scheduling;
  const schedule = await requireSchedule(name, store);
  const tick = { id: `by-hand-${randomUUID()}`, at: clock.now(), by: 'person' as const };
  const answer = await withInterrupt(terminal, (signal) =>
    withSources(session, (sources, storageRoot) => {
      const keep = templateColumns(session.configuration.PATH_TEMPLATE);
      const own = { sources, storageRoot, keep, host: hostname(), nudge: () => undefined };
      return runSchedule(schedule, tick, { ...session, ...own, store, clock }, signal);
    }).catch((error: unknown) => {
      if (signal.aborted) return null;
      throw error;
    }),
  );
  if (answer === null) return exitCodes.interrupted;
  if (!answer.ran) {
    const { startedAt, host } = answer.running;
    const since = formatDuration(clock.now() - startedAt);
    terminal.say(`${name} has already been running for ${since} on ${host}; it is not started twice.`);
    return exitCodes.failures;
  }
  await noteAction(session, {
    action: 'schedule run',
    target: name,
    outcome: answer.run.error ?? `${answer.run.counts.accepted} accepted`,
  });
  if (json) terminal.json(runForScripts(answer.run));
  else terminal.print(`${name}: ${describeBrought(answer.run)}`);
  return answer.run.error === null ? exitCodes.saved : exitCodes.failures;
}

function pauseCommand(terminal: Terminal): Command {
  return simpleCommand(terminal, 'pause', 'Pause a schedule', pauseSchedule, 'paused');
}

function resumeCommand(terminal: Terminal): Command {
  return simpleCommand(terminal, 'resume', 'Resume a paused schedule', resumeSchedule, 'continues');
}

function removeCommand(terminal: Terminal): Command {
  return simpleCommand(
    terminal,
    'remove',
    'Remove a schedule and its history; its batches are kept, and links it has seen stay known',
    removeSchedule,
    'removed',
  );
}

function simpleCommand(
  terminal: Terminal,
  word: string,
  description: string,
  act: (name: string, deps: SchedulesDeps) => Promise<void>,
  done: string,
): Command {
  return new Command(word)
    .description(description)
    .argument('<name>', 'name of a schedule')
    .addOption(jsonOption())
    .action((name: string, { json }: { json: boolean }) =>
      withSchedules(terminal, [], async (scheduling) => {
        await act(name, scheduling);
        await noteAction(scheduling.session, { action: `schedule ${word}`, target: name, outcome: 'done' });
        if (json) terminal.json({ name, [word]: true });
        else terminal.print(`${name}: ${done}`);
      }),
    );
}

async function withSchedules(
  terminal: Terminal,
  modelFiles: readonly string[],
  use: (scheduling: Scheduling) => Promise<void>,
): Promise<void> {
  const session = await openSession({
    loaded: loadConfiguration(),
    output: terminal,
    modelFiles,
    logTo: 'file',
  });
  const queue = openTicksQueue(session);
  try {
    await use({
      session,
      queue,
      store: createScheduleStore(session),
      clock: systemClock,
    });
  } finally {
    await queue.close();
    await session.close();
  }
}
