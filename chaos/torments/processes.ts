/** Workers, the server and `run` are killed, frozen, asked to end, and lose their terminal; their clocks are set. */
import type { Service } from '../processes.ts';
import { forAWhile, isSomeWorkerUp, someWorker, type Torment } from './torment.ts';

function ofSomeWorker(
  name: string,
  weight: number,
  message: (worker: string) => string,
  act: (worker: Service) => void,
): Torment {
  return {
    name,
    subject: 'process',
    weight,
    isPossible: isSomeWorkerUp,
    async run(world, draw) {
      const worker = someWorker(world, draw);
      world.note(message(worker.name));
      act(worker);
    },
  };
}

function hangUp(service: Service): void {
  service.closePipes();
  service.signal('SIGHUP');
}

function ofTheRun(name: string, weight: number, message: string, act: (runner: Service) => void): Torment {
  return {
    name,
    subject: 'process',
    weight,
    isPossible: ({ runner }) => runner.isUp() && !runner.isDone(),
    async run({ runner, note }) {
      note(message);
      act(runner);
    },
  };
}

export const processTorments: readonly Torment[] = [
  ofSomeWorker(
    'kill-worker',
    6,
    (name) => `${name} is killed`,
    (worker) => worker.signal('SIGKILL'),
  ),
  ofSomeWorker('hang-up-worker', 2, (name) => `the terminal of ${name} is closed`, hangUp),
  ofSomeWorker(
    'end-worker',
    1,
    (name) => `${name} is asked to end`,
    (worker) => worker.signal('SIGTERM'),
  ),
  ofSomeWorker(
    'close-pipes',
    1,
    (name) => `nobody reads what ${name} says`,
    (worker) => worker.closePipes(),
  ),
  {
    name: 'freeze-worker',
    subject: 'process',
    weight: 3,
    isPossible: isSomeWorkerUp,
    async run(world, draw) {
      const { name, child } = someWorker(world, draw);
      await forAWhile(world, {
        // Past its locks, and often past the time after which it counts as gone.
        ms: draw.between(8000, 24_000),
        message: `${name} is frozen`,
        begin: () => child.kill('SIGSTOP'),
        end: () => child.kill('SIGCONT'),
      });
    },
  },
  ofTheRun('hang-up-run', 2, 'the terminal of `run` is closed', hangUp),
  ofTheRun('interrupt-run', 1, '`run` is interrupted', (runner) => runner.signal('SIGINT')),
  {
    name: 'kill-server',
    subject: 'process',
    weight: 1,
    isPossible: ({ server }) => server.isUp(),
    async run({ server, note }) {
      note('the server is killed');
      server.signal('SIGKILL');
    },
  },
];

const offsets = ['+2h', '-1h', '+3d', '-20s', '+90s'] as const;

export const clockTorments: readonly Torment[] = [
  {
    name: 'clock-steps',
    subject: 'clock',
    weight: 3,
    isPossible: (world) => world.clocks !== null && isSomeWorkerUp(world),
    async run(world, draw) {
      const { name } = someWorker(world, draw);
      const clock = world.clocks?.get(name);
      const offset = draw.pick(offsets);
      await forAWhile(world, {
        ms: draw.between(3000, 15_000),
        message: `the clock of ${name} is off by ${offset}`,
        begin: () => clock?.set(offset),
        end: () => clock?.set('+0'),
      });
    },
  },
];
