import { describe, expect, it } from 'vitest';
import { linkFinder } from '../../../src/producer/lists/links-in-text.ts';
import { identifyLink } from '../../../src/shared/models/identify-link.ts';
import { sora, topaz } from './read-all.ts';

const find = linkFinder(sora);
const findAny = linkFinder(topaz);
const ID = 's_68e83bd7eee88191be79d2ba7158516f';
const A = `https://sora.chatgpt.com/p/${ID}`;
const B = 'https://sora.chatgpt.com/p/s_bbbb3bd7eee88191be79d2ba7158516f';
const BARE = A.replace('https://', '');
const V = 'https://videos.example/a.mp4';
const W = 'https://videos.example/b.mp4';
const encoded = encodeURIComponent;

describe('the one link of a text', () => {
  it.each<[what: string, text: string]>([
    ['alone', A],
    ['white space', `  \t${A} \u00a0`],
    ['a byte-order mark', `\ufeff${A}`],
    ['zero-width characters', `\u200b${A}\u200b`],
    ['marks of direction', `\u202a${A}\u202c`],
    ['words before', `Look at this ${A}`],
    ['words after', `${A} is the one with the boats`],
    ['a full stop', `Look at ${A}.`],
    ['a question', `Have you seen ${A}?!`],
    ['a comma', `${A},`],
    ['a semicolon', `${A} ;`],
    ['a cell after it', `${A},A title`],
    ['a cell before it', `12;${A};A title`],
    ['a line of a chat export', `\u200e[12.10.25, 10:32:01] Anna: ${A}`],
    ['another line of a chat export', `12/10/25, 10:32 - Anna: haha ${A} \ud83d\ude02`],
    ['round brackets', `(${A})`],
    ['square brackets', `[${A}]`],
    ['angle brackets', `<${A}>`],
    ['curly brackets', `{${A}}`],
    ['brackets around a sentence', `(see ${A}), please`],
    ['a word glued to the bracket', `(${A})boats`],
    ['double quotes', `"${A}"`],
    ['single quotes', `'${A}'`],
    ['quotes and a comma', `"${A}",`],
    ['an array of a program', `  '${A}', // boats`],
    ['English quotes', `“${A}”`],
    ['German quotes', `„${A}“`],
    ['French quotes', `« ${A} »`],
    ['Japanese quotes', `「${A}」`],
    ['Chinese punctuation', `看这个：${A}。`],
    ['backticks', `\`${A}\``],
    ['a Markdown link', `- [boats # 1](${A} "Boats")`],
    ['a Markdown link to itself', `[${A}](${A})`],
    ['a Markdown quote', `> ${A}`],
    ['Markdown emphasis', `**${A}** and _${A}_`],
    ['a Markdown table', `| 1 | ${A} | boats |`],
    ['a bullet', `• ${A}`],
    ['a task box', `- [x] ${A}`],
    ['a number', `12. ${A}`],
    ['a formula of a spreadsheet', `=HYPERLINK("${A}";"Boats")`],
    ['HTML', `<a href='${A}'>Boats</a>`],
    ['HTML that was escaped', `&lt;a href=&quot;${A}&quot;&gt;`],
    ['a name and a colon', `link:${A}`],
    ['a setting', `URL=${A}`],
    ['bytes of another encoding beside it', `Gr\ufffd\ufffde ${A} sch\ufffdn`],
    ['quotes in another encoding', `\ufffd${A}\ufffd`],
    ['colours of a terminal', `\u001b[34m${A}\u001b[0m`],
    ['http', A.replace('https', 'http')],
    ['no scheme', `Look at ${BARE}`],
    ['www', `https://www.${BARE}`],
    ['www without a scheme', `www.${BARE}`],
    ['capitals', A.replace('https://sora', 'HTTPS://Sora')],
    ['a default port', A.replace('.com', '.com:443')],
    ['a search engine around it', `https://www.google.com/url?sa=t&url=${encoded(A)}&usg=x`],
    ['a search engine that leaves it as it is', `https://www.google.com/url?q=${A}&sa=D`],
    ['a social site around it', `https://l.facebook.com/l.php?u=${encoded(`${A}?fbclid=1`)}&h=AT0`],
    ['two redirects', `https://a.example/?to=${encoded(`https://b.example/?u=${encoded(A)}`)}`],
    ['an archive around it', `https://web.archive.org/web/2025/${A}`],
    ['another page of the host', `https://sora.chatgpt.com/profile/anna: ${A}`],
    ['a page of another host', `${A} (found on https://example.com/list)`],
    ['the same link twice', `${A}, ${A}`],
    ['the same video twice', `${A}?utm_source=x ${A}/`],
    ['the same link twice without a blank', `${A}${A}`],
  ])('is found with %s', (_what, text) => {
    const found = find(text);
    expect(found).toMatchObject({ kind: 'link' });
    expect(found.kind === 'link' && identifyLink(sora, found.link)).toMatchObject({ ok: true, id: ID });
    expect(found.kind === 'link' && found.link.split(/[?]/)[0]?.replace(/\/$/, '')).toBe(A);
  });

  it.each<[what: string, text: string, reason: RegExp]>([
    ['nothing', '', /no link here/],
    ['words', 'nonsense', /no link here/],
    ['an id alone', 's_68e83bd7eee88191be79d2ba7158516f', /no link here/],
    ['an address of mail', 'anna@sora.chatgpt.com', /no link here/],
    ['two links', `${A} ${B}`, /two links on one line; put each on its own line/],
    ['two links and a comma', `${A},${B}`, /two links/],
    ['two links and nothing between', `${A}${B}`, /two links/],
    ['two links without a scheme', `${BARE},${B.replace('https://', '')}`, /two links/],
    ['two Markdown links', `[a](${A}) [b](${B})`, /two links/],
    ['three links', `${A} ${B} ${A}0`, /3 links/],
    ['the start page', 'https://sora.chatgpt.com/', /not a link to a video/],
    ['the explore page', 'https://sora.chatgpt.com/explore', /not a link to a video/],
    ['drafts', 'https://sora.chatgpt.com/drafts', /not a link to a video/],
    ['a profile', 'https://sora.chatgpt.com/profile/anna', /not a link to a video/],
    ['a share link without an id', 'https://sora.chatgpt.com/p/', /not a link to a video/],
    ['an id of another kind', 'https://sora.chatgpt.com/p/68e83bd7', /not a link to a video/],
    ['more behind the id', `${A}/more`, /not a link to a video/],
    ['a file of that name', `${A}.mp4`, /not a link to a video/],
    ['a sound link beside a broken one', `${A} https://sora.chatgpt.com/p/x`, /not a link to a video/],
    ['another host', 'https://example.com/p/s_a', /another host/],
    ['a host that only looks alike', `https://evil.example/sora.chatgpt.com/p/s_a`, /another host/],
    ['a host before an @', A.replace('https://', 'https://sora.chatgpt.com@evil.example/'), /user name/],
    ['a short link', 'https://t.co/abc', /another host/],
    ['a bad byte inside', A.replace('3bd7', '3\ufffdd7'), /could not be decoded/],
    ['half a character inside', A.replace('3bd7', '3\ud800d7'), /could not be decoded/],
    ['an invisible character inside', A.replace('3bd7', '3\u200bd7'), /invisible characters/],
    ['NUL inside', A.replace('3bd7', '3\0d7'), /invisible characters/],
  ])('is not guessed from %s', (_what, text, reason) => {
    const found = find(text);
    expect(found).not.toMatchObject({ kind: 'link' });
    expect('reason' in found ? found.reason : '').toMatch(reason);
  });
});

describe('the one link of a text for a model that takes any host', () => {
  it.each<[what: string, text: string, link: string]>([
    ['a sentence', `Look at ${V}.`, V],
    ['brackets', `(${V})`, V],
    ['brackets that belong to it', `(see https://en.example/A_(b))`, 'https://en.example/A_(b)'],
    ['a Markdown link with brackets in it', `[a](https://en.example/A_(b))`, 'https://en.example/A_(b)'],
    ['a query', `${V}?a=1,2&b=x`, `${V}?a=1,2&b=x`],
    ['an escaped query', `${V}?a=1&amp;b=x`, `${V}?a=1&b=x`],
    ['letters of other scripts', 'https://example.com/видео', 'https://example.com/видео'],
    ['www', 'www.videos.example/a.mp4', 'https://www.videos.example/a.mp4'],
    ['a title behind it', `${V},A title`, V],
    ['commas in the name of the file', 'https://videos.example/a,b.mp4', 'https://videos.example/a,b.mp4'],
    ['a search engine around it', `https://www.google.com/url?q=${encoded(V)}`, V],
    [
      'a page that links back',
      `${V}?ref=${encoded('https://blog.example/post')}`,
      `${V}?ref=${encoded('https://blog.example/post')}`,
    ],
  ])('is found in %s', (_what, text, link) => {
    expect(findAny(text)).toEqual({ kind: 'link', link });
  });

  it.each<[what: string, text: string, reason: RegExp]>([
    ['two links', `${V} ${W}`, /two links/],
    ['two links and a comma', `${V},${W}`, /two links/],
    ['http', 'http://videos.example/a.mp4', /http is not accepted/],
    ['a password', 'https://me:secret@videos.example/a.mp4', /user name/],
    ['no scheme', 'videos.example/a.mp4', /no link here/],
    ['a comma that may end it', 'https://videos.example/watch/1,title', /comma/],
    ['two files and a comma', 'https://videos.example/a.mp4,b.mp4', /comma/],
    [
      'a link in a link',
      `https://a.example/?to=${encoded('https://b.example/watch')}`,
      /contains another link/,
    ],
    ['a letter that could not be decoded', 'https://videos.example/vid\ufffd', /could not be decoded/],
  ])('is not guessed from %s', (_what, text, reason) => {
    const found = findAny(text);
    expect('reason' in found ? found.reason : found.kind).toMatch(reason);
  });

  it('takes time that is linear in the length of the text', () => {
    for (const piece of [
      '(',
      '[',
      ')',
      'https://',
      'www.',
      ',',
      '_',
      '&amp;',
      '\\',
      'a.',
      '"',
      '\u200b',
      'https://a/?u=',
    ])
      expect(findAny(piece.repeat(60_000 / piece.length))).toBeDefined();
  }, 100_000);
});
