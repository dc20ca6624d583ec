import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normalise, parseCommand, quote } from './command.ts';
import { describe } from './problem.ts';
import { readPipelineFile } from './read.ts';

const GOOD = `name: flight-delay
env: requirements.txt
params: { depth: 6, rate: 0.1, seed: 7 }
data: { flights: flights@main }
steps:
  train:
    run: python train.py {train} {model} --depth {depth} --rate {rate} --seed {seed}
    out: { model: model/ }
    resources: { memory: 2GiB }
    retry: { times: 2, when: [oom], backoff: 10s }
    timeout: 2h
  prep:
    run: python prep.py {flights} {train} {holdout}
    code: [prep.py, lib/]
    out: { train: train.parquet, holdout: holdout.parquet }
model: { name: flight-delay, from: train.model }
`;

test('a good file is read, its steps in an order that works', () => {
  const { definition, problems } = readPipelineFile(GOOD);
  assert.deepEqual(problems, []);
  assert.deepEqual(
    definition!.steps.map(({ name }) => name),
    ['prep', 'train'],
  );
  const [prep, train] = definition!.steps;
  assert.deepEqual(prep!.inputs, [{ kind: 'data', name: 'flights' }]);
  assert.deepEqual(prep!.code, ['prep.py', 'lib/']);
  assert.deepEqual(train!.inputs, [{ kind: 'output', name: 'train', step: 'prep', output: 'train' }]);
  assert.deepEqual(train!.params, ['depth', 'rate', 'seed']);
  assert.deepEqual(train!.outputs, [{ name: 'model', path: 'model', folder: true }]);
  assert.deepEqual(train!.resources, { cpu: undefined, memory: 2 * 2 ** 30, gpu: 0 });
  assert.deepEqual(train!.retry, { times: 2, when: ['oom'], backoff: 10_000 });
  assert.equal(train!.timeout, 7_200_000);
  assert.deepEqual(definition!.model, { name: 'flight-delay', step: 'train', output: 'model' });
});

test('keys of coming versions are named, never silently accepted', () => {
  const { definition, problems } = readPipelineFile(
    `${GOOD}deploy: { endpoint: late, canary: [10, 100], every: 5m, rollback_if: x > 1 }\nretrain: [manual]\n`,
  );
  assert.ok(definition);
  assert.deepEqual(
    problems.map(({ severity, line, column, message }) => [severity, line, column, message.split(':')[0]]),
    [
      ['warning', 17, 1, 'nothing judges the model before it is deployed'],
      ['warning', 17, 27, "'deploy.canary' is not run by this version"],
      ['warning', 17, 46, "'deploy.every' is not run by this version"],
      ['warning', 17, 57, "'deploy.rollback_if' is not run by this version"],
      ['warning', 18, 1, "'retrain' is not run by this version"],
    ],
  );
});

test('what runs it again by itself is read, in the words of loops', () => {
  const { definition, problems } = readPipelineFile(
    `${GOOD}loop:
  triggers:
    - daily: 03:00 Europe/Berlin
    - { cron: "0 3 * * 1-5", catch_up: none }
    - { data: flights, rows: 1000, debounce: 5m }
    - performance
    - push: release
    - manual
  params: { depth: 8 }
  cooldown: 2h
  budget: 3/week
`,
  );
  assert.deepEqual(problems, []);
  assert.deepEqual(definition?.loop, {
    triggers: [
      { kind: 'daily', at: '03:00', time_zone: 'Europe/Berlin' },
      { kind: 'cron', at: '0 3 * * 1-5', catch_up: 'none' },
      { kind: 'data', data: 'flights@main', rows: 1000, debounce_ms: 300_000 },
      { kind: 'performance' },
      { kind: 'push', branch: 'release' },
    ],
    params: { depth: 8 },
    cooldown_ms: 7_200_000,
    budget: { runs: 3, per: 'week' },
  });
  const wrong = readPipelineFile(
    `${GOOD}loop:
  triggers:
    - daily: 25:00
    - { weekly: Mon 03:00, rows: 3 }
    - { daily: "03:00", data: flights }
    - cron: 0 3 * * * Mars/Base
    - {}
    - data: flights@v3
    - drift
    - drift
  params: { dept: 8 }
`,
  );
  assert.deepEqual(
    wrong.problems.map(({ path, message }) => [path, message]),
    [
      ['loop.triggers', "'drift' is there twice"],
      ['loop.triggers[0].daily', "'25:00' is no daily time"],
      ['loop.triggers[1].rows', "'rows' says nothing of a trigger by weekly"],
      ['loop.triggers[2]', 'this trigger says daily and data'],
      ['loop.triggers[3].cron', "'Mars/Base' is not a time zone"],
      ['loop.triggers[4]', 'this trigger does not say what turns the loop'],
      ['loop.triggers[5].data', "'flights@v3' is no branch of a dataset"],
      ['loop.params.dept', "'dept' is not a parameter of this file"],
    ],
  );
});

test('the changes that it checks are read, and what it could not check is named', () => {
  const gate = 'gate: { data: prep.holdout, label: late }\n';
  const read = readPipelineFile(
    `${GOOD}${gate}when: { dataset_proposed: [flights, flights@main], version_registered: flight-delay }\n`,
  );
  assert.deepEqual(read.problems, []);
  assert.deepEqual(read.definition?.when, {
    dataset_proposed: ['flights@main'],
    version_registered: ['flight-delay'],
  });
  assert.deepEqual(readPipelineFile(GOOD).definition?.when, { dataset_proposed: [], version_registered: [] });
  const wrong = readPipelineFile(
    `${GOOD.replace('flights: flights@main', 'flights: flights@v3')}when: { dataset_proposed: [weather, flights], version_registered: x }\n`,
  );
  assert.deepEqual(
    wrong.problems.map(({ path, message }) => [path, message]),
    [
      [
        'when.dataset_proposed',
        'this pipeline does not read weather@main, so it cannot check what is proposed for it',
      ],
      ['when.dataset_proposed', 'flights@v3 is a version, and merges are proposed into branches'],
      ['when.version_registered', 'there is no gate that could judge a version'],
    ],
  );
  assert.match(readPipelineFile(`${GOOD}when: { push: main }\n`).problems[0]?.message ?? '', /push/);
});

test('a gate and a deployment are read', () => {
  const { definition, problems } = readPipelineFile(
    `${GOOD}gate:
  data: prep.holdout
  key: [date, origin]
  label: late
  group: [tail, crew]
  time: date
  excuse: [{ path: "*.txt", reason: notes }]
  positive: 1
  rules: [auc >= 0.60, p95_latency_ms < 20]
deploy: { endpoint: late }
`,
  );
  assert.deepEqual(problems, []);
  assert.deepEqual(definition!.gate, {
    data: { kind: 'output', step: 'prep', output: 'holdout' },
    written: 'prep.holdout',
    spec: {
      label: 'late',
      key: ['date', 'origin'],
      group: ['tail', 'crew'],
      time: 'date',
      excuse: [{ path: '*.txt', reason: 'notes' }],
      rules: ['auc >= 0.60', 'p95_latency_ms < 20'],
      positive: '1',
    },
  });
  assert.deepEqual(definition!.deploy, {
    endpoint: 'late',
    sticky: undefined,
    replace: undefined,
    rollout: undefined,
  });
});

test('environments are read in the words of their room, in their order, with what is wrong', () => {
  const read = (text: string) => readPipelineFile(`${GOOD}environments:\n${text}`);
  assert.deepEqual(
    read(
      '  staging: { hold: 90m, position: 2, freezes: [2026-12-20/2027-01-03 holidays] }\n  production: { endpoints: "{model}", windows: [mon-fri 09:00-17:00], rollout: { steps: [10, 50], every: 5m } }\n',
    ).definition?.environments,
    [
      {
        name: 'staging',
        terms: {
          hold_min: 90,
          position: 2,
          freezes: [{ from: Date.parse('2026-12-20'), to: Date.parse('2027-01-04'), why: 'holidays' }],
        },
      },
      {
        name: 'production',
        terms: {
          endpoints: '{model}',
          windows: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '17:00' }],
          rollout: { steps: [10, 50], every_s: 300 },
        },
      },
    ],
  );
  assert.deepEqual(
    read(
      '  dev: { freezes: [2027-01-03/2026-12-20 x, soon] }\n  production: { windows: [always], time_zone: Mars/Base, rollout: { steps: [50, 10] } }\n',
    ).problems.map(({ path, message }) => [path, message]),
    [
      ['environments.dev.freezes.0', "'2027-01-03/2026-12-20 x' ends before it begins"],
      ['environments.dev.freezes.1', "'soon' is no freeze"],
      ['environments.production.windows.0', "'always' is no window of a week"],
      ['environments.production.time_zone', "'Mars/Base' is not a time zone"],
      ['environments.production.rollout.steps.1', 'the step 10 % comes after 50 %: the share only grows'],
    ],
  );
});

test('a rollout is read, in its own words and as a plain yes', () => {
  const read = (rollout: string) =>
    readPipelineFile(
      `${GOOD}gate: { data: prep.holdout, label: late }\ndeploy: { endpoint: late, rollout: ${rollout} }\n`,
    );
  assert.deepEqual(read('true').definition!.deploy!.rollout, {});
  assert.equal(read('false').definition!.deploy!.rollout, undefined);
  const { definition, problems } = read(
    '{ steps: [1, 10, 50], shadow: 500, every: 10m, within: 2h, requests: 100000, undecided: promote, losses: require }',
  );
  assert.deepEqual(problems, []);
  assert.deepEqual(definition!.deploy!.rollout, {
    steps: [1, 10, 50],
    shadow: 500,
    every_s: 600,
    within_s: 7200,
    requests: 100_000,
    undecided: 'promote',
    losses: 'require',
  });
  const [falls] = read('{ steps: [10, 5] }').problems;
  assert.match(falls!.message, /the step 5 % comes after 10 %: the share only grows/);
  assert.ok(read('{ steps: [0] }').problems.length > 0);
});

test('the data of a gate is an output, a dataset, or a file of one', () => {
  const read = (data: string) =>
    readPipelineFile(
      `${GOOD.replace('flights@main }', 'flights@main, later: later@main }')}gate: { data: ${data}, label: late }\n`,
    );
  assert.deepEqual(read('holdout').definition!.gate!.data, {
    kind: 'output',
    step: 'prep',
    output: 'holdout',
  });
  const { definition, problems } = read('later');
  assert.deepEqual(definition!.gate!.data, { kind: 'data', name: 'later', path: undefined });
  assert.deepEqual(problems, [], 'a dataset that only the gate reads is used');
  assert.deepEqual(read('later/2001/04.parquet').definition!.gate!.data, {
    kind: 'data',
    name: 'later',
    path: '2001/04.parquet',
  });
  for (const wrong of ['later/../x', 'prep.nope', 'nope', 'holdout/x', 'prep.'])
    assert.ok(
      read(wrong).problems.some(({ message }) => /is no output of a step and no dataset/.test(message)),
      wrong,
    );
});

test('a rule that cannot be read is named with its line and column', () => {
  const gate = `gate:\n  data: prep.holdout\n  label: late\n  rules:\n`;
  const places = (rules: string): string[] =>
    readPipelineFile(`${GOOD}${gate}${rules}`).problems.map((one) => `${one.line}:${one.column}`);
  assert.deepEqual(places('    - auc > 1\n    - auc => 1\n'), ['22:11']);
  assert.deepEqual(places('    - "auc => 1"\n'), ['21:12']);
  assert.deepEqual(places('    - auc > 1\n'), []);
});

/** Every wrong file with the place and the words it must name. */
const WRONG: Array<[string, string, RegExp, RegExp?]> = [
  ['', '1:1', /the file is empty/],
  ['a: [', '1:5', /not YAML/],
  ['name: x\nsteps:\n  a: { run: cat {b}, out: c }\n', '3:17', /not YAML/, /put the command in quotes/],
  ['name: x\nname: y\nsteps: {a: {run: b}}', '2:1', /the key 'name' stands here twice/],
  ['- a\n', '1:1', /the file is a list/],
  ['name: x\n', '1:1', /has no 'steps'/],
  ['steps:\n  a: { run: b }\n', '1:1', /has no 'name'/],
  ['name: x\nsteps: {}\n', '2:8', /steps is empty/],
  ['name: x y\nsteps: { a: { run: b } }\n', '1:7', /name is 'x y'/],
  [
    'name: x\nstepz:\n  a: { run: b }\nsteps: { a: { run: b } }\n',
    '2:1',
    /'stepz' is not a key of a pipeline file/,
    /'steps'/,
  ],
  [
    'name: x\nsteps:\n  a:\n    run: b\n    outt: c\n',
    '5:5',
    /'outt' is not a key of steps.a/,
    /did you mean 'out'/,
  ],
  ['name: x\nsteps:\n  a:\n    cmd: b\n', '4:5', /'cmd' is not a key/, /'run' holds the command/],
  ['name: x\nsteps:\n  a:\n    out: c\n', '3:3', /steps.a has no 'run'/],
  ['name: x\nsteps:\n  a:\n    run: [b, c]\n', '4:10', /steps.a.run is a list/],
  ['name: x\nsteps:\n  a: run\n', '3:6', /steps.a is a text/],
  ['name: x\nsteps:\n  1a: { run: b }\n', '3:3', /'1a' is not a name/],
  [
    'name: x\nsteps:\n  a: { run: "b {tain}" }\nparams: { train: 1 }\n',
    '3:16',
    /\{tain\} in step 'a' is no parameter/,
    /did you mean 'train'/,
  ],
  ['name: x\nsteps:\n  a:\n    run: |\n      echo 1\n      echo {nope}\n', '6:12', /\{nope\} in step 'a'/],
  ['name: x\nsteps:\n  a: { run: "b {c.d}" }\n', '3:16', /\{c.d\}/],
  ['name: x\ndata: { d: d@main }\nsteps:\n  a: { run: "b {d/../x}" }\n', '4:16', /leaves its dataset/],
  ['name: x\nparams: { p: 1 }\nsteps:\n  a: { run: "b {p/x}" }\n', '4:16', /has no paths below/],
  [
    'name: x\nsteps:\n  a: { run: "a {q}", out: p }\n  b: { run: "b {p}", out: q }\n',
    '3:3',
    /circle: a → b → a/,
  ],
  ['name: x\nsteps:\n  a: { run: a, after: [a] }\n', '3:3', /circle: a → a/],
  ['name: x\nsteps:\n  a: { run: a, after: [b] }\n', '3:24', /there is no step 'b'/],
  [
    'name: x\nsteps:\n  a: { run: a, out: o.txt }\n  b: { run: b, out: { o: p } }\n',
    '4:23',
    /'a' and 'b' both have an output called 'o'/,
  ],
  ['name: x\nsteps:\n  a: { run: a, out: { o: d/, p: d/e } }\n', '3:33', /lie in one another/],
  ['name: x\nsteps:\n  a: { run: a, out: ../o }\n', '3:21', /steps.a.out is '..\/o'/],
  ['name: x\nsteps:\n  a: { run: a, out: /o }\n', '3:21', /steps.a.out is '\/o'/],
  ['name: x\nsteps:\n  a: { run: a, out: _in/o }\n', '3:21', /cannot be an output/],
  [
    'name: x\nparams: { o: 1 }\nsteps:\n  a: { run: "a {o}", out: { o: p } }\n',
    '4:29',
    /an output and of a parameter/,
  ],
  [
    'name: x\nparams: { d: 1 }\ndata: { d: d@v1 }\nsteps:\n  a: { run: "a {d}" }\n',
    '3:9',
    /a dataset and of a parameter/,
  ],
  ['name: x\nparams: { p: [1] }\nsteps:\n  a: { run: a }\n', '2:14', /params.p is a list/],
  [
    'name: x\nparams: { p: "a\\0b" }\nsteps:\n  a: { run: "a {p}" }\n',
    '2:14',
    /params\.p holds a NUL character/,
  ],
  [
    'name: x\nsteps:\n  a:\n    run: a\n    variables:\n      V: "\\ud800"\n',
    '6:10',
    /steps\.a\.variables\.V holds half of a surrogate pair/,
  ],
  ['name: x\nsteps:\n  a: { run: "a\\x00" }\n', '3:13', /steps\.a\.run holds a NUL/],
  ['name: x\n"k\\0": 1\nsteps:\n  a: { run: a }\n', '2:1', /k\\0 holds a NUL/],
  [
    'name: x\nparams: { a-b: 1, a_b: 2 }\nsteps:\n  a: { run: "{a-b} {a_b}" }\n',
    '2:19',
    /same environment variable/,
  ],
  [
    'name: x\nsteps:\n  a: { run: a, timeout: 5 }\n',
    '3:25',
    /steps.a.timeout is a number/,
    /a duration such as/,
  ],
  ['name: x\nsteps:\n  a: { run: a, timeout: 5 min }\n', '3:25', /timeout is '5 min'/],
  ['name: x\nsteps:\n  a: { run: a, resources: { memory: 2G } }\n', '3:37', /memory is '2G'/, /512MiB/],
  ['name: x\nsteps:\n  a: { run: a, resources: { cpu: 0 } }\n', '3:34', /cpu is 0/],
  ['name: x\nsteps:\n  a: { run: a, resources: { gpu: 0.5 } }\n', '3:34', /gpu is 0.5/],
  [
    'name: x\nsteps:\n  a: { run: a, retry: { times: 1, when: [ooom] } }\n',
    '3:42',
    /'ooom'/,
    /did you mean 'oom'/,
  ],
  ['name: x\nsteps:\n  a: { run: a, cache: never }\n', '3:23', /cache is 'never'/],
  [
    'name: x\nenv: conda.yaml\nsteps:\n  a: { run: a }\n',
    '2:6',
    /conda environment, which this version cannot make/,
  ],
  ['name: x\nsteps:\n  a: { run: a, env: docker }\n', '3:21', /no environment that this version can make/],
  [
    'name: x\nmodel: { name: m, from: a.o }\nsteps:\n  a: { run: a, out: { p: p } }\n',
    '2:25',
    /step 'a' has no output 'o'/,
  ],
  [
    'name: x\nmodel: { name: m, from: b.o }\nsteps:\n  a: { run: a, out: { p: p } }\n',
    '2:25',
    /there is no step 'b'/,
  ],
  ['name: x\nsteps:\n  a: { run: a, params: [q] }\n', '3:25', /'q' is not a parameter/],
  ['name: x\nsteps: &s\n  a: *nope\n', '3:6', /'\*nope' names no anchor before it/],
  ['name: x\nsteps:\n  a: { run: a }\ngate: { data: a.b, label: y }\n', '4:1', /no model to judge/, /model:/],
  ['name: x\nsteps:\n  a: { run: a }\ngate: { data: a.b, label: y }\n', '4:15', /'a.b' is no output/],
  ['name: x\nsteps:\n  a: { run: a }\ngate: { data: a.b }\n', '4:1', /gate has no 'label'/],
  [
    'name: x\nsteps:\n  a: { run: a }\ngate: { data: a.b, label: y, rule: [a] }\n',
    '4:30',
    /'rule'/,
    /'rules'/,
  ],
  [
    'name: x\nsteps:\n  a: { run: a }\ngate: { data: a.b, label: y, task: x }\n',
    '4:36',
    /gate.task may not be 'x'/,
  ],
  [
    'name: x\nsteps:\n  a: { run: a }\ngate: { data: a.b, label: y, rules: [1] }\n',
    '4:38',
    /rules\[0\] is a number/,
  ],
  ['name: x\nsteps:\n  a: { run: a }\ndeploy: { endpoint: "a b" }\n', '4:21', /endpoint is 'a b'/],
  ['name: x\nsteps:\n  a: { run: a }\ndeploy: { endpoint: e }\n', '4:1', /no model to deploy/],
  ['name: x\nsteps:\n  __proto__: { run: a }\n', '3:3', /'__proto__'/],
];

for (const [text, place, message, hint] of WRONG) {
  test(`a wrong file names ${place}: ${message.source}`, () => {
    const { definition, problems } = readPipelineFile(text);
    assert.equal(definition, undefined);
    const errors = problems.filter(({ severity }) => severity === 'error');
    const found = errors.find(
      (problem) => `${problem.line}:${problem.column}` === place && message.test(problem.message),
    );
    assert.ok(
      found,
      `wanted ${place} ${message.source}, got\n${errors.map((problem) => describe(problem)).join('\n')}`,
    );
    if (hint) assert.match(found.hint ?? '', hint);
  });
}

test('unused names are a warning', () => {
  const { definition, problems } = readPipelineFile(
    'name: x\nparams: { p: 1 }\ndata: { d: d@main }\nsteps:\n  a: { run: a }\n',
  );
  assert.ok(definition);
  assert.deepEqual(
    problems.map(({ severity, line, column }) => [severity, line, column]),
    [
      ['warning', 2, 11],
      ['warning', 3, 9],
    ],
  );
});

test('braces that are no placeholders stay text', () => {
  const text = (run: string): string =>
    parseCommand(run)
      .map((piece) => (piece.kind === 'text' ? piece.text : '•'))
      .join('');
  for (const run of ['echo ${HOME}', "awk '{ print $1 }'", 'cp {a,b}.txt', `echo '{"a": {"b": 1}}'`])
    assert.equal(text(run), run);
  assert.equal(text('echo {{name}} {name}'), 'echo {name} •');
});

test('laying a command out anew changes nothing, except inside quotes', () => {
  assert.equal(normalise('python  a.py\n\n  --x   1 '), 'python a.py\n--x 1');
  assert.notEqual(normalise('python -c "a  b"'), normalise('python -c "a b"'));
  assert.equal(quote("it's"), `'it'\\''s'`);
});

test('nothing a file can hold makes the reader throw', () => {
  const fragments = [
    '[',
    '{',
    '*a',
    '&a ',
    '- ',
    ': ',
    '"',
    "'",
    '|\n',
    '\n  ',
    'steps',
    'run',
    '!!x ',
    '\0',
    '{{',
    '}',
    '<<: ',
  ];
  let seed = 7;
  const random = (n: number): number => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
  for (let i = 0; i < 2000; i++) {
    const text =
      GOOD.slice(0, random(GOOD.length)) +
      fragments[random(fragments.length)] +
      GOOD.slice(random(GOOD.length));
    for (const { line, column } of readPipelineFile(text).problems) assert.ok(line >= 1 && column >= 1);
  }
  assert.ok(readPipelineFile('['.repeat(100_000)).problems.length > 0);
});
