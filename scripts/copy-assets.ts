/**
 * Copies what the compiler leaves behind into the build: scripts, models and media that lie beside the sources
 * and are read at run time. Run by `npm run build` after tsc.
 */
import { cp } from 'node:fs/promises';
import { extname, join } from 'node:path';

const root = join(import.meta.dirname, '..');

await cp(join(root, 'src'), join(root, 'dist'), {
  recursive: true,
  filter: (source) => extname(source) !== '.ts',
});
