/** A list that can only be read whole, such as a spreadsheet, in memory that is bounded. */

const MAX_BYTES = 64 * 2 ** 20;

export async function wholeList(
  chunks: AsyncIterable<Buffer>,
): Promise<Buffer | { readonly reason: string }> {
  const seen: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) return { reason: `is larger than ${MAX_BYTES / 2 ** 20} MiB; export it as CSV` };
    seen.push(chunk);
  }
  return Buffer.concat(seen);
}
