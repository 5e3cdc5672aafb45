import { describe, expect, it } from 'vitest';
import { chooseFault, type FaultOf, type FaultRules, faultNames } from '../../src/simulator/faults.ts';
import { linkOf } from './calls.ts';

const none: FaultRules = { seed: 1, faults: {}, linkFaults: [] };
const silent: FaultOf = () => undefined;
const links = Array.from({ length: 4000 }, (_, number) => linkOf(String(number)));

describe('which fault happens', () => {
  it('is none when nothing is asked for', () => {
    expect(links.some((link) => chooseFault('create', { link, count: 1 }, none, silent))).toBe(false);
  });

  it('has a name in one place only', () => {
    expect(new Set(faultNames).size).toBe(faultNames.length);
  });

  it('keeps each of several rates', () => {
    const rules = { ...none, faults: { 'create-500': 0.3, 'create-lost': 0.1, 'result-cut': 0.5 } };
    const chosen = links.map((link) => chooseFault('create', { link, count: 1 }, rules, silent));
    const shareOf = (name: string) => chosen.filter((fault) => fault === name).length / links.length;
    expect(Math.abs(shareOf('create-500') - 0.3)).toBeLessThan(0.03);
    expect(Math.abs(shareOf('create-lost') - 0.1)).toBeLessThan(0.03);
    expect(shareOf('result-cut')).toBe(0);
  });

  it('is the same for the same seed and another for another seed', () => {
    const chosenWith = (seed: number) =>
      links.map((link) =>
        chooseFault('record', { link, count: 2 }, { ...none, seed, faults: { 'record-500': 0.5 } }, silent),
      );
    expect(chosenWith(5)).toEqual(chosenWith(5));
    expect(chosenWith(5)).not.toEqual(chosenWith(6));
  });

  it('can be a rule for links that holds a number of times', () => {
    const rules: FaultRules = { ...none, linkFaults: [{ contains: 's_7', fault: 'create-500', times: 2 }] };
    const at = (name: string, count: number) =>
      chooseFault('create', { link: linkOf(name), count }, rules, silent);
    expect([at('7', 1), at('7', 2), at('7', 3), at('8', 1)]).toEqual([
      'create-500',
      'create-500',
      undefined,
      undefined,
    ]);
  });

  it('can be a function of the link, which goes before rules and rates', () => {
    const rules: FaultRules = { ...none, faults: { 'create-lost': 1 } };
    const faultOf: FaultOf = ({ count }) => (count === 1 ? 'create-408' : undefined);
    expect(chooseFault('create', { link: 'x', count: 1 }, rules, faultOf)).toBe('create-408');
    expect(chooseFault('create', { link: 'x', count: 2 }, rules, faultOf)).toBe('create-lost');
  });

  it('is not one that belongs to another place', () => {
    expect(chooseFault('create', { link: 'x', count: 1 }, none, () => 'result-cut')).toBeUndefined();
  });
});
