import assert from 'node:assert/strict';
import test from 'node:test';
import { fc } from '../../../test/property.ts';
import { groupsOf, isPublic } from './addresses.ts';
import { parseAllowList } from './allow-list.ts';

const CLOSED = [
  '0.0.0.0', '0.1.2.3', '10.0.0.1', '100.64.0.1', '127.0.0.1', '127.255.255.254', '169.254.169.254', '172.16.0.1', '172.31.255.255',
  '192.0.0.170', '192.0.2.1', '192.88.99.1', '192.168.1.1', '198.18.0.1', '198.51.100.1', '203.0.113.1', '224.0.0.1', '240.0.0.1', '255.255.255.255',
]; // prettier-ignore

test('special-purpose IPv4 addresses are closed, their neighbours open', () => {
  for (const address of CLOSED) assert.equal(isPublic(address), false, address);
  for (const address of [
    '1.1.1.1',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '169.253.255.255',
    '172.15.255.255',
    '172.32.0.0',
    '192.167.255.255',
    '192.169.0.0',
    '223.255.255.255',
  ]) {
    assert.equal(isPublic(address), true, address);
  }
});

test('IPv6: loopback, local, documentation and whatever is not handed out are closed', () => {
  for (const address of [
    '::',
    '::1',
    'fe80::1',
    'fc00::1',
    'fd12:3456::1',
    'ff02::1',
    'fec0::1',
    '2001:db8::1',
    '2001:10::1',
    '2001:20::1',
    '3fff::1',
    '100::1',
    '4000::1',
    '5f00::1',
    'fe80::1%eth0',
  ]) {
    assert.equal(isPublic(address), false, address);
  }
  for (const address of ['2606:4700:4700::1111', '2a00:1450:4001:82a::200e', '2001:4860:4860::8888'])
    assert.equal(isPublic(address), true, address);
});

/** The ways to write an IPv4 address as an IPv6 one. */
const DISGUISES: Record<string, (high: string, low: string) => string> = {
  mapped: (high, low) => `::ffff:${high}:${low}`,
  translated: (high, low) => `::ffff:0:${high}:${low}`,
  compatible: (high, low) => `::${high}:${low}`,
  NAT64: (high, low) => `64:ff9b::${high}:${low}`,
  'local NAT64': (high, low) => `64:ff9b:1::${high}:${low}`,
  '6to4': (high, low) => `2002:${high}:${low}::1`,
  'Teredo server': (high, low) => `2001:0:${high}:${low}::ffff`,
  'Teredo client': (high, low) => `2001:0:0808:0808:0:0:${flip(high)}:${flip(low)}`,
  ISATAP: (high, low) => `2a00::5efe:${high}:${low}`,
};
const flip = (group: string): string => (Number.parseInt(group, 16) ^ 0xffff).toString(16);

test('a closed IPv4 address stays closed in every disguise', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.constantFrom(...CLOSED),
        fc.ipV4().filter((address) => !isPublic(address)),
      ),
      fc.constantFrom(...Object.keys(DISGUISES)),
      (address, kind) => {
        const [a, b, c, d] = address.split('.').map(Number) as [number, number, number, number];
        const disguised = DISGUISES[kind]!(((a << 8) | b).toString(16), ((c << 8) | d).toString(16));
        assert.ok(groupsOf(disguised), disguised);
        assert.equal(isPublic(disguised), false, `${kind}: ${disguised} is ${address}`);
      },
    ),
    { numRuns: 3_000 },
  );
});

test('groups are read as written, also with dots inside', () => {
  assert.deepEqual(groupsOf('::ffff:127.0.0.1'), [0, 0, 0, 0, 0, 0xffff, 0x7f00, 1]);
  assert.deepEqual(groupsOf('1:2:3:4:5:6:7:8'), [1, 2, 3, 4, 5, 6, 7, 8]);
  assert.deepEqual(groupsOf('1::8'), [1, 0, 0, 0, 0, 0, 0, 8]);
  assert.equal(groupsOf('127.0.0.1'), undefined);
  assert.equal(isPublic('not an address'), false);
  fc.assert(fc.property(fc.ipV6(), (address) => assert.equal(groupsOf(address)?.length, 8, address)));
});

test('an allow-list opens what it names and nothing beside it', () => {
  const list = parseAllowList([
    'hooks.corp:9000',
    'plain.corp',
    '10.1.0.0/16',
    '192.168.7.9:9000',
    '[fd00::1]:7000',
    'fd01::/32',
  ]);
  assert.ok(list.host('HOOKS.corp', 9000));
  assert.ok(!list.host('hooks.corp', 443));
  assert.ok(list.host('plain.corp', 443));
  assert.ok(!list.host('plain.corp', 22));
  assert.ok(!list.host('evil.hooks.corp', 9000));
  assert.ok(list.address('10.1.255.255', 80));
  assert.ok(!list.address('10.2.0.0', 80));
  assert.ok(!list.address('10.1.0.1', 22));
  assert.ok(list.address('192.168.7.9', 9000));
  assert.ok(!list.address('192.168.7.8', 9000));
  assert.ok(list.address('fd00::1', 7000));
  assert.ok(!list.address('fd00::2', 7000));
  assert.ok(list.address('fd01::5', 443));
  for (const wrong of ['http://x', '10.0.0.0/33', 'x:0', 'x:70000', 'a b', '', '/8', 'x/8', '-x']) {
    assert.throws(() => parseAllowList([wrong]), { kind: 'invalid', field: 'allow-outbound' }, wrong);
  }
});
