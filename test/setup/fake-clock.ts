/**
 * A clock of a process that can be set while it runs, as a person or NTP sets it: the monotonic one continues. Needs
 * libfaketime.
 */
import { existsSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';

const library = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';
export const hasFakeClock = existsSync(library);
if (!hasFakeClock) console.warn('skipped: libfaketime is not installed, so no clock can be set');

export interface FakeClock {
  /** What the process is started with. */
  readonly environment: Readonly<Record<string, string>>;
  /** @param offset from the machine's clock, such as `+2h` or `-90s` */
  set(offset: string): Promise<void>;
}

/** @param file what the process reads its clock's offset from */
export async function openFakeClock(file: string, offset = '+0'): Promise<FakeClock> {
  const set = async (to: string) => {
    await writeFile(`${file}.new`, to);
    await rename(`${file}.new`, file);
  };
  await set(offset);
  return {
    set,
    environment: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      FAKETIME_CACHE_DURATION: '1',
    },
  };
}
