import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import {
  deleteVersion,
  deleteVersionTag,
  getModel,
  getVersion,
  setVersionTag,
  updateVersion,
  type ModelVersion,
  type VersionDetail,
} from '../../../src/models/contract.ts';
import { listEvaluations } from '../../../src/validation/contract.ts';
import { listPolicies } from '../../../src/governance/contract.ts';
import { listVersionChecks } from '../../../src/changes/contract.ts';
import { api, call } from '../api/client.ts';
import { live } from '../api/queries.ts';
import { usePages } from '../api/pages.ts';
import { AskDialog } from '../approvals/ask-dialog.tsx';
import { CHANGE_SUBJECTS } from '../changes/change-words.ts';
import { Checks } from '../changes/checks.tsx';
import { DeployDialog } from '../endpoints/deploy-dialog.tsx';
import { EvaluateDialog } from '../evaluations/evaluate-dialog.tsx';
import { sliceSearch, sliceView } from '../evaluations/slice-search.ts';
import { Badge, Status } from '../kit/badge.tsx';
import { Button, buttonClass } from '../kit/button.tsx';
import { CopyButton } from '../kit/code-block.tsx';
import { Ask } from '../kit/confirm.tsx';
import { ReasonField } from '../kit/reason-field.tsx';
import { Failure } from '../kit/failure.tsx';
import { formatNumber, plural } from '../kit/format.ts';
import { Icon } from '../kit/icons.tsx';
import { KeyValue } from '../kit/key-value.tsx';
import { Page, Section, Skeleton } from '../kit/page.tsx';
import { Tabs } from '../kit/tabs.tsx';
import { Bytes, TimeAgo } from '../kit/time.tsx';
import { say } from '../kit/toast.tsx';
import { HashText } from '../ledger/hash-text.tsx';
import { LineageGraph } from '../ledger/lineage-graph.tsx';
import { ResourceAnchor } from '../ledger/resource-link.tsx';
import { AliasEditor } from './aliases.tsx';
import { Described } from './described.tsx';
import { toNumber } from './metric-columns.ts';
import { refreshModel } from './refresh.ts';
import { SignatureTables } from './signature.tsx';
import { Tags } from './tags.tsx';
import { OnnxForm } from './conversion.tsx';
import { Standing } from './standing.tsx';
import { VersionEvaluations } from './version-evaluations.tsx';
import { ModelFiles } from './model-files.tsx';
import './models.css';

const route = getRouteApi('/models/$model/versions/$version');

export default function ModelVersionPage(): ReactElement {
  const { model, version: which } = route.useParams();
  const search = route.useSearch();
  const { tab } = search;
  const navigate = route.useNavigate();
  const detail = useQuery(api(getVersion, { params: { model, version: which } }));
  const owner = useQuery(api(getModel, { params: { model } }));
  const [doing, setDoing] = useState<'delete' | 'evaluate' | 'deploy' | 'ask'>();
  const policies = useQuery(api(listPolicies, {}, ['policy:*']));
  const close = () => setDoing(undefined);
  const version = detail.isError ? undefined : detail.data?.version;
  const judged = usePages(
    listEvaluations,
    { query: { model, ...(version ? { version: version.version } : {}) } },
    [],
    version !== undefined,
  );
  const checks = useQuery({
    ...api(listVersionChecks, { params: { model, version: String(version?.version ?? 0) } }, CHANGE_SUBJECTS),
    enabled: version !== undefined,
  });
  const name = version ? `v${version.version}` : which.startsWith('@') ? which : `v${which}`;
  return (
    <Page
      title={`${model} ${name}`}
      heading={
        <>
          {model} <span className="muted">{name}</span>
        </>
      }
      trail={
        <>
          <Link to="/models">Models</Link>
          <Link to="/models/$model" params={{ model }}>
            {model}
          </Link>
        </>
      }
      lead={
        version && (
          <span className="row row-wrap">
            Registered <TimeAgo time={version.created_at} /> by {version.created_by}
            {version.stage !== 'None' && <Badge>{version.stage}</Badge>}
            <AliasEditor
              version={version}
              all={owner.data?.aliases ?? []}
              policies={policies.data?.items ?? []}
            />
          </span>
        )
      }
      actions={
        version && (
          <>
            <Button icon="gauge" onClick={() => setDoing('evaluate')}>
              Evaluate…
            </Button>
            <Button look="primary" icon="endpoint" onClick={() => setDoing('deploy')}>
              Deploy…
            </Button>
            {(policies.data?.items.length ?? 0) > 0 && (
              <Button icon="shield" onClick={() => setDoing('ask')}>
                Ask for approval…
              </Button>
            )}
            {version.version > 1 && (
              <Link
                to="/models/$model/compare"
                params={{ model }}
                search={{ a: String(version.version - 1), b: String(version.version) }}
                className={buttonClass()}
              >
                <Icon name="compare" />
                Compare with v{version.version - 1}
              </Link>
            )}
            <Button
              look="danger"
              icon="trash"
              label="Delete the version"
              onClick={() => setDoing('delete')}
            />
          </>
        )
      }
    >
      {detail.isPending ? (
        <Skeleton lines={8} />
      ) : detail.isError ? (
        <Failure error={detail.error} retry={() => void detail.refetch()} />
      ) : (
        <>
          {detail.data.files_changed && (
            <p className="notice" role="status">
              <Icon name="alert" />
              <span>
                The files are not those that were registered: the run or an upload changed them since.
              </span>
            </p>
          )}
          <div className="pair">
            <About version={detail.data.version} />
            <Origin detail={detail.data} />
          </div>
          <OnnxForm model={detail.data.version.model} version={detail.data.version.version} />
          <Standing
            model={detail.data.version.model}
            version={detail.data.version.version}
            evaluations={judged.items}
          />
          {(checks.data?.items.length ?? 0) > 0 && (
            <Section title="Checks">
              <Checks label="Checks of this version" checks={checks.data?.items ?? []} />
            </Section>
          )}
          <Tabs
            label="Parts of the version"
            value={tab ?? 'signature'}
            onChange={(value) =>
              void navigate({ search: { tab: value === 'signature' ? undefined : value }, replace: true })
            }
            tabs={[
              {
                value: 'signature',
                label: 'Signature',
                panel: <SignatureTables facts={detail.data.version.facts} />,
              },
              {
                value: 'evaluations',
                label: 'Evaluations',
                count: judged.items.length,
                panel: (
                  <VersionEvaluations
                    version={detail.data.version}
                    evaluations={judged}
                    slices={sliceView(search)}
                    onSlices={(view) =>
                      void navigate({
                        search: (now) => ({ ...now, ...sliceSearch(view) }),
                        replace: true,
                        resetScroll: false,
                      })
                    }
                    onEvaluate={() => setDoing('evaluate')}
                  />
                ),
              },
              {
                value: 'files',
                label: 'Files',
                count: detail.data.version.facts?.files ?? detail.data.files.length,
                panel: <ModelFiles detail={detail.data} />,
              },
              {
                value: 'lineage',
                label: 'Lineage',
                panel: (
                  <Section title="Where it comes from, and what came from it">
                    <LineageGraph node={detail.data.version.ref} />
                  </Section>
                ),
              },
            ]}
          />
          {doing === 'delete' && <DeleteVersion version={detail.data.version} onClose={close} />}
          {doing === 'evaluate' && (
            <EvaluateDialog
              model={detail.data.version.model}
              version={detail.data.version.version}
              onClose={close}
            />
          )}
          {doing === 'ask' && (
            <AskDialog
              about={{ model: detail.data.version.model, version: detail.data.version.version }}
              onClose={close}
            />
          )}
          {doing === 'deploy' && (
            <DeployDialog
              model={detail.data.version.model}
              version={detail.data.version.version}
              onClose={close}
            />
          )}
        </>
      )}
    </Page>
  );
}

function About({ version }: { version: ModelVersion }): ReactElement {
  const { facts } = version;
  const params = { model: version.model, version: String(version.version) };
  const uri = `models:/${version.model}/${version.version}`;
  return (
    <Section title="About">
      <div className="stack">
        <Described
          what={`${version.model} v${version.version}`}
          text={version.description}
          save={async (description) => {
            await call(updateVersion, { params, body: { description } });
            await refreshModel(version.model);
          }}
        />
        <Tags
          tags={version.tags}
          set={(key, value) =>
            call(setVersionTag, { params: { ...params, key }, body: { value } }).then(() =>
              refreshModel(version.model),
            )
          }
          remove={(key) =>
            call(deleteVersionTag, { params: { ...params, key } }).then(() => refreshModel(version.model))
          }
        />
        <KeyValue
          entries={[
            [
              'Address',
              <span key="uri" className="row">
                <code className="truncate">{uri}</code>
                <CopyButton text={uri} label="Copy the address" />
              </span>,
            ],
            [
              'Files',
              facts && (
                <span key="files">
                  {facts.files} in all, <Bytes value={facts.size} />
                </span>
              ),
            ],
            ['Content', facts && <HashText key="digest" hash={facts.digest} />],
            [
              'Packaged by',
              facts &&
                [
                  facts.mlflow_version && `MLflow ${facts.mlflow_version}`,
                  facts.python_version && `Python ${facts.python_version}`,
                ]
                  .filter(Boolean)
                  .join(', '),
            ],
            ['Source', <code key="source">{version.source}</code>],
          ]}
        />
        {facts?.problem !== undefined && (
          <p className="notice">
            <Icon name="alert" />
            <span>Its MLmodel file could not be understood: {facts.problem}</span>
          </p>
        )}
      </div>
    </Section>
  );
}

/** The run that made it: what it measured, with what, on which data. */
function Origin({ detail: { run, version } }: { detail: VersionDetail }): ReactElement {
  if (!run) {
    return (
      <Section title="Run">
        <p className="muted">
          {version.run_id === undefined
            ? 'It was registered without a run, so nothing is known of how it was made.'
            : `Run ${version.run_id} is not known here: it was deleted, or the version came from another server.`}
        </p>
      </Section>
    );
  }
  const metrics = Object.entries(run.metrics).flatMap(([key, value]) => {
    const number = toNumber(value);
    return number === undefined || key.startsWith('system/') ? [] : [[key, number] as const];
  });
  return (
    <Section title="Run" actions={<Status status={run.status} />}>
      <div className="stack">
        <KeyValue
          entries={[
            [
              'Made by',
              <Link key="run" to="/runs/$run" params={{ run: run.id }}>
                {run.name}
              </Link>,
            ],
            [
              'Read',
              run.datasets.length > 0 && (
                <span key="data" className="stack">
                  {run.datasets.map((dataset) => (
                    <span key={`${dataset.name} ${dataset.digest} ${dataset.context ?? ''}`}>
                      {dataset.version === undefined ? (
                        dataset.name
                      ) : (
                        <ResourceAnchor resource={`dataset_version:${dataset.version}`}>
                          {dataset.version_ref ?? dataset.name}
                        </ResourceAnchor>
                      )}{' '}
                      <span className="faint">
                        {[dataset.context, dataset.version === undefined && `digest ${dataset.digest}`]
                          .filter(Boolean)
                          .join(', ')}
                      </span>
                    </span>
                  ))}
                </span>
              ),
            ],
          ]}
        />
        {metrics.length > 0 && (
          <>
            <h3>Metrics</h3>
            <KeyValue
              entries={metrics
                .toSorted(([a], [b]) => a.localeCompare(b))
                .map(([key, value]) => [key, formatNumber(value)])}
            />
          </>
        )}
        {Object.keys(run.params).length > 0 && (
          <details>
            <summary>{plural(Object.keys(run.params).length, 'parameter')}</summary>
            <KeyValue entries={Object.entries(run.params).toSorted(([a], [b]) => a.localeCompare(b))} />
          </details>
        )}
      </div>
    </Section>
  );
}

function DeleteVersion({ version, onClose }: { version: ModelVersion; onClose(): void }): ReactElement {
  const [reason, setReason] = useState('');
  const navigate = useNavigate();
  return (
    <Ask
      title={`Delete v${version.version} of ${version.model}?`}
      description={
        version.aliases.length > 0
          ? `It is ${version.aliases.join(' and ')}: what loads it by that alias fails from then on. The number is never given again.`
          : 'The number is never given again. The run that made it stays, and so does the ledger.'
      }
      action="Delete"
      danger
      run={async () => {
        await live.still(async () => {
          await call(deleteVersion, {
            params: { model: version.model, version: String(version.version) },
            query: reason.trim() === '' ? {} : { reason: reason.trim() },
          });
          await navigate({ to: '/models/$model', params: { model: version.model } });
        });
        void refreshModel(version.model);
        say(`v${version.version} of ${version.model} is deleted`);
      }}
      onClose={onClose}
    >
      <ReasonField value={reason} onChange={setReason} />
    </Ask>
  );
}
