/** Tokens of callback addresses: they cannot be forged, and all processes agree. */
import { afterAll, expect, it } from 'vitest';
import { createCallbackTokens } from '../../../src/shared/callbacks/callback-tokens.ts';
import { connectTestRedis, redisPrefix } from '../../setup/redis.ts';

const redis = connectTestRedis();
afterAll(() => redis.quit());

it('a token says which call of which item it was made for, in every process', async () => {
  const prefix = redisPrefix();
  const [one, other] = [createCallbackTokens({ redis, prefix }), createCallbackTokens({ redis, prefix })];
  const origin = { id: 's_68e83bd7eee88191be79d2ba7158516f', attempt: 3 };
  const [token, same] = await Promise.all([one.make(origin), other.make(origin)]);
  expect(token).toBe(same);
  expect(encodeURIComponent(token)).toBe(token);
  expect(await other.read(token)).toEqual(origin);
});

it('a token that was changed, cut or made elsewhere is invalid', async () => {
  const tokens = createCallbackTokens({ redis, prefix: redisPrefix() });
  const stranger = createCallbackTokens({ redis, prefix: redisPrefix() });
  const token = await tokens.make({ id: 's_a', attempt: 1 });
  const [, , code = ''] = token.split('.');
  const forged = [
    `s_b.1.${code}`,
    `s_a.2.${code}`,
    token.slice(0, -1),
    `${token}A`,
    `${token.slice(0, -2)}${token.endsWith('AA') ? 'BB' : 'AA'}`,
    's_a.1.',
    '',
    '../s_a',
    await stranger.make({ id: 's_a', attempt: 1 }),
  ];
  expect(await Promise.all(forged.map((each) => tokens.read(each)))).toEqual(forged.map(() => null));
});
