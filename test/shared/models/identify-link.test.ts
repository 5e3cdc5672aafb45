import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { identifyLink } from '../../../src/shared/models/identify-link.ts';
import { loadModels, parseModel } from '../../../src/shared/models/load-models.ts';
import { withUploads } from '../../../src/shared/models/uploading.ts';

const models = loadModels({ extraFiles: [] });
const sora = models.get('sora-watermark-remover');
const topaz = models.get('topaz/video-upscale');

const ID = 's_68e83bd7eee88191be79d2ba7158516f';
const SHARE_LINK = `https://sora.chatgpt.com/p/${ID}`;
const HASH_ID = /^h[0-9a-f]{20}$/;

function idOf(link: string, model = sora): string {
  const result = identifyLink(model, link);
  if (!result.ok) throw new Error(`${link}: ${result.reason}`);
  return result.id;
}

function reasonOf(link: string, model = sora): string {
  const result = identifyLink(model, link);
  if (result.ok) throw new Error(`${link} was accepted as ${result.id}`);
  return result.reason;
}

describe('share links of the default model', () => {
  test.each([
    SHARE_LINK,
    `  ${SHARE_LINK}\r\n`,
    `\uFEFF${SHARE_LINK}`,
    `${SHARE_LINK}/`,
    `${SHARE_LINK}//`,
    `${SHARE_LINK}?utm_source=x&psh=abc`,
    `${SHARE_LINK}/?a=b#top`,
    `${SHARE_LINK}#top`,
    SHARE_LINK.replace('https', 'HTTPS'),
    SHARE_LINK.replace('sora.chatgpt.com', 'Sora.ChatGPT.com'),
    SHARE_LINK.replace('.com/', '.com:443/'),
  ])('%j is the item named by its share id', (link) => {
    expect(identifyLink(sora, link)).toEqual({ ok: true, id: ID, url: link.trim() });
  });

  test.each([
    'https://sora.chatgpt.com',
    'https://sora.chatgpt.com/',
    'https://sora.chatgpt.com/explore?v=1',
    'https://sora.chatgpt.com/drafts',
    'https://sora.chatgpt.com/profile/anna',
    'https://sora.chatgpt.com/p/s_',
    'https://sora.chatgpt.com/p/s_ABC',
    `https://sora.chatgpt.com/p/s_${'a'.repeat(65)}`,
    'https://sora.chatgpt.com/p/68e8',
    `https://sora.chatgpt.com/p/${ID}/more`,
    `https://sora.chatgpt.com/d/${ID}`,
    `https://sora.chatgpt.com/P/${ID}`,
    'https://sora.chatgpt.com/p/s_a%20b',
    'https://sora.chatgpt.com/p/s_a.b',
    'https://sora.chatgpt.com/видео',
  ])('%s is no link to a video, and is never paid', (link) => {
    expect(reasonOf(link)).toMatch(/not a link to a video/);
  });
});

describe('links the default model does not take', () => {
  test.each([
    ['', /empty/],
    ['   ', /empty/],
    [
      SHARE_LINK.replace('https', 'http'),
      /http is not accepted: a link must start with https:\/\/sora\.chatgpt\.com/,
    ],
    [SHARE_LINK.replace('https://', ''), /not an https link/],
    [SHARE_LINK.replace('https:', ''), /not an https link/],
    [SHARE_LINK.replace('https', 'ftp'), /not an https link/],
    ['https:/sora.chatgpt.com/p/s_a', /not an https link/],
    ['https:///sora.chatgpt.com/p/s_a', /not an https link/],
    ['https:\\\\sora.chatgpt.com\\p\\s_a', /backslash/],
    ['https://sora.chatgpt.com\\@evil.example/p/s_a', /backslash/],
    ['https://sora.chatgpt.com/p/s_a b', /space/],
    ['https://sora.chat\tgpt.com/p/s_a', /control character/],
    ['https://sora.chatgpt.com/p/s_a\u0000', /control character/],
    ['https://www.sora.chatgpt.com/p/s_a', /another host/],
    ['https://chatgpt.com/p/s_a', /another host/],
    ['https://sora.chatgpt.com.evil.example/p/s_a', /another host/],
    ['https://sora.chatgpt.com./p/s_a', /host/],
    ['https://sora-chatgpt.com/p/s_a', /host/],
    ['https://sоra.chatgpt.com/p/s_a', /host/],
    ['https://sora%2Echatgpt.com/p/s_a', /host/],
    ['https://ｓora.chatgpt.com/p/s_a', /host/],
    ['https://sora.chatgpt.com:8443/p/s_a', /another host/],
    ['https://sora.chatgpt.com:443@evil.example/p/s_a', /user name/],
    ['https://sora.chatgpt.com@evil.example/p/s_a', /user name/],
    ['https://evil@sora.chatgpt.com/p/s_a', /user name/],
    ['https://evil.example/https://sora.chatgpt.com/p/s_a', /another host/],
    ['https://[::1]/p/s_a', /host/],
    ['https://', /not an https link/],
    ['just words', /space/],
    ['s_68e83bd7', /not an https link/],
    ['javascript:alert(1)', /not an https link/],
  ])('%j', (link, reason) => {
    expect(reasonOf(link)).toMatch(reason);
  });

  test('500 characters are taken and 501 are not', () => {
    const link = `${SHARE_LINK}?x=`;
    expect(idOf(link.padEnd(500, 'y'))).toBe(ID);
    expect(reasonOf(link.padEnd(501, 'y'))).toBe('the link is longer than 500 characters');
  });
});

describe('identity', () => {
  const base = 'https://videos.example/explore?v=1&w=2';

  test.each([
    `${base}#part`,
    'https://videos.example/explore/?v=1&w=2',
    'https://videos.example:443/explore?w=2&v=1',
    `${base}&utm_source=a&UTM_Campaign=b&fbclid=c&gclid=d`,
  ])('%s is the same link', (link) => {
    expect(idOf(link, topaz)).toBe(idOf(base, topaz));
  });

  test.each([
    'https://videos.example/explore?v=1',
    'https://videos.example/explore?v=1&w=3',
    'https://videos.example/Explore?v=1&w=2',
    'https://videos.example/explore',
  ])('%s is another link', (link) => {
    expect(idOf(link, topaz)).not.toBe(idOf(base, topaz));
  });

  test('two models never share an item', () => {
    expect(idOf(SHARE_LINK, topaz)).toMatch(HASH_ID);
  });

  test('another model takes any https link, and nothing else', () => {
    expect(idOf('https://videos.example:8443/a.mp4?v=1', topaz)).toMatch(HASH_ID);
    expect(idOf('https://VIDEOS.example/a.mp4', topaz)).toBe(idOf('https://videos.example:443/a.mp4', topaz));
    expect(reasonOf('http://videos.example/a.mp4', topaz)).toBe(
      'http is not accepted: a link must start with https://',
    );
    expect(reasonOf('https://me:secret@videos.example/a.mp4', topaz)).toMatch(/user name/);
  });
});

describe('a model whose links are uploaded', () => {
  const own = parseModel(
    { id: 'acme/own', link: { hosts: ['nas.local'] }, input: { linkField: 'video_url' } },
    'own.json',
  );
  test('takes http where private addresses are allowed, from its hosts alone', () => {
    const [open, closed] = [true, false].map((allowsPrivate) =>
      withUploads(own, { upload: true, allowsPrivate }),
    );
    if (open === undefined || closed === undefined) throw new Error('two models were made');
    expect(identifyLink(open, 'http://nas.local/a.mp4').ok).toBe(true);
    expect(identifyLink(open, 'http://other.local/a.mp4').ok).toBe(false);
    expect(identifyLink(closed, 'http://nas.local/a.mp4').ok).toBe(false);
    expect(identifyLink(own, 'http://nas.local/a.mp4').ok).toBe(false);
    const [plain, secure] = ['http', 'https'].map((scheme) =>
      identifyLink(open, `${scheme}://nas.local/a.mp4`),
    );
    expect(plain).not.toEqual(secure);
    expect(secure).toEqual(identifyLink(own, 'https://nas.local/a.mp4'));
  });

  test('is none that takes share links', () => {
    expect(() => withUploads(sora, { upload: true, allowsPrivate: true })).toThrow(/nothing can be uploaded/);
  });
});

describe('for every string', () => {
  const someModel = fc.constantFrom(sora, topaz);
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 600 }),
    fc.webUrl({ withQueryParameters: true }),
  );
  const path = fc.webPath();
  const query = fc.array(
    fc.tuple(fc.constantFrom('v', 'w', 'utm', 'id'), fc.stringMatching(/^[a-z0-9]{0,5}$/)),
  );
  const links = fc
    .tuple(path, query)
    .map(([path, pairs]) => `https://sora.chatgpt.com${path}?${new URLSearchParams(pairs)}`)
    .filter((link) => link.length < 400);

  test('there is an answer and no exception, and an id is safe as a file name', () => {
    fc.assert(
      fc.property(someModel, fc.oneof(text, links), (model, link) => {
        const result = identifyLink(model, link);
        if (result.ok) expect(result.id).toMatch(/^[a-z][a-z0-9_-]{0,99}$/);
        else expect(result.reason).not.toBe('');
      }),
      { numRuns: 5_000 },
    );
  });

  test('the link that is sent has the same id again', () => {
    fc.assert(
      fc.property(someModel, fc.oneof(text, links), (model, link) => {
        const result = identifyLink(model, `\n ${link} `);
        if (result.ok) expect(identifyLink(model, result.url)).toEqual(result);
      }),
      { numRuns: 2_000 },
    );
  });

  test('tracking parameters never change the id, at any position', () => {
    const tracking = fc.constantFrom('utm_source=x', 'utm_id=', 'fbclid=1', 'gclid=2', 'msclkid=3', 'igshid');
    fc.assert(
      fc.property(links, fc.array(tracking, { maxLength: 3 }), fc.boolean(), (link, extra, first) => {
        const [start = '', rest = ''] = link.split('?');
        const parameters = first ? [...extra, rest] : [rest, ...extra];
        expect(idOf(`${start}?${parameters.join('&')}`, topaz)).toBe(idOf(link, topaz));
      }),
      { numRuns: 2_000 },
    );
  });
});
