/** Whether the folder of a storage is the one that was used before. */
import { describe, expect, it } from 'vitest';
import { mountOf } from '../../../src/shared/storage/file-system-of.ts';
import { judgeFolder } from '../../../src/shared/storage/storage-mark.ts';

const known = { id: 'a', place: 'nas' };

describe('the folder of a storage', () => {
  it.each([
    ['a first use', null, { id: null, place: 'disk' }, { kind: 'mark' }],
    [
      'a first use here of a folder that others use',
      null,
      { id: 'b', place: 'disk' },
      { kind: 'use', id: 'b' },
    ],
    ['the same folder', known, { id: 'a', place: 'nas' }, { kind: 'use', id: 'a' }],
    ['the same folder, moved to another disk', known, { id: 'a', place: 'disk' }, { kind: 'use', id: 'a' }],
    ['emptied or deleted', known, { id: null, place: 'nas' }, { kind: 'mark', id: 'a' }],
    ['a lost mount', known, { id: null, place: 'disk' }, { kind: 'other-folder' }],
    ['a lost mount over a folder used earlier', known, { id: 'b', place: 'disk' }, { kind: 'other-folder' }],
    ['replaced on the same disk', known, { id: 'b', place: 'nas' }, { kind: 'use', id: 'b' }],
    ['another one that a person accepts', known, { id: '', place: 'disk' }, { kind: 'mark' }],
  ])('%s', (_, before, found, expected) => {
    expect(judgeFolder(before, found)).toEqual(expected);
  });
});

describe('the file system of a path', () => {
  const mounts = [
    '22 1 8:1 / / rw - ext4 /dev/sda1 rw',
    '30 22 0:45 /export /srv/my\\040videos rw - nfs4 nas:/export rw',
    '31 22 8:1 /data/x /srv/bound rw - ext4 /dev/sda1 rw',
    '32 22 8:17 / /srv/bound/inner rw - ext4 /dev/sdb1 rw',
  ].join('\n');

  it.each([
    ['/srv', '/ at / on 8:1'],
    ['/srv/my videos/batch', '/export at /srv/my videos'],
    ['/srv/my videos too', '/ at / on 8:1'],
    ['/srv/bound', '/data/x at /srv/bound on 8:1'],
    ['/srv/bound/inner/a', '/ at /srv/bound/inner on 8:17'],
  ])('of %s', (path, expected) => {
    expect(mountOf(path, mounts)).toBe(expected);
  });
});
