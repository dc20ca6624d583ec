import type { Execution, ExecutionDetail } from '../pipelines/contract.ts';
import type { CiReport } from './contract.ts';

type Judged = Pick<CiReport, 'verdict' | 'exit_code' | 'summary' | 'reasons'>;

/**
 * What an execution that has ended says of its commit. Only what was judged can pass: a gate that was not asked is no good news, nor is
 * one that the commit takes out of the file, so that nothing passes by it.
 */
export function judgeExecution(
  execution: ExecutionDetail,
  base?: Pick<Execution, 'gate' | 'number'>,
): Judged {
  const { gate, state, reason, steps } = execution;
  const why = reason === undefined ? [] : [reason];
  switch (state) {
    case 'succeeded':
      if (gate?.state === 'skipped') return undecided('the gate did not judge', [gate.problem ?? '']);
      if (gate === undefined && base?.gate !== undefined)
        return undecided('the file has no gate, and that of the base branch has one: no model was judged', [
          `execution ${base.number} of the base branch was judged on ${base.gate.data}; put gate: back, or merge without this check where it is to go`,
        ]);
      if (gate === undefined && execution.ci?.change !== undefined)
        return undecided('the file has no gate: nothing was judged', []);
      if (gate === undefined)
        return pass('every step went well; the file has no gate, so no model was judged');
      return pass('every step went well, and the gate lets the model pass');
    case 'rejected':
      return gate?.verdict === 'inconclusive'
        ? undecided('the gate could not decide', gate.reasons)
        : fail('the gate refuses the model', gate?.reasons ?? why);
    case 'failed': {
      const failed = steps.filter((step) => step.state === 'failed');
      // A part of the data that cannot be taken ends all steps before any of them began: that says nothing of the commit.
      const [first] = failed;
      if (
        execution.ci?.sample !== undefined &&
        first?.outcome?.reason === 'input' &&
        steps.every(
          (step) => step.outcome?.message === first.outcome?.message && step.started_at === undefined,
        )
      )
        return undecided('the sample could not be taken', [
          `${first.outcome.message}; take a larger share, or all of the data`,
        ]);
      if (failed.length > 0)
        return fail(
          failed.length === 1 ? `step ${failed[0]!.name} failed` : `${failed.length} steps failed`,
          failed.map(({ name, outcome }) => `${name}: ${outcome?.message ?? 'failed'}`),
        );
      return undecided(
        gate?.state === 'failed' ? 'the gate could not judge' : 'the execution could not go on',
        gate?.problem === undefined ? why : [gate.problem],
      );
    }
    case 'cancelled':
      return undecided('the execution was cancelled', why);
    case 'queued':
    case 'running':
      return undecided('the execution has not ended', []);
  }
}

const pass = (summary: string): Judged => ({ verdict: 'pass', exit_code: 0, summary, reasons: [] });
const fail = (summary: string, reasons: string[]): Judged => ({
  verdict: 'fail',
  exit_code: 1,
  summary,
  reasons,
});
const undecided = (summary: string, reasons: string[]): Judged => ({
  verdict: 'undecided',
  exit_code: 2,
  summary,
  reasons,
});
