"""The Python client against a real server, and against answers that a real server gives only in bad times."""

import hashlib
import importlib
import json
import os
import pickle
import pkgutil
import sys
import tempfile
import threading
import time
import typing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


def refused(call, kind):
    try:
        call()
    except treadle.TreadleError as error:
        assert error.kind == kind, error
        return error
    raise AssertionError(f'not refused as {kind}')


before = set(sys.modules)
import treadle

loaded = set(sys.modules) - before
assert not [name for name in loaded if name.startswith(('treadle.api.', 'urllib.request', 'ssl'))], loaded

client = treadle.Treadle()
assert client.url == sys.argv[1], client
assert client.server.health() == 'OK'
assert client.access.who_am_i()['role'] == 'owner'

# Make, read, change, list over pages.
made = [client.tracking.create_experiment(name=f'client {n}') for n in range(5)]
run = client.tracking.create_run(experiment=made[0]['id'], name='a try', tags={'team': 'ops'})
client.tracking.log_to_run(
    run['id'],
    metrics=[{'key': 'auc', 'value': 0.5, 'step': 1}, {'key': 'loss', 'value': 'NaN'}],
    params={'depth': '6'},
)
assert client.tracking.update_run(run['id'], status='finished')['status'] == 'finished'
shown = client.tracking.get_run(run['id'])
assert shown['params'] == {'depth': '6'} and {m['key']: m['last'] for m in shown['metrics']} == {'auc': 0.5, 'loss': 'NaN'}
first = client.tracking.list_experiments(limit=2)
assert len(first) == 2 and isinstance(first.next, str) and first[0]['name']
names = [e['name'] for e in treadle.every(client.tracking.list_experiments, limit=2)]
assert len(names) == len(set(names)) and set(names) >= {f'client {n}' for n in range(5)}, names
found = client.tracking.search_runs(experiments=[made[0]['id']], filter='metrics.auc >= 0.5', order=['metrics.auc DESC'])
assert [row['id'] for row in found] == [run['id']] and found.next is None
assert client.tracking.delete_run(run['id'])['state'] == 'deleted'
client.tracking.restore_run(run['id'])

# Refusals in the words of the server.
missing = refused(lambda: client.tracking.get_run('0' * 32), 'missing')
assert missing.status == 404 and missing.request_id and '0' * 32 in missing.message, missing
invalid = refused(lambda: client.tracking.list_experiments(limit=0), 'invalid')
assert invalid.field == 'limit', invalid.field
refused(lambda: client.tracking.delete_run(''), 'invalid')
assert 'NaN' in refused(lambda: client.tracking.log_to_run(run['id'], metrics=[{'key': 'x', 'value': float('nan')}]), 'invalid').hint
again = pickle.loads(pickle.dumps(missing))
assert (again.kind, again.message, again.status, str(again)) == (missing.kind, missing.message, 404, str(missing))

# Files: from bytes, a path, an open file, parts; a name that needs quoting; whole or not at all.
content = os.urandom(3_000_000)
with tempfile.TemporaryDirectory() as folder:
    source = Path(folder, 'plot.bin')
    source.write_bytes(content)
    names = ['plain', 'a folder/über 1%.bin', 'file', 'parts']
    with open(source, 'rb') as file:
        parts = (content[at : at + 70_000] for at in range(0, len(content), 70_000))
        for name, body in zip(names, [content, source, file, parts]):
            client.tracking.put_artifact(run['id'], name, body)
    for name in names:
        with client.tracking.get_artifact(run['id'], name) as download:
            digest = hashlib.sha256()
            for part in download:
                digest.update(part)
        assert digest.digest() == hashlib.sha256(content).digest(), name
    assert client.tracking.get_artifact(run['id'], 'file').save(Path(folder, 'back')) == len(content)
    assert Path(folder, 'back').read_bytes() == content
    assert refused(lambda: client.tracking.get_artifact(run['id'], 'none').save(Path(folder, 'no')), 'missing')
    assert sorted(os.listdir(folder)) == ['back', 'plot.bin']
try:
    client.tracking.put_artifact(run['id'], 'text', 'a text is no path')
    raise AssertionError('a text was taken for bytes')
except TypeError:
    pass

# Tokens: what a reader may not do is said before it has sent all of it.
secret = client.access.create_token(name='reader', role='viewer', days=1)['secret']
os.environ['TREADLE_TOKEN'] = secret
reader = treadle.Treadle()
assert reader.access.who_am_i()['role'] == 'viewer'
assert reader.tracking.get_run(run['id'])['id'] == run['id']
endless = (b'x' * 1_000_000 for _ in range(200))
assert refused(lambda: reader.tracking.put_artifact(run['id'], 'big', endless), 'forbidden').status == 403
refused(lambda: treadle.Treadle(token='trd_wrong').tracking.list_experiments(), 'unauthenticated')
refused(lambda: treadle.Treadle(token='a\r\nx: y'), 'invalid')
del os.environ['TREADLE_TOKEN']

# Events as they come.
with client.events.stream_events() as events:
    stream = iter(events)
    assert next(stream).event == 'ready'
    client.models.create_model(name='heard')
    heard = next(stream)
    assert heard.event == 'message' and heard.data['type'] == 'model.created' and heard.id, heard


# Bad times, counted.
class Bad(BaseHTTPRequestHandler):
    asked = []

    def reply(self):
        body = self.rfile.read(int(self.headers.get('content-length', 0)))
        Bad.asked.append((self.command, self.path, body))
        if '/events' in self.path:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'event: ready\ndata: {"seq": 1}\n\n: a remark\n\nevent: ping\ndata: {}\n\n')
            time.sleep(0.5)
            self.wfile.write('id: 7\ndata: {"a":\ndata: "ü"}\n\n'.encode())
            self.close_connection = True
            return
        if '/datasets' in self.path:
            status, text = (503, b'') if len(Bad.asked) < 3 else (200, b'{"items": [], "next": "b"}')
            self.send_response(status)
            self.send_header('retry-after', '0')
        else:
            status, text = 200, b'0123456789'
            self.send_response(status)
        self.send_header('content-length', str(len(text) if '/datasets' in self.path else 100))
        self.end_headers()
        self.wfile.write(text)
        self.close_connection = True

    do_GET = do_POST = reply

    def log_message(self, *_):
        pass


bad = ThreadingHTTPServer(('127.0.0.1', 0), Bad)
threading.Thread(target=bad.serve_forever, daemon=True).start()
there = treadle.Treadle(f'http://127.0.0.1:{bad.server_port}/behind/a/proxy/')
assert there.data.list_datasets().next == 'b'
assert Bad.asked == [('GET', '/behind/a/proxy/api/v1/datasets', b'')] * 3, Bad.asked
Bad.asked.clear()
commit = {'files': [], 'message': 'ü'}
assert refused(lambda: there.data.commit_version('d', **commit, expected=None), 'unavailable').status == 503
refused(lambda: there.data.commit_version('d', **commit), 'unavailable')
assert [json.loads(body) for _, _, body in Bad.asked] == [{**commit, 'expected': None}, commit], Bad.asked
assert 'after 10 of 100 bytes' in refused(lambda: there.tracking.get_artifact('r', 'a').read(), 'unavailable').message
with tempfile.TemporaryDirectory() as folder:
    refused(lambda: there.tracking.get_artifact('r', 'a').save(f'{folder}/cut'), 'unavailable')
    assert os.listdir(folder) == []
refused(lambda: there.tracking.get_run('r'), 'unavailable')
# A silence that is longer than a request may take is none of an event stream's; it ends when the server ends it.
hasty = treadle.Treadle(there.url, timeout=0.2)
assert list(hasty.events.stream_events()) == [('ready', {'seq': 1}, None), ('message', {'a': 'ü'}, '7')]
bad.shutdown()
bad.server_close()
gone = refused(lambda: treadle.Treadle(there.url, retries=0).server.health(), 'unavailable')
assert gone.message.startswith('no Treadle server answers at') and 'treadle server --port' in gone.hint, gone
assert refused(lambda: treadle.Treadle('127.0.0.1:5000'), 'invalid').field == 'TREADLE_URL'

# Every generated module is Python, and its types are what they name.
nouns = 0
for module in pkgutil.iter_modules(treadle.api.__path__):
    assert hasattr(treadle.Treadle, module.name), module
    for noun in vars(importlib.import_module(f'treadle.api.{module.name}')).values():
        if typing.is_typeddict(noun):
            nouns += 1
            typing.get_type_hints(noun)
assert nouns > 150, nouns

print('REPORT' + json.dumps({'version': treadle.__version__, 'done': True}))
