/**
 * What a list without a usable line seems to contain: reported once, because "one million bad lines" is not helpful.
 * Pure.
 */
const KINDS: readonly (readonly [pattern: RegExp, kind: string])[] = [
  [/^s_[a-z0-9_-]+$/i, 'ids of share links; write https://sora.chatgpt.com/p/ before each'],
  [/^(?:[a-z]:\\|\.{0,2}\/|~\/)\S|^[^/:]+\.(?:mp4|mov|webm|mkv|m4v|avi)$/i, 'names of files on a computer'],
  [/^[^\s@]+@[^\s@]+\.[a-z]+$/i, 'e-mail addresses'],
  [/https?:\/\//i, 'links that the model does not accept'],
];

export function describeUnusableList(name: string, texts: readonly string[]): string {
  const [, kind = 'text without links'] =
    KINDS.find(([pattern]) => texts.filter((text) => pattern.test(text)).length * 2 > texts.length) ?? [];
  return `Nothing in ${name === '-' ? 'standard input' : name} can be used. It seems to contain ${kind}.`;
}
