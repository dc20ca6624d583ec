import { getRouteApi, Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { listEvaluations } from '../../../src/validation/contract.ts';
import { usePages } from '../api/pages.ts';
import { CodeBlock } from '../kit/code-block.tsx';
import { Failure } from '../kit/failure.tsx';
import { Choice, SearchField } from '../kit/field.tsx';
import { Empty, Page, Skeleton } from '../kit/page.tsx';
import { EvaluationTable } from './evaluation-table.tsx';
import './evaluations.css';

const route = getRouteApi('/evaluations');

export default function EvaluationsPage(): ReactElement {
  const { model, verdict } = route.useSearch();
  const navigate = route.useNavigate();
  const found = usePages(listEvaluations, {
    query: {
      ...(model === undefined ? {} : { model }),
      ...(verdict === undefined ? {} : { verdict }),
    },
  });
  const filtered = model !== undefined || verdict !== undefined;
  return (
    <Page
      title="Evaluations"
      trail={<Link to="/models">Models</Link>}
      lead="Model versions that were scored here, on rows proven unseen, and what the rules said."
      fill
    >
      <div className="bar">
        <SearchField
          label="Model, by its whole name"
          value={model ?? ''}
          onChange={(text) =>
            void navigate({ search: (now) => ({ ...now, model: text || undefined }), replace: true })
          }
        />
        <Choice
          label="Verdict"
          value={verdict ?? ''}
          options={[
            { value: '', label: 'any' },
            { value: 'pass', label: 'pass' },
            { value: 'fail', label: 'fail' },
            { value: 'inconclusive', label: 'inconclusive' },
          ]}
          onChange={(value) =>
            void navigate({
              search: (now) => ({ ...now, verdict: value === '' ? undefined : value }),
              replace: true,
            })
          }
        />
      </div>
      {found.loading ? (
        <Skeleton lines={6} />
      ) : found.error ? (
        <Failure error={found.error} retry={() => found.refresh()} />
      ) : (
        <EvaluationTable
          evaluations={found.items}
          more={found.more}
          empty={
            filtered ? (
              <Empty icon="filter" title="No evaluation is like that" />
            ) : (
              <Empty icon="gauge" title="Nothing was evaluated yet">
                <p>A version is scored on data that training never read, and judged by rules:</p>
                <CodeBlock
                  prompt
                  label="Command that evaluates"
                  text={
                    'treadle evaluate flight-delay@v1 --data flights@v4 --label late --rule "auc >= 0.60"'
                  }
                />
              </Empty>
            )
          }
        />
      )}
    </Page>
  );
}
