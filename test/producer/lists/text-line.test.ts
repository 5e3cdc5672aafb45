import { describe, expect, it } from 'vitest';
import { parseTextLine } from '../../../src/producer/lists/text-line.ts';

const LINK = 'https://sora.chatgpt.com/p/s_68e83bd7eee88191be79d2ba7158516f';

describe('one line of a text list', () => {
  it.each([
    ['a plain link', LINK],
    ['white space around it', `  \t${LINK} \u00a0`],
    ['a byte-order mark left where files were joined', `\ufeff${LINK}`],
    ['zero-width characters at its ends', `\u200b${LINK}\u200b`],
    ['a trailing comma', `${LINK},`],
    ['a trailing semicolon', `${LINK} ;`],
    ['double quotes', `"${LINK}"`],
    ['single quotes', `'${LINK}'`],
    ['typographic quotes', `“${LINK}”`],
    ['quotes and a comma', `"${LINK}",`],
    ['angle brackets', `<${LINK}>`],
    ['angle brackets in backticks', `\`<${LINK}>\``],
    ['a trailing comment', `${LINK}  # the one with the boats`],
    ['a trailing comment after a tab', `${LINK}\t#boats`],
    ['a bullet', `- ${LINK}`],
    ['a star', `* <${LINK}>`],
    ['a number', `12. ${LINK}`],
    ['a task box', `- [x] ${LINK}`],
    ['a Markdown link', `[boats # 1](${LINK})`],
    ['a Markdown link with a title', `- [boats](${LINK} "Boats")`],
    ['a Markdown link with a comment', `[boats](<${LINK}>), # mine`],
  ])('is the link inside %s', (_what, line) => {
    expect(parseTextLine(line)).toEqual({ link: LINK });
  });

  it.each([
    ['nothing', ''],
    ['blanks', ' \t '],
    ['a comment', '# a comment'],
    ['a comment with a link', `#${LINK}`],
    ['an indented comment', '   # a comment'],
  ])('asks for nothing when it is %s', (_what, line) => {
    expect(parseTextLine(line)).toBeUndefined();
  });

  it.each([
    ['a fragment', `${LINK}#t=10`],
    ['a query with quotes, commas and brackets inside', `${LINK}?a="x",y&b=(z)`],
    ['another host', 'http://example.com/a_(b)'],
    ['no link at all, which is for the model to say', 'nonsense'],
    ['letters of other scripts', 'https://example.com/видео'],
    ['600 characters', `${LINK}?${'a'.repeat(540)}`],
  ])('is passed on as it stands with %s', (_what, line) => {
    expect(parseTextLine(line)).toEqual({ link: line });
  });

  it('keeps the brackets of a link inside a Markdown link', () => {
    expect(parseTextLine('[a](https://example.com/a_(b))')).toEqual({ link: 'https://example.com/a_(b)' });
  });

  it.each([
    ['two links', `${LINK} ${LINK}`, 'has spaces inside; one link to an entry'],
    ['two Markdown links', `[a](${LINK}) [b](${LINK})`, 'has spaces inside; one link to an entry'],
    ['a tab between link and title', `${LINK}\ttitle`, 'has control characters inside'],
    ['an escape sequence', `${LINK}\u001b[2J`, 'has control characters inside'],
    ['a zero-width space in the middle', 'https://exam\u200bple.com/', 'has invisible characters inside'],
    ['half a character', 'https://example.com/\ud800x', 'has characters that could not be decoded'],
    ['nothing but quotes', '""', 'no link here'],
  ])('is a problem with %s', (_what, line, reason) => {
    expect(parseTextLine(line)).toEqual({ reason });
  });
});
