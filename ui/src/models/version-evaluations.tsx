import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { ModelVersion } from '../../../src/models/contract.ts';
import { getEvaluation, listEvaluations, type EvaluationSummary } from '../../../src/validation/contract.ts';
import { api } from '../api/client.ts';
import { usePages } from '../api/pages.ts';
import { EvaluationTable } from '../evaluations/evaluation-table.tsx';
import { EvaluationView } from '../evaluations/evaluation-view.tsx';
import type { SliceView } from '../evaluations/slices.tsx';
import { Button } from '../kit/button.tsx';
import { CodeBlock } from '../kit/code-block.tsx';
import { Failure } from '../kit/failure.tsx';
import { Empty, Section, Skeleton } from '../kit/page.tsx';
import { shellWord } from '../kit/shell-words.ts';

interface Pages {
  items: readonly EvaluationSummary[];
  more: { loading: boolean; load(): void } | undefined;
  loading: boolean;
  error: unknown;
  refresh(): void;
}

/** How a version was judged: the newest evaluation whole, those before it as a list. */
export function VersionEvaluations({
  version,
  evaluations,
  slices,
  onSlices,
  onEvaluate,
}: {
  version: ModelVersion;
  evaluations: Pages;
  slices: SliceView;
  onSlices(view: SliceView): void;
  onEvaluate(): void;
}): ReactElement {
  if (evaluations.loading) return <Skeleton lines={6} />;
  if (evaluations.error) return <Failure error={evaluations.error} retry={() => evaluations.refresh()} />;
  const [newest] = evaluations.items;
  if (!newest) {
    return (
      <Empty icon="gauge" title="Not judged yet">
        <p>It is scored here, on rows that training never read, and judged by your rules:</p>
        <CodeBlock
          prompt
          label="Command that evaluates"
          text={`treadle evaluate ${shellWord(`${version.model}@v${version.version}`)} --data flights@v4 --label late --rule "auc >= 0.60"`}
        />
        <Button icon="gauge" onClick={onEvaluate}>
          Evaluate…
        </Button>
      </Empty>
    );
  }
  return (
    <div className="stack evaluations">
      <Newest id={newest.id} slices={slices} onSlices={onSlices} />
      {evaluations.items.length > 1 && (
        <Section title="All its evaluations">
          <EvaluationTable
            evaluations={evaluations.items}
            more={evaluations.more}
            of="version"
            maxHeight={360}
          />
        </Section>
      )}
    </div>
  );
}

function Newest({
  id,
  slices,
  onSlices,
}: {
  id: string;
  slices: SliceView;
  onSlices(view: SliceView): void;
}): ReactElement {
  const found = useQuery(api(getEvaluation, { params: { evaluation: id } }));
  if (found.isPending) return <Skeleton lines={6} />;
  if (found.isError) return <Failure error={found.error} retry={() => void found.refetch()} />;
  return (
    <>
      <p className="small">
        The newest,{' '}
        <Link to="/evaluations/$evaluation" params={{ evaluation: id }}>
          on {found.data.data}
        </Link>
        :
      </p>
      <EvaluationView evaluation={found.data} slices={slices} onSlices={onSlices} />
    </>
  );
}

/** The evaluations of all versions of a model, where there are any. */
export function Judgements({ model }: { model: string }): ReactElement | null {
  const found = usePages(listEvaluations, { query: { model } });
  if (found.items.length === 0) return null;
  return (
    <Section
      title="Evaluations"
      actions={
        <Link to="/evaluations" search={{ model }}>
          Filter them
        </Link>
      }
    >
      <EvaluationTable evaluations={found.items} more={found.more} of="model" maxHeight={360} />
    </Section>
  );
}
