/** `kie-batch simulate`: the simulated vendor on a port, for trying things out without a key or a bill. */
import { Command } from 'commander';
import type { z } from 'zod';
import { UsageError } from '../../app/usage-error.ts';
import { simulatorOptionsSchema } from '../../simulator/options.ts';
import { startSimulator } from '../../simulator/simulator.ts';
import { exitCodes } from '../exit-codes.ts';
import { untilAborted, withInterrupt } from '../interrupt.ts';
import type { Terminal } from '../terminal.ts';
import { jsonOption } from './options.ts';

export function simulateCommand(terminal: Terminal): Command {
  const command = new Command('simulate')
    .description('Run the simulated vendor until stopped')
    .addOption(jsonOption());
  for (const [name, field] of Object.entries(simulatorOptionsSchema.shape)) {
    command.option(`${flagOf(name)} <value>`, field.description ?? '');
  }
  return command.action(
    async ({ json, quiet: _quiet, verbose: _verbose, ...flags }: Record<string, unknown>) => {
      const parsed = simulatorOptionsSchema.safeParse({ port: 4000, ...flags });
      if (!parsed.success) throw new UsageError(describeIssues(parsed.error.issues));
      const simulator = await startSimulator({ port: 4000, ...flags });
      await withInterrupt(terminal, async (signal) => {
        if (json) terminal.json({ url: simulator.url });
        terminal.say(`The simulated vendor is running. Use it with
  KIE_BASE_URL=${simulator.url} KIE_UPLOAD_URL=${simulator.url} KIE_API_KEY=any-key ALLOW_PRIVATE_ADDRESSES=true
Counts: ${simulator.url}/simulator/counts`);
        await untilAborted(signal);
      });
      await simulator.close();
      process.exitCode = exitCodes.saved;
    },
  );
}

/** An option with several forms is recognised by its written one, which is last. */
function describeIssues(issues: readonly z.core.$ZodIssue[]): string {
  const lines = issues.map((issue) => {
    const inner = issue.code === 'invalid_union' ? (issue.errors.at(-1)?.[0] ?? issue) : issue;
    return `  ${flagOf(String(issue.path[0] ?? ''))} ${inner.message}`;
  });
  return `Wrong options:\n${lines.join('\n')}`;
}

function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
