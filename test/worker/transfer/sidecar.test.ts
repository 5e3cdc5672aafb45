import { expect, test } from 'vitest';
import { sidecarOf } from '../../../src/worker/transfer/sidecar.ts';

test('a sidecar tells where a video came from, what it is and what it cost', () => {
  const stored = { bytes: 5, sha256: 'aa', sourceSha256: 'bb' };
  const disclosure = {
    link: 'https://sora.chatgpt.com/p/s_1',
    taskId: 't',
    model: 'm',
    tool: 'kie-batch 0.1.0',
  };
  const facts = {
    id: 's_1',
    inputs: { prompt: 'winter' },
    row: null,
    batch: 'b',
    creditsSpent: 10,
    enqueuedAt: 0,
    submittedAt: 1000,
    savedAt: 2000,
    via: 'minted-url',
  } as const;
  expect(sidecarOf(stored, disclosure, facts)).toEqual({
    id: 's_1',
    inputs: { prompt: 'winter' },
    row: null,
    batch: 'b',
    url: 'https://sora.chatgpt.com/p/s_1',
    taskId: 't',
    model: 'm',
    enqueuedAt: '1970-01-01T00:00:00.000Z',
    submittedAt: '1970-01-01T00:00:01.000Z',
    completedAt: null,
    savedAt: '1970-01-01T00:00:02.000Z',
    creditsSpent: 10,
    via: 'minted-url',
    bytes: 5,
    sha256: 'aa',
    sourceSha256: 'bb',
    digitalSourceType: 'http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia',
    source: 'https://sora.chatgpt.com/p/s_1',
    tool: 'kie-batch 0.1.0',
  });
});
