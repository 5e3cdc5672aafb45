/** Removes an earlier build, so that no file of it outlives its source. Run by `npm run build`. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';

await rm(join(import.meta.dirname, '..', 'dist'), { recursive: true, force: true });
