import type { ReactElement } from 'react';
import type { Evaluation } from '../../../src/validation/contract.ts';
import { formatBytes, formatCount, formatNumber } from '../kit/format.ts';
import { KeyValue } from '../kit/key-value.tsx';

const PLATFORMS: Record<string, string> = {
  onnxruntime_onnx: 'ONNX Runtime, in process',
  mlflow_pyfunc: 'Python, in a host process of its own',
};

/** How it behaves where it will serve: measured in the runtime that an endpoint uses. */
export function RuntimeFacts({ runtime }: { runtime: NonNullable<Evaluation['runtime']> }): ReactElement {
  const { latency_ms: ms } = runtime;
  return (
    <KeyValue
      entries={[
        ['Runtime', PLATFORMS[runtime.platform] ?? runtime.platform],
        [
          'One row a call',
          <span key="latency">
            p50 <strong>{formatNumber(ms.p50, 3)} ms</strong>, p95{' '}
            <strong>{formatNumber(ms.p95, 3)} ms</strong>, p99 {formatNumber(ms.p99, 3)} ms{' '}
            <span className="faint">over {formatCount(ms.calls)} calls</span>
          </span>,
        ],
        ['Size', formatBytes(runtime.size_bytes)],
        ['Memory', runtime.memory_bytes !== undefined && formatBytes(runtime.memory_bytes)],
        [
          'Row by row and in one batch',
          runtime.online_difference !== undefined && (
            <span key="difference">
              differ by {formatNumber(runtime.online_difference, 2)} at most
              {runtime.online_difference <= 1e-6 && <span className="muted">: the same scores</span>}
            </span>
          ),
        ],
      ]}
    />
  );
}
