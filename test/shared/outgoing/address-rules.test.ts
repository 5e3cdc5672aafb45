import { expect, test } from 'vitest';
import { refusalOfAddress } from '../../../src/shared/outgoing/address-rules.ts';

const strict = { allowPrivateAddresses: false };
const lenient = { allowPrivateAddresses: true };

test.each(['1.1.1.1', '93.184.216.34', '2606:4700:4700::1111', '::ffff:1.1.1.1', '64:ff9b::101:101'])(
  '%s is a public address',
  (address) => {
    expect(refusalOfAddress(address, strict)).toBeUndefined();
  },
);

test.each([
  '10.0.0.1',
  '172.16.0.1',
  '192.168.1.1',
  '127.0.0.1',
  '127.8.9.10',
  '0.0.0.0',
  '100.64.0.1',
  '::1',
  '::',
  'fd00::1',
  '::ffff:127.0.0.1',
  '::ffff:10.0.0.1',
  '::127.0.0.1',
  '64:ff9b::7f00:1',
  '64:ff9b::a00:1',
])('%s is private: refused, unless private addresses are allowed', (address) => {
  expect(refusalOfAddress(address, strict)).toContain('is not a public address');
  expect(refusalOfAddress(address, lenient)).toBeUndefined();
});

test.each([
  '169.254.169.254',
  '169.254.170.2',
  'fd00:ec2::254',
  '100.100.100.200',
  '192.0.0.192',
  '::ffff:169.254.169.254',
  '64:ff9b::a9fe:a9fe',
  '64:ff9b:1::1',
  'fe80::1',
  'fe80::1%eth0',
  'fec0::1',
  '224.0.0.1',
  'ff02::1',
  '255.255.255.255',
  '240.0.0.1',
  '192.0.2.1',
  '198.18.0.1',
  '2001:db8::1',
  '2002:7f00:1::',
  '2001:0:1::',
  '4000::1',
  '100::1',
  'localhost',
  '',
])('%s is refused whatever is allowed', (address) => {
  expect(refusalOfAddress(address, strict)).toBeDefined();
  expect(refusalOfAddress(address, lenient)).toBeDefined();
});
