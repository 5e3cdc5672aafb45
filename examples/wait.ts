/**
 * Hands links in and waits for the files. With Node 24, `node wait.ts LINK…` beside a running `kie-batch worker`.
 */
import { createProducer, type Producer } from 'kie-batch';

/** @returns a line for each link, in the order in which they end */
export async function* filesOf(
  producer: Producer,
  batch: string,
  links: readonly string[],
): AsyncGenerator<string> {
  await producer.enqueue(links, { batch });
  for await (const link of producer.endedLinks(batch)) {
    yield link.state === 'saved'
      ? `${link.url} -> ${link.file}`
      : `${link.url}: ${link.state}, ${link.reason}`;
  }
}

if (import.meta.main) {
  await using producer = await createProducer();
  for await (const line of filesOf(producer, 'example', process.argv.slice(2))) console.log(line);
}
