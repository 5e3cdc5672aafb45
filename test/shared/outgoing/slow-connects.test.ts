/**
 * A way to a host that takes longer than Node gives an address by default: a listener whose queue is full answers the
 * first packet not at all, and the second one a second later.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { createOutgoing } from '../../../src/shared/outgoing/outgoing.ts';
import { allowSlowConnects } from '../../../src/shared/outgoing/slow-connects.ts';

const serverCode = `
const server = require('node:http').createServer((_, response) => response.end('hello'));
server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(server.address().port));
`;

async function startServer(): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(process.execPath, ['-e', serverCode], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout, 'data');
  return { child, port: Number(String(line)) };
}

test('a host with several addresses is reached although its only usable one connects slowly', async () => {
  allowSlowConnects();
  const { child, port } = await startServer();
  child.kill('SIGSTOP');
  const fillers: Socket[] = Array.from({ length: 4 }, () =>
    connect(port, '127.0.0.1').on('error', () => undefined),
  );
  await once(fillers[0] ?? child, 'connect');
  const outgoing = createOutgoing({
    allowPrivateAddresses: true,
    // No machine has a way to the second one: a private network that nobody here has.
    resolveHost: async () => [
      { address: '127.0.0.1', family: 4 },
      { address: 'fd00::1', family: 6 },
    ],
  });
  try {
    const reply = outgoing.request({ url: `http://slow.example:${port}/` });
    setTimeout(() => child.kill('SIGCONT'), 600);
    const answer = await reply;
    expect(answer).toMatchObject({ kind: 'answered', status: 200 });
    if (answer.kind === 'answered') answer.body.destroy();
  } finally {
    await outgoing.close();
    for (const each of fillers) each.destroy();
    child.kill('SIGKILL');
  }
});
