/** Where a storage keeps its keys, ending in `/`: what a batch remembers as the place of its files. */
export function rootOf(storage: { locate(key: string): string }): string {
  return storage.locate('x').slice(0, -1);
}
