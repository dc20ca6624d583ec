import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import {
  followExecution,
  getExecution,
  type Execution,
  type ExecutionDetail,
  type Step,
} from '../../../src/pipelines/contract.ts';
import { addressOf } from '../../../src/platform/client/index.ts';
import { api } from '../api/client.ts';
import { isOver } from './moments.ts';

/** An execution that moves while it is looked at: its own stream says each change as it comes. */
export function useExecution(id: string) {
  const client = useQueryClient();
  const query = api(getExecution, { params: { execution: id } });
  const result = useQuery(query);
  const going = result.data !== undefined && !isOver(result.data.state);
  const key = JSON.stringify(query.queryKey);
  useEffect(() => {
    if (!going) return;
    const { queryKey } = api(getExecution, { params: { execution: id } });
    const change = (how: (before: ExecutionDetail) => ExecutionDetail) =>
      client.setQueryData<ExecutionDetail>(queryKey, (before) => before && how(before));
    const source = new EventSource(addressOf(followExecution, { execution: id }));
    // By the contract of the stream: `execution` without its steps, `step` whole.
    source.addEventListener('execution', (message: MessageEvent<string>) => {
      const execution = JSON.parse(message.data) as Execution;
      change((before) => ({ ...before, ...execution }));
    });
    source.addEventListener('step', (message: MessageEvent<string>) => {
      const step = JSON.parse(message.data) as Step;
      change((before) => ({
        ...before,
        steps: before.steps.map((one) => (one.name === step.name ? step : one)),
      }));
    });
    source.addEventListener('end', () => {
      source.close();
      void client.invalidateQueries({ queryKey });
    });
    return () => source.close();
  }, [client, going, id, key]);
  return result;
}
