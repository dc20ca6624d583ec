import type { CiReport, ReportStep } from './contract.ts';

interface Case {
  name: string;
  seconds?: number;
  kind?: 'failure' | 'error' | 'skipped';
  type?: string;
  message?: string;
  said?: string;
}

/** The same as JUnit XML, for CI systems that show tests: a case a step, a case a rule of the gate, one for the proof. */
export function toJunit(
  report: Pick<CiReport, 'pipeline' | 'steps' | 'rules' | 'proof' | 'verdict' | 'summary' | 'reasons'>,
): string {
  const { pipeline, steps, rules, proof, verdict, summary, reasons } = report;
  const suites: Array<[string, Case[]]> = [
    ['steps', steps.map(stepCase)],
    [
      'gate',
      [
        ...rules.map((rule): Case => ({ name: rule.rule, ...endOf(rule.verdict, rule.reason) })),
        ...(proof ? [{ name: 'no leaks', ...endOf(proof.verdict, proof.summary) }] : []),
      ],
    ],
  ];
  const told = suites.some(([, cases]) => cases.some(({ kind }) => kind === 'failure' || kind === 'error'));
  // What no step and no rule says is said by the whole.
  if (verdict !== 'pass' && !told)
    suites.push([
      'verdict',
      [
        {
          name: summary,
          kind: verdict === 'fail' ? 'failure' : 'error',
          type: verdict,
          message: reasons.join('; ') || summary,
        },
      ],
    ]);
  const all = suites.flatMap(([, cases]) => cases);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${text(pipeline)}" ${counts(all)}>`,
    ...suites
      .filter(([, cases]) => cases.length > 0)
      .flatMap(([name, cases]) => [
        `  <testsuite name="${text(`${pipeline} ${name}`)}" ${counts(cases)}>`,
        ...cases.map((one) => caseLine(`${pipeline}.${name}`, one)),
        '  </testsuite>',
      ]),
    '</testsuites>',
    '',
  ].join('\n');
}

function stepCase({ name, state, ms, outcome, reasons }: ReportStep): Case {
  const why = reasons.map((reason) => reason.text).join('; ');
  const head = { name, ...(ms === undefined || state === 'cached' ? {} : { seconds: ms / 1000 }) };
  switch (state) {
    case 'failed':
      return {
        ...head,
        kind: 'failure',
        type: outcome?.reason ?? 'failed',
        message: outcome?.message ?? 'it failed',
      };
    case 'skipped':
      return { ...head, kind: 'skipped', message: why };
    case 'succeeded':
    case 'cached':
      return { ...head, said: why };
    default:
      return { ...head, kind: 'error', type: state, message: outcome?.message ?? state };
  }
}

const endOf = (verdict: 'pass' | 'fail' | 'inconclusive', message: string): Omit<Case, 'name'> =>
  verdict === 'pass'
    ? { said: message }
    : { kind: verdict === 'fail' ? 'failure' : 'error', type: verdict, message };

function counts(cases: readonly Case[]): string {
  const of = (kind: Case['kind']): number => cases.filter((one) => one.kind === kind).length;
  const time = cases.reduce((sum, { seconds = 0 }) => sum + seconds, 0);
  return `tests="${cases.length}" failures="${of('failure')}" errors="${of('error')}" skipped="${of('skipped')}" time="${time.toFixed(3)}"`;
}

function caseLine(group: string, { name, seconds = 0, kind, type, message = '', said = '' }: Case): string {
  const head = `    <testcase classname="${text(group)}" name="${text(name)}" time="${seconds.toFixed(3)}"`;
  if (kind === undefined)
    return said === '' ? `${head}/>` : `${head}><system-out>${text(said)}</system-out></testcase>`;
  const of = type === undefined ? '' : ` type="${text(type)}"`;
  return kind === 'skipped'
    ? `${head}><skipped message="${text(message)}"/></testcase>`
    : `${head}><${kind} message="${text(message)}"${of}>${text(message)}</${kind}></testcase>`;
}

/** XML 1.0 has no place for most control characters, in whatever spelling. */
const text = (value: string): string =>
  value
    // oxlint-disable-next-line no-control-regex -- these are what is taken out
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '�')
    .toWellFormed()
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;');
