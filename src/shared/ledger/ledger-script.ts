/**
 * A script of the ledger, from its file in scripts/, preceded by the facts of the states from the table in states.ts
 * (`isEndState`, `isActiveState`, `isPaidState` and `isListedState`, each a set of names) and ledger.lua.
 */
import { createScript, type RedisConnection, type Script } from '../redis/script.ts';
import { statesInLua } from './states.ts';

const file = (name: string) => new URL(`./scripts/${name}.lua`, import.meta.url);

export function ledgerScript(redis: RedisConnection, name: string): Script {
  return createScript(redis, statesInLua(), file('ledger'), file(name));
}
