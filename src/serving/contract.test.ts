import assert from 'node:assert/strict';
import test from 'node:test';
import { addressSeenFrom } from './contract.ts';

test('an endpoint has the address under which its caller reaches the server', () => {
  for (const [address, server, seen] of [
    ['http://127.0.0.1:5001', 'http://127.0.0.1:5000', 'http://127.0.0.1:5001'],
    ['http://127.0.0.1:5001', 'http://localhost:5000', 'http://127.0.0.1:5001'],
    ['http://0.0.0.0:5001', 'http://127.0.0.1:5000', 'http://127.0.0.1:5001'],
    ['http://0.0.0.0:5001', 'https://ml.example.org', 'http://ml.example.org:5001'],
    ['http://127.0.0.1:5001', 'http://10.0.0.7:5000/', 'http://10.0.0.7:5001'],
    ['http://[::]:5001', 'http://[::1]:5000', 'http://[::1]:5001'],
    ['http://models.example.org:5001', 'http://10.0.0.7:5000', 'http://models.example.org:5001'],
    ['', 'http://10.0.0.7:5000', ''],
  ] as const)
    assert.equal(addressSeenFrom(address, server), seen, `${address} from ${server}`);
});
