import { expect, test } from 'vitest';
import { createFolderSync } from '../../../src/shared/storage/folder-sync.ts';

function controlled() {
  const running: { folder: string; finish: () => void; fail: (error: Error) => void }[] = [];
  const sync = createFolderSync(
    (folder) => new Promise((resolve, reject) => running.push({ folder, finish: resolve, fail: reject })),
  );
  return { running, sync };
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

test('callers that come while a sync runs share the next one', async () => {
  const { running, sync } = controlled();
  const first = sync('a');
  const others = [sync('a'), sync('a'), sync('a')];
  running[0]?.finish();
  await first;
  await settled();
  expect(running).toHaveLength(2);
  running[1]?.finish();
  await Promise.all(others);
  expect(running).toHaveLength(2);
});

test('a caller is never answered by a sync that started before it asked', async () => {
  const { running, sync } = controlled();
  void sync('a');
  let answered = false;
  const late = sync('a').then(() => {
    answered = true;
  });
  running[0]?.finish();
  await settled();
  expect(answered).toBe(false);
  running[1]?.finish();
  await late;
});

test('folders do not wait for each other', async () => {
  const { running, sync } = controlled();
  void sync('a');
  const other = sync('b');
  running[1]?.finish();
  await other;
});

test('a failure reaches its callers and no later ones', async () => {
  const { running, sync } = controlled();
  const first = sync('a');
  const second = sync('a');
  running[0]?.fail(new Error('disk'));
  await expect(first).rejects.toThrow('disk');
  await settled();
  running[1]?.finish();
  await second;
  const third = sync('a');
  running[2]?.finish();
  await third;
});
