import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { whoAmI } from '../../../src/access/contract.ts';
import { listGitOps } from '../../../src/gitops/contract.ts';
import { getBoard, type BoardCell, type Environment } from '../../../src/promotions/contract.ts';
import { api } from '../api/client.ts';
import { Button } from '../kit/button.tsx';
import { CodeBlock } from '../kit/code-block.tsx';
import { Failure } from '../kit/failure.tsx';
import { SearchField } from '../kit/field.tsx';
import { Empty, Page, Skeleton } from '../kit/page.tsx';
import { Column } from './column.tsx';
import './environments.css';
import { EnvironmentDialog } from './environment-dialog.tsx';
import { PromoteDialog } from './promote-dialog.tsx';
import { BOARD_SUBJECTS } from './refresh.ts';

const route = getRouteApi('/environments');

/** What answers in each environment, where it may go, and how it differs from what Git says. */
export default function EnvironmentsPage(): ReactElement {
  const { model } = route.useSearch();
  const navigate = route.useNavigate();
  const board = useQuery(api(getBoard, {}, BOARD_SUBJECTS));
  const git = useQuery(api(listGitOps, {}, BOARD_SUBJECTS));
  const me = useQuery(api(whoAmI, {}));
  const [editing, setEditing] = useState<Environment | 'new'>();
  const [promoting, setPromoting] = useState<BoardCell>();
  const mayChange = me.data?.role === 'admin' || me.data?.role === 'owner';
  const here = ({ model: name }: { model: string }): boolean => model === undefined || name.includes(model);
  return (
    <Page
      title="Environments"
      lead="What versions go through on their way to users: where each answers, for how long, and what keeps it from going on."
      actions={
        mayChange && (
          <Button look="primary" icon="plus" onClick={() => setEditing('new')}>
            New environment
          </Button>
        )
      }
    >
      {board.isPending ? (
        <Skeleton lines={6} />
      ) : board.isError ? (
        <Failure error={board.error} retry={() => void board.refetch()} />
      ) : board.data.environments.length === 0 ? (
        <Empty icon="server" title="There is no environment yet">
          <p>
            Versions go through environments in their order: one comes to the next when it answered in the one
            before for as long as that wants, and a window is open. An admin makes them:
          </p>
          <CodeBlock
            prompt
            label="Command that makes an environment"
            text="treadle environment set staging --hold 1h"
          />
        </Empty>
      ) : (
        <>
          <div className="bar">
            <SearchField
              label="Part of a model’s name"
              value={model ?? ''}
              onChange={(text) => void navigate({ search: { model: text || undefined }, replace: true })}
            />
            <Link to="/policies">Policies that guard them</Link>
          </div>
          {git.isError && <Failure error={git.error} retry={() => void git.refetch()} />}
          <div className="environment-board">
            {board.data.environments.map((environment) => (
              <Column
                key={environment.name}
                environment={environment}
                cells={board.data.cells.filter((one) => one.environment === environment.name && here(one))}
                onTheWay={board.data.on_the_way.filter(
                  (one) => one.environment === environment.name && here(one),
                )}
                git={git.data?.items.find((one) => one.environment === environment.name)}
                {...(mayChange ? { edit: () => setEditing(environment) } : {})}
                promote={setPromoting}
              />
            ))}
          </div>
        </>
      )}
      {editing !== undefined && (
        <EnvironmentDialog
          {...(editing === 'new' ? {} : { environment: editing })}
          onClose={() => setEditing(undefined)}
        />
      )}
      {promoting?.next && (
        <PromoteDialog cell={promoting} next={promoting.next} onClose={() => setPromoting(undefined)} />
      )}
    </Page>
  );
}
