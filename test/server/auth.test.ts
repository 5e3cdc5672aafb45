/** Authentication and forbidden requests, over real HTTP. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { refuseRequest } from '../../src/server/auth/request-rules.ts';
import { csrfIn, openWindow, openWindowOn, type TestWindow } from './window.ts';

const boardSchema = z.object({ queues: z.array(z.object({ readOnlyMode: z.boolean() })) });

const closed = {
  DASHBOARD_USER: 'anna',
  DASHBOARD_PASSWORD: 'correct horse',
  DASHBOARD_VIEWER_USER: 'otto',
  DASHBOARD_VIEWER_PASSWORD: 'only looking',
  API_TOKENS: 'ci:operator:0123456789abcdef,grafana:viewer:fedcba9876543210',
};

describe('a request', () => {
  const facts = {
    method: 'POST',
    host: 'localhost:3000',
    origin: undefined,
    fetchSite: undefined,
    isForwarded: false,
  };
  it.each([
    [
      'a form of our own page',
      { ...facts, origin: 'http://localhost:3000', fetchSite: 'same-origin' },
      false,
      true,
    ],
    ['a program, which sends neither', facts, false, true],
    ['another site', { ...facts, origin: 'https://evil.example', fetchSite: 'cross-site' }, false, false],
    [
      'a page of another port',
      { ...facts, origin: 'http://localhost:9999', fetchSite: 'same-site' },
      false,
      false,
    ],
    ['an old browser on another site', { ...facts, origin: 'https://evil.example' }, true, false],
    ['a sandboxed page', { ...facts, origin: 'null' }, true, false],
    [
      'a name that leads here from elsewhere',
      { ...facts, method: 'GET', host: 'evil.example:3000' },
      false,
      false,
    ],
    ['that name where people sign in', { ...facts, method: 'GET', host: 'kie.example' }, true, true],
    ['the address of this machine', { ...facts, method: 'GET', host: '[::1]:3000' }, false, true],
    [
      'a browser behind a proxy that changes the host',
      { ...facts, origin: 'https://kie.example', fetchSite: 'same-origin' },
      true,
      true,
    ],
    ['an old browser behind such a proxy', { ...facts, origin: 'https://kie.example' }, true, true],
    [
      'a proxy nobody has said to trust, where nobody signs in',
      { ...facts, isForwarded: true },
      false,
      false,
    ],
    ['such a proxy where people sign in', { ...facts, isForwarded: true }, true, true],
    ['no host at all', { ...facts, method: 'GET', host: undefined }, false, false],
  ])('from %s', (_name, given, isClosed, isTaken) => {
    expect(refuseRequest(given, isClosed, 'https://kie.example') === null).toBe(isTaken);
  });
});

describe('a window with credentials', () => {
  async function signIn(window: TestWindow, user: string, password: string): Promise<string> {
    const answer = await window.post('/login', { user, password, csrf: '' });
    return answer.headers.get('set-cookie')?.split(';')[0] ?? '';
  }

  it('shows nothing to strangers and leads them to the way in', async () => {
    await using window = await openWindow({ environment: closed });
    const page = await window.get('/batches/x?state=failed');
    expect(page.status).toBe(303);
    expect(page.headers.get('location')).toBe('/login?next=%2Fbatches%2Fx%3Fstate%3Dfailed');
    for (const path of ['/api/v1/overview', '/metrics', '/live/', '/queues/api/queues', '/items/x/video'])
      expect([path, (await window.get(path)).status]).toEqual([
        path,
        path.startsWith('/queues') || path.startsWith('/items') ? 303 : 401,
      ]);
    expect((await window.get('/healthz')).status).toBe(200);
  });

  it('lets an operator in, act and out again', async () => {
    await using window = await openWindow({ environment: closed });
    await window.system.give(3);
    const cookie = await signIn(window, 'anna', 'correct horse');
    expect((await window.get('/', { cookie })).status).toBe(200);
    const paused = await window.post('/batches/test/pause', {}, { cookie });
    expect(paused.headers.get('location')).toContain('done=paused');
    expect((await window.system.session.ledger.batch('test'))?.isPaused).toBe(true);
    const audit = await (await window.get('/audit', { cookie })).text();
    expect(audit).toContain('anna');
    expect(audit).toContain('pause');
    await window.post('/logout', {}, { cookie });
    expect((await window.get('/', { cookie })).status).toBe(303);
  });

  it('lets a viewer look and never act', async () => {
    await using window = await openWindow({ environment: closed });
    await window.system.give(1);
    const cookie = await signIn(window, 'otto', 'only looking');
    const page = await (await window.get('/batches/test', { cookie })).text();
    expect(page).not.toContain('/pause');
    const csrf = csrfIn(page);
    expect((await window.post('/batches/test/pause', { csrf }, { cookie })).status).toBe(403);
    expect((await window.get('/new', { cookie })).status).toBe(403);
    const program = { authorization: 'Bearer fedcba9876543210' };
    const board = `${window.url}/queues/api/queues`;
    expect((await fetch(`${board}/submit/pause`, { method: 'PUT', headers: program })).status).toBe(403);
    const { queues } = boardSchema.parse(await (await fetch(board, { headers: program })).json());
    expect(queues.map(({ readOnlyMode }) => readOnlyMode)).toEqual([true, true, true, true]);
    const pause = `${window.url}/api/v1/batches/test/pause`;
    expect((await fetch(pause, { method: 'POST', headers: program })).status).toBe(403);
    expect((await window.get('/metrics', program)).status).toBe(200);
    expect((await window.system.session.ledger.batch('test'))?.isPaused).toBe(false);
  });

  it('takes no form without its token, and none from another session', async () => {
    await using window = await openWindow({ environment: closed });
    await window.system.give(1);
    const [one, two] = [
      await signIn(window, 'anna', 'correct horse'),
      await signIn(window, 'anna', 'correct horse'),
    ];
    const csrf = csrfIn(await (await window.get('/new', { cookie: two })).text());
    for (const wrong of [csrf, 'x'])
      expect((await window.post('/batches/test/cancel', { csrf: wrong }, { cookie: one })).status).toBe(403);
  });

  it('answers a wrong name and a wrong password alike, and limits attempts', async () => {
    await using window = await openWindow({ environment: closed });
    const tries = async (user: string) => {
      const answer = await window.post('/login', { user, password: 'wrong', csrf: '' });
      return { status: answer.status, text: await answer.text() };
    };
    expect(await tries('anna')).toEqual(await tries('nobody'));
    let last = 0;
    for (let n = 0; n < 12 && last !== 429; n += 1) last = (await tries('anna')).status;
    expect(last).toBe(429);
  });

  it('judges ten of four hundred tries at once, and lets the owner in from elsewhere', async () => {
    await using window = await openWindow({ environment: { ...closed, TRUSTED_PROXIES: '127.0.0.1' } });
    const from = (address: string) => ({ 'x-forwarded-for': address });
    const tries = Array.from({ length: 400 }, () =>
      window.post('/login', { user: 'anna', password: 'wrong', csrf: 'x' }, from('203.0.113.9')),
    );
    const statuses = (await Promise.all(tries)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(10);
    expect(statuses.filter((status) => status === 429)).toHaveLength(390);
    const owner = await window.post(
      '/login',
      { user: 'anna', password: 'correct horse', csrf: 'x' },
      from('198.51.100.1'),
    );
    expect(owner.status).toBe(303);
  });

  it('delays a refusal, so that a program that guesses without a pause costs little', async () => {
    await using window = await openWindow({ environment: closed });
    const guess = () => window.post('/login', { user: 'anna', password: 'wrong', csrf: 'x' });
    for (let n = 0; n < 10; n += 1) expect((await guess()).status).toBe(401);
    const order: string[] = [];
    const refused = guess().then(({ status }) => order.push(`refused ${status}`));
    // A page that is asked for after it is served before it.
    await window.get('/login').then(() => order.push('a page'));
    await refused;
    expect(order).toEqual(['a page', 'refused 429']);
  });

  it('counts a network of IPv6 addresses as one', async () => {
    await using window = await openWindow({ environment: { ...closed, TRUSTED_PROXIES: '127.0.0.1' } });
    const statuses: number[] = [];
    for (let n = 0; n < 11; n += 1) {
      const headers = { 'x-forwarded-for': `2001:db8:1:2::${n + 1}` };
      const answer = await window.post('/login', { user: `u${n}`, password: 'wrong', csrf: 'x' }, headers);
      statuses.push(answer.status);
    }
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 429]);
  });

  it('ends a session with its password, and all sessions of an account on demand', async () => {
    await using window = await openWindow({ environment: closed });
    const [one, two] = [
      await signIn(window, 'anna', 'correct horse'),
      await signIn(window, 'anna', 'correct horse'),
    ];
    await window.post('/logout-everywhere', {}, { cookie: one });
    for (const cookie of [one, two]) expect((await window.get('/', { cookie })).status).toBe(303);
    const three = await signIn(window, 'anna', 'correct horse');
    expect((await window.get('/', { cookie: three })).status).toBe(200);
    const changed = await window.system.openSecondSession({ DASHBOARD_PASSWORD: 'another password' });
    await using later = await openWindowOn({ ...window.system, session: changed });
    expect((await later.get('/', { cookie: three })).status).toBe(303);
  });

  it('ends a live page with its session', async () => {
    await using window = await openWindow({ environment: closed });
    const cookie = await signIn(window, 'anna', 'correct horse');
    const live = await window.get('/live/', { cookie });
    await window.post('/logout-everywhere', {}, { cookie });
    // The stream ends, so that reading it to its end comes to an end.
    expect(await live.text()).toContain('event: signed-out');
  });

  it('redirects only to its own pages', async () => {
    await using window = await openWindow({ environment: closed });
    for (const [next, leadsTo] of [
      ['/batches/x?state=failed', '/batches/x?state=failed'],
      ['//evil.example', '/'],
      ['/\\evil.example', '/'],
      ['https://evil.example', '/'],
      ['/x\r\nset-cookie: a=b', '/'],
    ] as const) {
      const answer = await window.post('/login', { user: 'anna', password: 'correct horse', next, csrf: '' });
      expect(answer.headers.get('location')).toBe(leadsTo);
    }
  });

  it('sends a cookie that scripts cannot read, and headers that keep foreign content out', async () => {
    await using window = await openWindow({ environment: closed });
    const answer = await window.post(
      '/login',
      { user: 'anna', password: 'correct horse', csrf: '' },
      { 'x-forwarded-proto': 'https' },
    );
    expect(answer.headers.get('set-cookie')).toMatch(/HttpOnly; Secure; SameSite=Lax/);
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'");
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });
});
