/** Whether a terminal has a user, and what it can do, by its environment. */
import { expect, it } from 'vitest';
import { canDrawOver, isBuildMachine } from '../../../src/shared/configuration/attended.ts';

it.each([
  [{}, false],
  [{ CI: '' }, false],
  [{ CI: 'false' }, false],
  [{ CI: '0' }, false],
  [{ CI: 'true' }, true],
  [{ CI: '1' }, true],
  [{ CI: 'woodpecker' }, true],
])('the environment %j is that of a build machine: %s', (environment, expected) => {
  expect(isBuildMachine(environment)).toBe(expected);
});

it.each([
  [{}, true],
  [{ TERM: 'xterm-256color' }, true],
  [{ TERM: 'dumb' }, false],
])('a terminal with %j can draw over what it has shown: %s', (environment, expected) => {
  expect(canDrawOver(environment)).toBe(expected);
});
