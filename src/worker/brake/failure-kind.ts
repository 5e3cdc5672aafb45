/**
 * Reduces a failure to its kind: the vendor's text without what differs between tasks. Pure. Distinguishes a model that
 * fails everything from links that fail for different reasons.
 */

const longestKind = 80;

export function failureKind(text: string): string {
  const plain = text
    .toLowerCase()
    .replace(/https?:\/\/\S+/g, ' ')
    // Ids of tasks, requests and videos.
    .replace(/[a-z0-9_][a-z0-9_-]{4,}[a-z0-9_]/g, (word) => (/\d/.test(word) ? ' ' : word))
    .replace(/\d+/g, '#')
    .replace(/[^\p{L}#]+/gu, ' ')
    .trim();
  return plain.slice(0, longestKind) || 'no reason given';
}
