import { Link } from '@tanstack/react-router';
import { useMemo, type ReactElement } from 'react';
import type { DataInput, ExecutionDetail, Step } from '../../../src/pipelines/contract.ts';
import { Graph, type GraphEdge, type GraphNode } from '../kit/graph/graph.tsx';
import { Icon } from '../kit/icons.tsx';
import { Duration } from '../kit/time.tsx';
import { mentioned } from './moments.ts';
import './pipelines.css';

/** The steps and what they read, coloured by how they are now. A step's box chooses it. */
export function StepGraph({
  execution,
  chosen,
}: {
  execution: ExecutionDetail;
  chosen: string | undefined;
}): ReactElement {
  const { nodes, edges } = useMemo(() => {
    const boxes: GraphNode[] = [];
    const lines: GraphEdge[] = [];
    for (const input of execution.data)
      boxes.push({ id: `data ${input.name}`, width: 160, height: 48, content: <DataBox input={input} /> });
    for (const step of execution.steps) {
      boxes.push({
        id: step.name,
        width: 184,
        height: 56,
        content: <StepBox step={step} chosen={step.name === chosen} />,
      });
      for (const need of step.needs)
        lines.push({ from: need, to: step.name, live: step.state === 'running' });
      const names = mentioned(step.command);
      for (const { name } of execution.data)
        if (names.has(name))
          lines.push({ from: `data ${name}`, to: step.name, live: step.state === 'running' });
    }
    return { nodes: boxes, edges: lines };
  }, [execution, chosen]);
  return (
    <Graph
      label={`Steps of ${execution.pipeline} #${execution.number}`}
      nodes={nodes}
      edges={edges}
      layerGap={56}
      nodeGap={14}
      nameOf={(id) => id.replace(/^data /, 'dataset ')}
    />
  );
}

function DataBox({ input }: { input: DataInput }): ReactElement {
  return (
    <Link
      to="/datasets/$dataset/versions/$version"
      params={{ dataset: input.dataset, version: input.version }}
      className="graph-box"
      title={`Asked for as ${input.ref}`}
    >
      <small className="row">
        <Icon name="data" size={12} />
        {input.name}
      </small>
      <span className="truncate">
        {input.dataset}@{input.version}
      </span>
    </Link>
  );
}

function StepBox({ step, chosen }: { step: Step; chosen: boolean }): ReactElement {
  return (
    <Link
      from="/executions/$execution"
      to="/executions/$execution"
      search={(now) => ({ ...now, step: step.name })}
      replace
      resetScroll={false}
      className={`graph-box step-box state-${step.state}${chosen ? ' step-chosen' : ''}`}
      {...(chosen ? { 'aria-current': 'true' as const } : {})}
    >
      <span className="truncate step-name">{step.name}</span>
      <small className="truncate">
        <StepWords step={step} />
      </small>
    </Link>
  );
}

/** How a step is, in a few words. */
export function StepWords({ step }: { step: Step }): ReactElement {
  switch (step.state) {
    case 'cached':
      return <>cached{step.cached_from && `: same as #${step.cached_from.number}`}</>;
    case 'running':
      return (
        <>
          running {step.started_at !== undefined && <Duration from={step.started_at} />}
          {step.attempt > 1 && `, try ${step.attempt}`}
        </>
      );
    case 'succeeded':
      return (
        <>
          ran{' '}
          {step.started_at !== undefined && step.ended_at !== undefined && (
            <Duration from={step.started_at} to={step.ended_at} />
          )}
        </>
      );
    case 'failed':
      return <>failed{step.outcome?.code !== undefined && ` with ${step.outcome.code}`}</>;
    default:
      return <>{step.state}</>;
  }
}
